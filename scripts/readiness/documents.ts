/** The head of a document under `docs/`: who answers for it, since when it is true, and on what it rests. */
import { posix } from "node:path";
import type { RepositoryFile } from "./files.ts";

export const headings = ["Status", "Owner", "Last Reviewed", "Depends On", "Supersedes"] as const;

/** What stands behind `name:` within the first lines, whatever marks it up. */
const lineOf = (text: string, name: string): string | undefined => {
  const head = text.split("\n").slice(0, 25);
  const line = head.find((one) => one.replace(/^[\s>*|_-]+/, "").startsWith(name));
  const value = line
    ?.replace(/^[\s>*|_-]+/, "")
    .slice(name.length)
    .replace(/^[\s:*|_]+/, "")
    .replace(/[\s|*_]+$/, "");
  return value === "" ? undefined : value;
};

const isNone = (value: string): boolean => /^(none|nothing|-|–)\.?$/i.test(value);

/** Files named in a list: links, code spans, or plain names between commas. */
const namesIn = (value: string): string[] => {
  const links = [...value.matchAll(/\]\(([^)]+)\)/g)].map(([, name = ""]) => name);
  const spans = [...value.replace(/\[[^\]]*\]\([^)]*\)/g, "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  const named = [...links, ...spans];
  return named.length > 0
    ? named
    : value
        .split(/[,;]\s*/)
        .map((name) => name.trim())
        .filter(Boolean);
};

/** What is wrong with a document's head: one sentence each. `exists` is asked for paths from the top of the repository. */
export const judgeDocument = (path: string, text: string, exists: (path: string) => boolean): string[] => {
  const missing = headings.filter((name) => lineOf(text, name) === undefined).map((name) => `has no line "${name}"`);
  const reviewed = lineOf(text, "Last Reviewed");
  const undated = reviewed !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(reviewed) ? ["Last Reviewed is no date"] : [];
  const dependsOn = lineOf(text, "Depends On") ?? "";
  const names = isNone(dependsOn) ? [] : namesIn(dependsOn);
  const known = (name: string) => exists(posix.normalize(name)) || exists(posix.join(posix.dirname(path), name));
  const gone = names.filter((name) => !known(name)).map((name) => `depends on ${name}, which does not exist`);
  return [...missing, ...undated, ...gone];
};

/** What is wrong with the heads of all documents: one sentence each. */
export const findBadHeads = (files: readonly RepositoryFile[]): string[] => {
  const paths = files.map(({ path }) => path);
  const exists = (path: string) => {
    const folder = `${path.replace(/\/$/, "")}/`;
    return paths.some((one) => one === path || one.startsWith(folder));
  };
  const documents = files.filter(({ path }) => /^docs\/.*\.md$/.test(path));
  return documents.flatMap(({ path, text }) => judgeDocument(path, text(), exists).map((fault) => `${path} ${fault}`));
};
