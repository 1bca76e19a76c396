import type { ProjectOptions } from "./options.ts";

/** A token that opens a project; its name can be shown, its value never. */
export interface Token {
  readonly name: string;
  readonly permission: "rw" | "ro";
  readonly project: ProjectOptions;
}

/** The token with this value, named `<project>-<permission>-<position>`, or null. */
export function findToken(projects: readonly ProjectOptions[], value: string): Token | null {
  for (const project of projects) {
    const position = project.tokens.findIndex((token) => token.value === value);
    const found = project.tokens[position];
    if (found !== undefined) {
      return { name: `${project.name}-${found.permission}-${position + 1}`, permission: found.permission, project };
    }
  }
  return null;
}

/** A function that cuts every known token out of a text. */
export function tokenScrubber(projects: readonly ProjectOptions[]): (text: string) => string {
  const values = projects.flatMap((project) => project.tokens.map((token) => token.value));
  return (text) => values.reduce((scrubbed, value) => scrubbed.replaceAll(value, "<token>"), text);
}
