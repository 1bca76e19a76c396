import { expect, test } from "vitest";
import { starts } from "./tool.ts";

const version = /^Chromium \d+\./m;
const says = (line: string, exitCode = 0): string[] => [
  "-e",
  `console.log(${JSON.stringify(line)}); process.exitCode = ${exitCode};`,
];

test.for([
  ["one that says its version", "Chromium 142.0.7444.59 built on Debian", 0, true],
  ["a stub that says what to install instead", "This needs the chromium snap: snap install chromium", 0, false],
  ["one that says its version and fails", "Chromium 142.0.7444.59", 1, false],
] as const)("where an answer is wanted: %s", async ([, line, exitCode, isFound]) => {
  expect(await starts(process.execPath, says(line, exitCode), version)).toBe(isFound);
});

test("without one, whatever starts counts as found", async () => {
  expect(await starts(process.execPath, says("usage: ...", 2))).toBe(true);
  expect(await starts("no-such-program-anywhere", [])).toBe(false);
});
