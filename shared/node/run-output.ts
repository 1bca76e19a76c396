/** What ansible-playbook (default callback, no colour) prints, read: the task, the recap and the lines worth showing. */
import { scrubText } from "../log.ts";

export interface Recap {
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

const taskLine = /^(?:TASK|RUNNING HANDLER) \[(.*)\]/;
const recapLine = /^localhost\s+: (?=.*\bok=\d)/;

/** Most of one text that is looked at; a node cuts its lines there too. What is shown is far shorter. */
export const TEXT_CHARS = 1000;

/** At most `TEXT_CHARS` characters. Every text from a node is cut before anything else is done with it. */
export const cutText = (text: string): string => text.slice(0, TEXT_CHARS);

/** A pre-signed address is a secret from its `?` on. */
const scrubWord = (word: string): string => {
  const address = word.search(/https?:\/\//i);
  const query = address < 0 ? -1 : word.indexOf("?", address);
  return query < 0 ? word : `${word.slice(0, query)}?[redacted]`;
};

/**
 * What is a secret, and what stands for it. Their time grows with the text and no faster: only the last thing in a pattern
 * may repeat without a bound, because after it nothing can fail. Ansible wraps warnings, so the end of an address may
 * stand in a line of its own.
 */
export const secretPatterns: readonly [RegExp, (...parts: string[]) => string][] = [
  [/[^\s"']+/g, scrubWord],
  [/(X-Amz-[A-Za-z0-9-]{1,40}=)[^&\s"']*/gi, (_all, name) => `${name}[redacted]`],
  [
    /((?:password|passwd|secret|token|authorization|signature|credential)\w{0,40}["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"',}]+/gi,
    (_all, name) => `${name}[redacted]`,
  ],
  [/(^|[=\s])[0-9a-f]{24,1000}(?=[&\s"']|$)/gi, (_all, before) => `${before}[redacted]`],
];

/** One printable line without secrets, cut to `length` characters. The text comes from a machine that others may control. */
export const scrubLine = (text: string, length: number): string => {
  const plain = cutText(text)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ");
  const open = secretPatterns.reduce((line, [pattern, by]) => line.replaceAll(pattern, by), plain);
  const clean = scrubText(open).trimEnd();
  return clean.length > length ? `${clean.slice(0, length - 1)}…` : clean;
};

const TAIL_LINES = 60;
const LINE_CHARS = 300;
const NAME_CHARS = 120;

/** The end of the output for a person: no empty lines, at most 60, of at most 300 characters each. */
export const readTail = (lines: readonly string[]): string[] =>
  lines
    .map((line) => scrubLine(line.replace(/ \*{3,}$/, ""), LINE_CHARS))
    .filter((line) => line !== "")
    .slice(-TAIL_LINES);

/** From the last line that counts hosts; null while there is none. */
export const readRecap = (lines: readonly string[]): Recap | null => {
  const line = lines.findLast((one) => recapLine.test(one));
  if (line === undefined) return null;
  const count = (name: string): number => Number(new RegExp(`\\b${name}=(\\d{1,9})`).exec(line)?.[1] ?? 0);
  return { changed: count("changed"), unreachable: count("unreachable"), failed: count("failed") };
};

interface Reading {
  readonly task: string | null;
  /** The last task that failed and was not ignored. */
  readonly failed: string | null;
  readonly failedBefore: string | null;
}

const readMark = (seen: Reading, line: string): Reading => {
  const name = taskLine.exec(line)?.[1];
  if (name !== undefined) return { ...seen, task: scrubLine(name, NAME_CHARS).trim() };
  if (line.startsWith("fatal: [") || line.startsWith("failed: ["))
    return seen.failed === seen.task ? seen : { ...seen, failed: seen.task, failedBefore: seen.failed };
  return line.startsWith("...ignoring") ? { ...seen, failed: seen.failedBefore } : seen;
};

/** The task that the run is at; where it failed, the one that failed last: what came after it only cleaned up. */
export const readTask = (lines: readonly string[]): string | null => {
  const seen = lines.reduce(readMark, { task: null, failed: null, failedBefore: null });
  const recap = readRecap(lines);
  const hasFailed = recap !== null && recap.failed + recap.unreachable > 0;
  return hasFailed ? (seen.failed ?? seen.task) : seen.task;
};
