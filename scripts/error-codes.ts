/** Writes `docs/error-codes.md` from the tables (`generate`), or says whether it is stale (`check`, exit 1). */
import { readFile, writeFile } from "node:fs/promises";
import { buildErrorCodes } from "./error-codes-document.ts";

const target = "docs/error-codes.md";
const file = new URL(`../${target}`, import.meta.url);

/** When a person last read the generated page from top to bottom. */
const lastReviewed = "2026-11-23";

/** The text of the file as it should be. */
export const buildPage = (): string => buildErrorCodes(lastReviewed);

const run = async (command: string | undefined): Promise<void> => {
  if (command !== "generate" && command !== "check")
    throw new Error("usage: node scripts/error-codes.ts generate|check");
  const wanted = buildPage();
  if (command === "generate") return writeFile(file, wanted);
  const found = await readFile(file, "utf8").catch(() => "");
  if (found !== wanted) throw new Error(`${target} is stale: run npm run contract and commit it`);
};

if (import.meta.main) {
  run(process.argv[2]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : "failed");
    process.exitCode = 1;
  });
}
