/** Prints CI's last line from vitest's JSON report. A failed check counts as one failure, and so does a missing report. */
import { existsSync, readFileSync } from "node:fs";
import * as z from "zod";

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  success: z.boolean(),
});

const [path = "", checksFailed = "0"] = process.argv.slice(2);
const found = existsSync(path) ? report.safeParse(JSON.parse(readFileSync(path, "utf8"))) : undefined;
const tests = found?.data ?? { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, success: false };
// A suite that cannot even be loaded fails without a failed test.
const unloaded = !tests.success && tests.numFailedTests === 0 ? 1 : 0;
const failed = tests.numFailedTests + unloaded + Number(checksFailed);
const skipped = tests.numPendingTests > 0 ? `, ${tests.numPendingTests} skipped` : "";
console.log(`${tests.numPassedTests} passed, ${failed} failed${skipped}`);
process.exit(failed === 0 ? 0 : 1);
