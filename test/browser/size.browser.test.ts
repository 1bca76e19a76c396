import { expect, inject, it } from "vitest";
import { BUDGET_BYTES, initialSizes, totalOf } from "./size.ts";

const { missing } = inject("chromium");
const folder = ".local/browser/dashboard";

it.skipIf(missing !== null)("scripts and styles of the first page stay within their budget", () => {
  const sizes = initialSizes(folder);
  expect(sizes.map(({ name }) => name.replace(/^.*\./, "")).toSorted()).toEqual(["css", "js"]);
  expect(totalOf(sizes)).toBeLessThanOrEqual(BUDGET_BYTES);
});

/** What Solid says in development alone. */
const forDevelopers = "You appear to have multiple instances of Solid";

it.skipIf(missing !== null)("the scripts that are served were built for production", async () => {
  for (const { name } of initialSizes(folder).filter(({ name }) => name.endsWith(".js"))) {
    const answer = await fetch(`${inject("stack").base_url}${name}`);
    expect(answer.headers.get("content-type")).toContain("javascript");
    expect(await answer.text()).not.toContain(forDevelopers);
  }
});
