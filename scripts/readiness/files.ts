/** The files of this repository as they would be committed, read once. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface RepositoryFile {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  text(): string;
}

/** `.gitignore` here holds folder names (`name/`) and endings (`*.log`) alone; anything else would need more than this. */
const readIgnored = (): ((name: string, isFolder: boolean) => boolean) => {
  const lines = readFileSync(join(root, ".gitignore"), "utf8").split("\n").filter(Boolean);
  const odd = lines.find((line) => !/^[\w.-]+\/$|^\*\.\w+$/.test(line));
  if (odd !== undefined) throw new Error(`.gitignore: the guard does not know how to read ${odd}`);
  return (name, isFolder) => lines.some((line) => (isFolder ? line === `${name}/` : name.endsWith(line.slice(1))));
};

const walk = (folder: string, isIgnored: ReturnType<typeof readIgnored>): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === ".git" || isIgnored(entry.name, entry.isDirectory())) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(path, isIgnored) : [path];
  });

export const repositoryFiles: readonly RepositoryFile[] = walk("", readIgnored())
  .sort()
  .map((path) => ({
    path,
    sizeBytes: statSync(join(root, path)).size,
    text: () => readFileSync(join(root, path), "utf8"),
  }));

export const paths: ReadonlySet<string> = new Set(repositoryFiles.map(({ path }) => path));
export const sources: readonly RepositoryFile[] = repositoryFiles.filter(({ path }) => path.endsWith(".ts"));

/** Files that only tests load: their own, fixtures, contract suites, and what stands in for the outside. */
export const isTestCode = (path: string): boolean =>
  path.startsWith("test/") ||
  /(^|\/)testing\//.test(path) ||
  /(\.test|\.contract|\.bench|(^|\/)(fixture|testing|gateway-event|contract-items|memory-table|synthesized))\.ts$/.test(
    path,
  );
