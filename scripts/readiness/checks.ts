/** What must be true of documents and contract before a release. Each check finds faults and says what to do about them. */
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { operations } from "../../contracts/operations.ts";
import { buildYaml } from "../contract.ts";
import { buildPage } from "../error-codes.ts";
import { findUnguided } from "../error-codes-document.ts";
import { judgeContract } from "./contract.ts";
import { findBadHeads } from "./documents.ts";
import { type RepositoryFile, repositoryFiles } from "./files.ts";
import { findUndocumented, findUntested, type Traced } from "./traceability.ts";

export interface Check {
  readonly name: string;
  /** When it fails. */
  readonly whatToDo: string;
  /** One sentence a fault. Throws when it cannot be looked at, which is a fault too. */
  find(): readonly string[] | Promise<readonly string[]>;
}

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

const findStale = async (path: string, wanted: string): Promise<string[]> =>
  (await read(path)) === wanted ? [] : [`${path} is not what the tables say now`];

const nameOf = ({ operation, method, path }: Traced): string => `${operation} (${method} ${path})`;

export const checksOf = (files: readonly RepositoryFile[]): readonly Check[] => [
  {
    name: "heads of documents",
    whatToDo: "begin each document with Status, Owner, Last Reviewed, Depends On, Supersedes, naming files that exist",
    find: () => findBadHeads(files),
  },
  {
    name: "contract is generated",
    whatToDo: "run npm run contract and commit contracts/openapi.yaml",
    find: async () => findStale("contracts/openapi.yaml", await buildYaml()),
  },
  {
    name: "contract conforms to its tables",
    whatToDo: "mend scripts/contract-document.ts, then run npm run contract",
    find: async () => judgeContract(parse(await read("contracts/openapi.yaml")), operations),
  },
  {
    name: "error registry is generated",
    whatToDo: "run npm run contract and commit docs/error-codes.md",
    find: () => findStale("docs/error-codes.md", buildPage()),
  },
  {
    name: "every error code has guidance",
    whatToDo: "add it to a table of failures or to shared/domain/api-guidance.ts",
    find: () => findUnguided().map((code) => `${code} has no guidance`),
  },
  {
    name: "every operation has its document",
    whatToDo: "name it, as `GET /api/...`, in docs/api-contract.md or in a document of docs/features",
    find: () => findUndocumented(files).map((traced) => `${nameOf(traced)} is in no document`),
  },
  {
    name: "every operation has its test",
    whatToDo: "ask for it in a test of its function, below functions/",
    find: () => findUntested(files).map((traced) => `${nameOf(traced)} is asked for by no test of its function`),
  },
];

export const checks = checksOf(repositoryFiles);
