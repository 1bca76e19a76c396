/**
 * Prints CI's last line from vitest's JSON report and from the exit codes of what runs beside it:
 *
 *   node scripts/ci-summary.ts REPORT.json NAME=EXIT_CODE ...
 *
 * Each exit code counts as one passed or failed; what failed is named before the last line.
 */
import { readFileSync } from "node:fs";
import * as z from "zod";

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  success: z.boolean(),
});

export interface Summary {
  readonly lines: readonly string[];
  readonly hasPassed: boolean;
}

/** `report`: the text of the file; undefined when there is none. */
export const summarise = (report: string | undefined, outcomes: readonly string[]): Summary => {
  const tests = readReport(report);
  const failures = outcomes.flatMap(readFailure);
  // A suite that cannot even be loaded fails without a failed test.
  const unloaded = !tests.success && tests.numFailedTests === 0 ? 1 : 0;
  const passed = tests.numPassedTests + outcomes.length - failures.length;
  const failed = tests.numFailedTests + unloaded + failures.length;
  const skipped = tests.numPendingTests > 0 ? `, ${tests.numPendingTests} skipped` : "";
  return { lines: [...failures, `${passed} passed, ${failed} failed${skipped}`], hasPassed: failed === 0 };
};

/** A report that is missing or cut off is a failure. */
const readReport = (text: string | undefined): z.output<typeof reportSchema> => {
  const none = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, success: false };
  try {
    return reportSchema.parse(JSON.parse(text ?? ""));
  } catch {
    return none;
  }
};

/** One sentence for an exit code that is not 0, and for what is no exit code at all. */
const readFailure = (outcome: string): string[] => {
  const [, name = outcome, code = "none"] = /^([\w-]+)=(\d+)$/.exec(outcome) ?? [];
  return code === "0" ? [] : [`${name} failed (exit code ${code})`];
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

if (import.meta.main) {
  const [path = "", ...outcomes] = process.argv.slice(2);
  const { lines, hasPassed } = summarise(readText(path), outcomes);
  for (const line of lines) console.log(line);
  process.exitCode = hasPassed ? 0 : 1;
}
