import { expect, inject, it } from "vitest";
import { BUDGET_BYTES, initialSizes, totalOf } from "./size.ts";

it.skipIf(inject("chromium").missing !== null)("scripts and styles of the first page stay within their budget", () => {
  const sizes = initialSizes(".local/browser/dashboard");
  expect(sizes.map(({ name }) => name.replace(/^.*\./, "")).toSorted()).toEqual(["css", "js"]);
  expect(totalOf(sizes)).toBeLessThanOrEqual(BUDGET_BYTES);
});
