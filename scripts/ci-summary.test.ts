import { expect, it } from "vitest";
import { summarise } from "./ci-summary.ts";

const report = (change: object = {}) =>
  JSON.stringify({ numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, success: true, ...change });
const fine = ["check=0", "readiness=0", "smoke-backup-restore=0"];

it("counts tests and everything beside them in one line", () => {
  expect(summarise(report(), fine)).toEqual({ lines: ["10 passed, 0 failed"], hasPassed: true });
});

it.each([
  ["a failed test", report({ numFailedTests: 2, success: false }), fine, "10 passed, 2 failed"],
  ["a suite that cannot be loaded", report({ success: false }), fine, "10 passed, 1 failed"],
  ["no report", undefined, fine, "3 passed, 1 failed"],
  ["a report that is cut off", report().slice(0, 20), fine, "3 passed, 1 failed"],
  ["a failed smoke", report(), ["check=0", "smoke-backup-restore=1"], "8 passed, 1 failed"],
  ["a smoke that found no local cloud", report(), ["smoke-backup-restore=3"], "7 passed, 1 failed"],
  ["a smoke that was ended for want of time", report(), ["smoke-backup-restore=124"], "7 passed, 1 failed"],
  ["a step without an exit code", report(), ["readiness="], "7 passed, 1 failed"],
])("%s is a failure", (_what, text, outcomes, line) => {
  const { lines, hasPassed } = summarise(text, outcomes);
  expect(lines.at(-1)).toBe(line);
  expect(hasPassed).toBe(false);
});

it("names what failed, and tells what was skipped", () => {
  const { lines } = summarise(report({ numPendingTests: 3 }), ["readiness=1"]);
  expect(lines).toEqual(["readiness failed (exit code 1)", "7 passed, 1 failed, 3 skipped"]);
});
