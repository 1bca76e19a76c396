/** What is not written here, and what is written instead. */
import { isTestCode } from "../../scripts/readiness/files.ts";
import { codeOf, importsOf, linesOf } from "./source.ts";

export interface Ban {
  readonly name: string;
  readonly instead: string;
  holdsFor(path: string): boolean;
  /** Lines with the forbidden thing, counted from 1. */
  find(text: string): readonly number[];
}

const inCode = (pattern: RegExp) => (text: string) => linesOf(codeOf(text), pattern);
const inText = (pattern: RegExp) => (text: string) => linesOf(text, pattern);
const isSource = (path: string) => path.endsWith(".ts");

/** Line 1 stands for the file: an import's clause has no line of its own here. */
const inImports = (isWrong: (from: string, clause: string) => boolean) => (text: string) =>
  importsOf(text).flatMap(({ from, clause }) => (isWrong(from, clause) ? [1] : []));

const isProduct = (path: string) => isSource(path) && !isTestCode(path);
/** Each part of the repository that is told something by the environment reads it in one place. */
const readsEnvironment = new Set([
  "shared/config.ts",
  "infra/app.ts",
  "infra/stages.ts",
  "local/aws/host.ts",
  "scripts/operator.ts",
  // Is told nothing by it: Vite is, and this says what.
  "dashboard/build.ts",
]);
/** Names what it bans. */
const isAboutBans = (path: string) => path.startsWith("test/guard/bans.");
const clockless = /^shared\/(domain|store|hetzner)\//;

/** Not default: only names that Node finds in a CommonJS module can be imported by name, and `Client` is one. */
const ssh2ByName = new Set(["shared/node/ssh.ts"]);

export const bans: readonly Ban[] = [
  {
    name: "process.env",
    instead: "take what is needed as an argument; functions get it from readConfig (shared/config.ts)",
    holdsFor: (path) => isProduct(path) && !readsEnvironment.has(path) && !path.startsWith("scripts/"),
    find: inCode(/\bprocess\s*\.\s*env\b|\benv\b.*from "node:process"/),
  },
  {
    name: "the wall clock",
    instead: "take nowMs as an argument, or a Clock",
    holdsFor: (path) => isProduct(path) && clockless.test(path) && path !== "shared/hetzner/clock.ts",
    find: inCode(/\bDate\.now\b|\bnew Date\(\s*\)|\bnew Date\b(?!\()|\bperformance\.now\b/),
  },
  {
    name: "console",
    instead: "the log that is passed in (shared/log.ts)",
    holdsFor: (path) => isSource(path) && !/^(local|scripts)\//.test(path),
    find: inCode(/\bconsole\s*\./),
  },
  { name: "as any", instead: "parse with zod, or narrow", holdsFor: isSource, find: inCode(/\bas any\b|<any>/) },
  {
    name: "JSON.parse(...) as",
    instead: "schema.parse(JSON.parse(...))",
    holdsFor: isSource,
    find: inCode(/\bJSON\.parse\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s+as\b/),
  },
  {
    name: "a module mock",
    instead: "pass a stand-in as a dependency, or stand in at the wire",
    holdsFor: isSource,
    find: inCode(/\bvi\s*\.\s*(mock|doMock|hoisted|stubGlobal|stubEnv)\b/),
  },
  {
    name: "a note to self",
    instead: "do it, or open an issue",
    holdsFor: (path) => !isAboutBans(path),
    find: inText(/\b(FIXME|TODO|XXX|HACK)\b/),
  },
  {
    name: "async in the domain",
    instead: "decide on facts; the shell in functions/ fetches them",
    holdsFor: (path) => isProduct(path) && path.startsWith("shared/domain/"),
    find: inCode(/\basync\b|\bawait\b|\bPromise\b|\bsetTimeout\b|\bMath\.random\b/),
  },
  {
    name: 'import { z } from "zod"',
    instead: 'import * as z from "zod": the other form pulls every locale (370 kB) into a bundle',
    holdsFor: isSource,
    find: inImports(
      (from, clause) => /^zod(\/mini)?$/.test(from) && !/^import (type )?\* as z$/.test(clause.replace(/ from$/, "")),
    ),
  },
  {
    name: "ssh2 by name",
    instead: 'import ssh2 from "ssh2": it is CommonJS, and not every name of it can be imported',
    holdsFor: (path) => isSource(path) && !ssh2ByName.has(path),
    find: inImports(
      (from, clause) => from === "ssh2" && !/^import (type )/.test(clause) && !/^import ssh2\b/.test(clause),
    ),
  },
  {
    name: "a path of one machine",
    instead: "a path from import.meta.url, or an argument",
    holdsFor: (path) => !isAboutBans(path),
    find: inText(/(?<![\w.*~}-])\/(home|root|Users|mnt|media)\/[\w.-]/),
  },
];
