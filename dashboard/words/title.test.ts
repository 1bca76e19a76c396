import { expect, it } from "vitest";
import { openJobsOf, titleOf } from "./title.ts";

it.each([
  ["Nodes", 2, "Nodes · 2 running – Pressluft"],
  ["Nodes", 0, "Nodes – Pressluft"],
  [null, 1, "1 running – Pressluft"],
  [null, 0, "Pressluft"],
])("at %s with %i jobs the tab says %s", (place, running, expected) => {
  expect(titleOf(place, running)).toBe(expected);
});

it("counts what waits for its turn as running, and nothing before it knows", () => {
  expect([openJobsOf({ jobs_running: 2, jobs_queued: 1 }), openJobsOf(undefined)]).toEqual([3, 0]);
});
