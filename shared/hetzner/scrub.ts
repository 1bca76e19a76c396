const REDACTED = "[redacted]";

/** A piece of a token this long counts as the token. */
const FRAGMENT_LENGTH = 12;

/** As in `camelKeys`: hostile nesting must not exhaust the stack. */
const DEPTH_MAX = 32;

const quotedRun = /(["'`\u2018\u2019\u201c\u201d])[A-Za-z0-9]{12,}/g;

/**
 * Removes secrets from a text of Hetzner before it is logged or stored: the token, its first 32 characters, any other
 * piece of it of 12 or more, and any quoted run of 12 or more token characters (Hetzner's 429 text of 2026 quotes half
 * the token of whoever asked).
 *
 * @param token the token in use; without it only quoted runs are found
 */
export function scrub(text: string, token?: string): string {
  const known = token === undefined ? text : scrubToken(text, token);
  return known.replace(quotedRun, `$1${REDACTED}`);
}

/** Only the known token and pieces of it: leaves JSON valid, so that whole answers can pass through. */
export function scrubToken(text: string, token: string): string {
  if (token === "") return text;
  const fragments = fragmentsOf(token);
  if (!fragments.some((fragment) => text.includes(fragment))) return text;
  return redactMarked(text, markFragments(text, fragments));
}

function fragmentsOf(token: string): string[] {
  if (token.length <= FRAGMENT_LENGTH) return [token];
  return Array.from({ length: token.length - FRAGMENT_LENGTH + 1 }, (_, start) =>
    token.slice(start, start + FRAGMENT_LENGTH),
  );
}

/** One flag a character: true where some fragment covers it. Overlapping fragments so become one run. */
function markFragments(text: string, fragments: readonly string[]): boolean[] {
  const marked = new Array<boolean>(text.length).fill(false);
  for (const fragment of fragments) {
    for (let at = text.indexOf(fragment); at !== -1; at = text.indexOf(fragment, at + 1)) {
      marked.fill(true, at, at + fragment.length);
    }
  }
  return marked;
}

function redactMarked(text: string, marked: readonly boolean[]): string {
  let result = "";
  for (let at = 0; at < text.length; at++) {
    if (!marked[at]) result += text[at];
    else if (at === 0 || !marked[at - 1]) result += REDACTED;
  }
  return result;
}

/** `scrubToken` on every string of a parsed JSON value, keys too; deeper than any answer goes, nothing is kept. */
export function scrubStrings(value: unknown, token: string, depth = 0): unknown {
  if (typeof value === "string") return scrubToken(value, token);
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEPTH_MAX) return null;
  if (Array.isArray(value)) return value.map((each) => scrubStrings(each, token, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [scrubToken(key, token), scrubStrings(each, token, depth + 1)]),
  );
}
