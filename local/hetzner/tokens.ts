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

/** A function that cuts every known token out of a text. */
export function tokenScrubber(projects: readonly ProjectOptions[]): (text: string) => string {
  const values = projects.flatMap((project) => project.tokens.map((token) => token.value));
  return (text) => values.reduce((scrubbed, value) => scrubbed.replaceAll(value, "<token>"), text);
}

/** Deletes a token; another token in its place is not meant. */
export function revoke(world: World, token: Token): void {
  if (!isRevoked(world, token)) world.data.revokedTokens.push(token.digest);
}

/** Whether a token was deleted. */
export function isRevoked(world: World, token: Token): boolean {
  return world.data.revokedTokens.includes(token.digest);
}
