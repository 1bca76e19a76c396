import { statusOfCode } from "./api-error.ts";
import { type Fault, type FaultKind, faultKinds, type RouteRef } from "./fault-kinds.ts";

const kebab = (text: string): string => text.replaceAll("_", "-");

/** Words that point a sentinel at another request than the one that makes the server. */
export const sentinelTargets: Readonly<Record<string, RouteRef>> = {
  sshkey: { method: "POST", route: "/ssh_keys" },
  delete: { method: "DELETE", route: "/servers/{id}" },
  get: { method: "GET", route: "/servers/{id}" },
  list: { method: "GET", route: "/servers" },
  update: { method: "PUT", route: "/servers/{id}" },
  poweron: { method: "POST", route: "/servers/{id}/actions/poweron" },
  poweroff: { method: "POST", route: "/servers/{id}/actions/poweroff" },
};
const defaultTarget: RouteRef = { method: "POST", route: "/servers" };

/** Longest first, so that `lost-after-commit` is not taken for a shorter name that it begins with. */
const longestFirst = (left: { readonly words: string }, right: { readonly words: string }) =>
  right.words.length - left.words.length;

const kinds = faultKinds.map((kind) => ({ kind, words: kebab(kind.name) })).toSorted(longestFirst);
const codes = Object.keys(statusOfCode)
  .map((code) => ({ code, words: kebab(code) }))
  .toSorted(longestFirst);

/** The rest of a text after a leading word, or null when the text does not begin with it. */
function afterWord(text: string, word: string): string | null {
  if (text === word) return "";
  return text.startsWith(`${word}-`) ? text.slice(word.length + 1) : null;
}

interface Reading<T> {
  readonly found: T;
  readonly rest: string;
}

function readFirst<T extends { readonly words: string }>(text: string, items: readonly T[]): Reading<T> | null {
  for (const found of items) {
    const rest = afterWord(text, found.words);
    if (rest !== null) return { found, rest };
  }
  return null;
}

function readTarget(text: string): Reading<RouteRef> {
  for (const [word, found] of Object.entries(sentinelTargets)) {
    const rest = afterWord(text, word);
    if (rest !== null) return { found, rest };
  }
  return { found: defaultTarget, rest: text };
}

function readParameters(kind: FaultKind, text: string): Pick<Fault, "code" | "status" | "seconds" | "times"> {
  const code = Object.hasOwn(kind.parameters, "code") ? readFirst(text, codes) : null;
  const rest = code?.rest ?? text;
  const seconds = /(?:^|-)(\d{1,6})s(?=-|$)/.exec(rest)?.[1];
  const times = /(?:^|-)x(\d{1,4})(?=-|$)/.exec(rest)?.[1];
  const status = code === null ? undefined : statusOfCode[code.found.code];
  return {
    ...(code === null ? {} : { code: code.found.code }),
    ...(kind.name === "error" && status !== undefined ? { status } : {}),
    ...(seconds === undefined || Number(seconds) < 1 ? {} : { seconds: Number(seconds) }),
    ...(times === undefined || Number(times) < 1 ? {} : { times: Number(times) }),
  };
}

function readOne(text: string): Fault | null {
  const target = readTarget(text);
  const kind = readFirst(target.rest, kinds);
  if (kind === null) return null;
  return { kind: kind.found.kind.name, ...target.found, ...readParameters(kind.found.kind, kind.rest) };
}

/**
 * The faults a name asks for: each `fault-[target-]<kind>[-<code>][-<n>s][-x<n>]` in it, such as
 * `web-fault-commits-late-90s-fault-hidden-from-lists-30s` or `web-fault-delete-error-locked-x3`.
 */
export function readSentinels(name: string): readonly Fault[] {
  const [, ...parts] = `-${name}`.split("-fault-");
  return parts.flatMap((part) => readOne(part) ?? []);
}
