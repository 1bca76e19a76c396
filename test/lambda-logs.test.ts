import { expect, it } from "vitest";
import { sumLooks } from "./lambda-logs.ts";

const look = (job_id: string, look_ms: number) =>
  JSON.stringify({ event: "job_look", job_id, job_type: "site_create", status: "running", look_ms });

it("sums the looks of each job, whatever stands before the JSON, and nothing else", () => {
  const lines = [
    "START RequestId: 1",
    look("a", 1500),
    `2026-11-23 INFO ${look("a", 500)}`,
    '{"event":"woken"}',
    look("b", 0),
  ];
  expect([...sumLooks(lines)]).toEqual([
    ["a", { jobType: "site_create", looks: 2, seconds: 2 }],
    ["b", { jobType: "site_create", looks: 1, seconds: 0 }],
  ]);
});

it("does not count a look that it cannot read", () => {
  expect(() => sumLooks(['{"event":"job_look"}'])).toThrow();
});
