import { createHash } from "node:crypto";
import type { ProjectOptions } from "./options.ts";
import type { World } from "./world.ts";

/** A token that opens a project; its name can be shown, its value never. */
export interface Token {
  readonly name: string;
  /** Tells it from others without showing it: SHA-256. */
  readonly digest: string;
  readonly permission: "rw" | "ro";
  readonly project: ProjectOptions;
}

/** The token with this value, named `<project>-<permission>-<position>`, or null. */
export function findToken(projects: readonly ProjectOptions[], value: string): Token | null {
  for (const project of projects) {
    const position = project.tokens.findIndex((token) => token.value === value);
    const found = project.tokens[position];
    if (found !== undefined) {
      const digest = createHash("sha256").update(value).digest("hex");
      const { permission } = found;
      return { name: `${project.name}-${permission}-${position + 1}`, digest, permission, project };
    }
  }
  return null;
}

/** A run of this many characters of a token is cut like the token: the 429 of the provider quotes 32 of them. */
const fragmentMin = 16;

/**
 * A function that cuts every known token out of a text, and of tokens of letters and digits, as the provider's are, each
 * run of 16 characters or more.
 */
export function tokenScrubber(projects: readonly ProjectOptions[]): (text: string) => string {
  const values = projects.flatMap((project) => project.tokens.map((token) => token.value));
  const fragments = new Set(values.flatMap(fragmentsOf));
  return (text) => {
    const whole = values.reduce((scrubbed, value) => scrubbed.replaceAll(value, "<token>"), text);
    return whole.replaceAll(wordPattern, (word) => cutFragments(word, fragments));
  };
}

const wordPattern = new RegExp(`[A-Za-z0-9]{${fragmentMin},}`, "g");

const fragmentsOf = (value: string): string[] =>
  Array.from({ length: Math.max(0, value.length - fragmentMin + 1) }, (_, at) => value.slice(at, at + fragmentMin));

/** Cuts what consists of fragments that overlap or touch; the rest of the word stays. */
function cutFragments(word: string, fragments: ReadonlySet<string>): string {
  let kept = "";
  let at = 0;
  while (at < word.length) {
    let endOfCut = at;
    for (let start = at; start <= endOfCut && start < word.length; start += 1) {
      if (fragments.has(word.slice(start, start + fragmentMin))) endOfCut = start + fragmentMin;
    }
    kept += endOfCut > at ? "<token>" : word.charAt(at);
    at = endOfCut > at ? endOfCut : at + 1;
  }
  return kept;
}

/** Deletes a token; another token in its place is not meant. */
export function revoke(world: World, token: Token): void {
  if (!isRevoked(world, token)) world.data.revokedTokens.push(token.digest);
}

/** Whether a token was deleted. */
export function isRevoked(world: World, token: Token): boolean {
  return world.data.revokedTokens.includes(token.digest);
}
