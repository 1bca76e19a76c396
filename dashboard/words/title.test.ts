import { expect, it } from "vitest";
import { openJobsOf, openJobsWord, titleOf } from "./title.ts";

const figures = (jobs_running: number, jobs_queued: number) => ({ jobs_running, jobs_queued });

it.each([
  ["Nodes", figures(2, 0), "Nodes · 2 running – Pressluft"],
  ["Nodes", figures(2, 1), "Nodes · 2 running, 1 queued – Pressluft"],
  ["Nodes", figures(0, 1), "Nodes · 1 queued – Pressluft"],
  ["Nodes", figures(0, 0), "Nodes – Pressluft"],
  ["Nodes", undefined, "Nodes – Pressluft"],
  [null, figures(1, 0), "1 running – Pressluft"],
  [null, undefined, "Pressluft"],
])("at %s with %j jobs the tab says %s", (place, known, expected) => {
  expect(titleOf(place, openJobsWord(known))).toBe(expected);
});

it("counts what waits for its turn as open, and nothing before it knows", () => {
  expect([openJobsOf(figures(2, 1)), openJobsOf(undefined)]).toEqual([3, 0]);
});
