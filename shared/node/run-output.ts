/** What ansible-playbook (default callback, no colour) prints, read: the task, the recap and the lines worth showing. */
import { scrubText } from "../log.ts";

export interface Recap {
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

const taskLine = /^(?:TASK|RUNNING HANDLER) \[(.*)\]/;
const recapLine = /^localhost\s+: (?=.*\bok=\d)/;

/** A pre-signed address is a secret from its `?` on. Ansible wraps warnings, so its end may stand in a line of its own. */
const secrets: readonly [RegExp, string][] = [
  [/(https?:\/\/[^\s"'?]*)\?[^\s"']*/gi, "$1?[redacted]"],
  [/(X-Amz-[A-Za-z-]+)=[^&\s"']*/gi, "$1=[redacted]"],
  [
    /((?:password|passwd|secret|token|authorization|signature|credential)\w*["']?\s*[:=]\s*["']?)[^\s"',}]+/gi,
    "$1[redacted]",
  ],
  [/(^|[=\s])[0-9a-f]{24,}(?=[&\s"']|$)/gi, "$1[redacted]"],
];

/** One printable line without secrets, cut to `length` characters. The text comes from a machine that others may control. */
export const scrubLine = (text: string, length: number): string => {
  const plain = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ");
  const open = secrets.reduce((line, [pattern, by]) => line.replaceAll(pattern, by), plain);
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
