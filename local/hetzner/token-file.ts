import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** Tokens of one project, of the shape the provider's have. */
export interface Tokens {
  readonly readWrite: string;
  readonly readOnly: string;
}

const tokenLength = 64;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const makeToken = (): string =>
  Array.from({ length: tokenLength }, () => alphabet.charAt(randomInt(alphabet.length))).join("");

/** New tokens, drawn from the system's randomness. */
export const makeTokens = (): Tokens => ({ readWrite: makeToken(), readOnly: makeToken() });

const token = z.string().regex(/^[A-Za-z0-9]{64}$/);
const tokensSchema = z.strictObject({ readWrite: token, readOnly: token });

/**
 * The tokens kept in a folder, in `tokens.json` with mode 0600; the first time both the folder and the tokens are made.
 * Throws an Error of one line, without a token, when the file is not one of these.
 */
export function keepTokens(dir: string): Tokens {
  const path = join(dir, "tokens.json");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const text = readIfThere(path);
  if (text === undefined) return writeTokens(path, makeTokens());
  try {
    return tokensSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`The file ${path} does not hold a simulator's tokens. Delete it, or name another folder.`);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Written beside and renamed, so that a crash leaves no half of a file. */
function writeTokens(path: string, tokens: Tokens): Tokens {
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(tokens)}\n`, { mode: 0o600, flag: "wx", flush: true });
  renameSync(`${path}.new`, path);
  return tokens;
}
