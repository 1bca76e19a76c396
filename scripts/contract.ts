/**
 * Writes `contracts/openapi.yaml` from the contract's tables (`generate`), or says whether it is stale (`check`, exit 1).
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import * as z from "zod";
import { buildDocument, type Examples } from "./contract-document.ts";

const at = (path: string) => new URL(`../${path}`, import.meta.url);
const target = "contracts/openapi.yaml";
const folder = "contracts/examples/";
const banner = "# Generated from contracts/*.ts by `npm run contract`. Do not edit.\n";

export const readExamples = async (): Promise<Examples> => {
  const names = (await readdir(at(folder))).filter((name) => name.endsWith(".json")).sort();
  const read = async (name: string) => [
    name.slice(0, -".json".length),
    JSON.parse(await readFile(at(folder + name), "utf8")),
  ];
  return Object.fromEntries(await Promise.all(names.map(read)));
};

/** The text of the file as it should be. */
export const buildYaml = async (): Promise<string> => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(at("package.json"), "utf8")));
  const document = buildDocument(await readExamples(), version);
  return banner + stringify(document, { lineWidth: 120, aliasDuplicateObjects: false, version: "1.1" });
};

const run = async (command: string | undefined): Promise<void> => {
  if (command !== "generate" && command !== "check") throw new Error("usage: node scripts/contract.ts generate|check");
  const wanted = await buildYaml();
  if (command === "generate") return writeFile(at(target), wanted);
  const found = await readFile(at(target), "utf8").catch(() => "");
  if (found !== wanted) throw new Error(`${target} is stale: run npm run contract and commit it`);
};

if (import.meta.main) {
  run(process.argv[2]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : "failed");
    process.exitCode = 1;
  });
}
