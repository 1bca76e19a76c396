import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as z from "zod";
import "./no-eval.ts";

it("zod does not try to compile code", () => {
  expect(z.config().jitless).toBe(true);
});

it("is said before anything that makes schemas is loaded", () => {
  const main = readFileSync(new URL("../main.tsx", import.meta.url), "utf8");
  expect(main.match(/^import .*$/m)?.[0]).toBe('import "./api/no-eval.ts";');
});
