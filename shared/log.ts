/** Structured log lines, one JSON object each. Values are scrubbed: nothing that looks like a token leaves this process. */

export type Level = "info" | "warn" | "error";
export type Fields = Readonly<Record<string, unknown>>;
export interface Log {
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

/** Looked at word by word: a pattern that looks ahead from every letter would take the square of a long text's time. */
const LONG_WORD = /[A-Za-z0-9]{32,}/g;
/** 32 or more letters and digits with an upper-case letter: a Hetzner token, its prefix, a key. Hex ids are not. */
const scrubWord = (word: string): string => (/[A-Z]/.test(word) ? "[redacted]" : word);
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

export const scrubText = (text: string): string =>
  text.replace(PRIVATE_KEY, "[private key]").replace(LONG_WORD, scrubWord);

/** Writes to `write` (a line each); `now` gives epoch milliseconds. */
export const makeLog = (source: string, now: () => number, write: (line: string) => void): Log => {
  const at =
    (level: Level) =>
    (event: string, fields: Fields = {}) =>
      write(scrubText(JSON.stringify({ at: new Date(now()).toISOString(), level, source, event, ...fields }, plain)));
  return { info: at("info"), warn: at("warn"), error: at("error") };
};

/** Errors become name and message; a stack is for the log alone and never for an answer. */
const plain = (_name: string, value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;
