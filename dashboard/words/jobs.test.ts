import { describe, expect, it } from "vitest";
import example from "../../contracts/examples/getJob.answer.json" with { type: "json" };
import { type Job, type JobStep, job } from "../../contracts/models.ts";
import {
  announcementOf,
  answerOf,
  chooseJobs,
  countJobs,
  jobsAnswer,
  jobWishOf,
  nameJobs,
  nextLookWord,
  openJobsByNode,
  receiptOf,
  rhythmOf,
  stepNow,
  typicalSteps,
  usuallyWord,
} from "./jobs.ts";

const nowMs = Date.UTC(2026, 10, 23, 12);
const at = (seconds: number) => new Date(nowMs + seconds * 1000).toISOString();
const step = (name: string, status: JobStep["status"], tookMs = 0): JobStep => ({
  name,
  status,
  started_at: at(0),
  finished_at: status === "succeeded" ? new Date(nowMs + tookMs).toISOString() : null,
  detail: null,
});
const running: Job = {
  ...job.parse(example),
  job_type: "node_provision",
  status: "running",
  node_id: "018f0000-0000-7000-8000-0000000000a1",
  site_id: null,
  attempt_count: 1,
  max_attempts: 3,
  run_after: at(4),
  cancel_requested_at: null,
  error_reason: null,
  started_at: at(-10),
  finished_at: null,
  steps: [step("managed_key", "succeeded"), step("await_actions", "running"), step("hand_over", "pending")],
};
const make = (change: Partial<Job> = {}): Job => ({ ...running, ...change });
const ended = (status: Job["status"], change: Partial<Job> = {}) =>
  make({ status, run_after: null, finished_at: at(21), steps: [step("managed_key", "succeeded")], ...change });

it.each([
  [running, "Await actions, step 2 of 3"],
  [ended("succeeded"), null],
])("says the step that it is at", (found, expected) => {
  expect(stepNow(found)).toBe(expected);
});

it.each<[string, Job, string | null]>([
  ["a look that comes", running, "next look in 4 s"],
  ["a look that is due", make({ run_after: at(0) }), "looking now"],
  ["an attempt that waits", make({ attempt_count: 2, run_after: at(300) }), "attempt 2 of 3 in 5 min"],
  ["a look of a later attempt", make({ attempt_count: 2, run_after: at(4) }), "next look in 4 s"],
  ["nobody knows when", make({ run_after: null }), null],
  ["it is over", ended("failed"), null],
])("when it goes on: %s", (_, found, expected) => {
  expect(nextLookWord(found, nowMs)).toBe(expected);
});

it.each<[string, Job, number | undefined, string]>([
  ["a first attempt", running, undefined, "Next look in 4 s"],
  ["a step whose kind is known", running, 31_000, "Next look in 4 s · usually 31 s"],
  ["a later attempt", make({ attempt_count: 2 }), undefined, "Attempt 2 of 3 · next look in 4 s"],
  ["an attempt that waits", make({ attempt_count: 2, run_after: at(52) }), undefined, "Attempt 2 of 3 in 52 s"],
  ["nothing that is known", make({ run_after: null }), undefined, ""],
])("under the step that is at work stands: %s", (_, found, usuallyMs, expected) => {
  expect(rhythmOf(found, nowMs, usuallyMs)).toBe(expected);
});

it.each<[Job, string]>([
  [running, "Await actions, step 2 of 3 · next look in 4 s"],
  [make({ status: "queued", steps: [], run_after: at(0) }), "Waiting for its turn · looking now"],
  [ended("succeeded"), "after 31 s"],
  [ended("cancelled", { started_at: null }), ""],
])("answers in one line", (found, expected) => {
  expect(answerOf(found, nowMs)).toBe(expected);
});

describe("what is read out", () => {
  it("changes with the step and not with the seconds", () => {
    const later = make({ run_after: at(1), progress: running.progress + 1 });
    expect([announcementOf(running), announcementOf(later)]).toEqual([
      "Await actions, step 2 of 3.",
      "Await actions, step 2 of 3.",
    ]);
  });

  it.each<[Job, string]>([
    [make({ cancel_requested_at: at(0) }), "Cancelling: Await actions, step 2 of 3."],
    [make({ status: "queued", steps: [] }), "Queued."],
    [ended("succeeded"), "Create node: succeeded."],
    [ended("failed", { error_reason: "capacity" }), "Create node: failed. Sold out there."],
  ])("is how it goes", (found, expected) => {
    expect(announcementOf(found)).toBe(expected);
  });
});

it.each<[string, Job, RegExp]>([
  ["has not taken effect", running, /^It stops at its next look\. What it made is removed first/],
  ["removes what was made", make({ steps: [step("delete_server", "running")] }), /^What it made is being removed/],
  ["makes sure of it", make({ steps: [step("verify_gone", "running")] }), /^What it made is being removed/],
  ["has taken effect", ended("cancelled"), /^It is cancelled/],
  ["came too late", ended("succeeded"), /had ended before/],
])("the receipt of a cancel that %s says so", (_, found, expected) => {
  expect(receiptOf(found)).toMatch(expected);
});

describe("how long a step usually takes", () => {
  const took = (tookMs: number, change: Partial<Job> = {}) =>
    ended("succeeded", { steps: [step("await_actions", "succeeded", tookMs)], ...change });

  it("is the middle of at least three that ended well", () => {
    expect([...typicalSteps([took(9000), took(5000), took(90_000)], "node_provision")]).toEqual([
      ["await_actions", 9000],
    ]);
  });

  it.each<[string, Job[]]>([
    ["two are too few", [took(1), took(2)]],
    ["other kinds do not count", [took(1), took(2), took(3, { job_type: "node_delete" })]],
    ["failed jobs do not count", [took(1), took(2), took(3, { status: "failed" })]],
  ])("is not known: %s", (_, jobs) => {
    expect(typicalSteps(jobs, "node_provision").size).toBe(0);
  });

  it("is said from a second on", () => {
    expect([usuallyWord(31_000), usuallyWord(400), usuallyWord(undefined)]).toEqual(["usually 31 s", null, null]);
  });
});

describe("the list", () => {
  const jobs = [running, make({ status: "queued" }), ended("failed"), ended("succeeded", { job_type: "node_delete" })];

  it("answers what runs and what failed", () => {
    expect(jobsAnswer(jobs)).toBe("1 running, 1 queued · 1 of the last 4 failed");
    expect(jobsAnswer([ended("succeeded")])).toBe("Nothing runs · none of the last 1 failed");
  });

  it("is chosen by state and by kind, and counted", () => {
    expect(countJobs(jobs)).toEqual({ all: 4, open: 2, failed: 1, succeeded: 1, cancelled: 0 });
    expect(chooseJobs(jobs, { group: "open", kind: null })).toHaveLength(2);
    expect(chooseJobs(jobs, { group: "all", kind: "node_delete" })).toHaveLength(1);
    expect(chooseJobs(jobs, { group: "failed", kind: "node_delete" })).toEqual([]);
  });

  it.each([
    [
      { group: "failed", kind: "env_create" },
      { group: "failed", kind: "env_create" },
    ],
    [
      { group: "lost", kind: "coffee" },
      { group: "all", kind: null },
    ],
    [{}, { group: "all", kind: null }],
  ])("is wished for in the address as %j", (query, expected) => {
    expect(jobWishOf(query)).toEqual(expected);
  });

  it("names the site of a job, or its node", () => {
    const [node, site] = [
      { id: "n", name: "web-1" },
      { id: "s", name: "Acme" },
    ];
    const nameOf = nameJobs([node], [site]);
    expect([nameOf({ site_id: "s", node_id: "n" }), nameOf({ site_id: null, node_id: "n" })]).toEqual([
      "Acme",
      "web-1",
    ]);
    expect([nameOf({ site_id: null, node_id: "gone" }), nameOf({ site_id: null, node_id: null })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("finds the job that is open on each node, the newest first", () => {
    const found = openJobsByNode([make({ id: "new" }), make({ id: "old" }), ended("failed"), make({ node_id: null })]);
    expect([...found.values()].map(({ id }) => id)).toEqual(["new"]);
  });

  it("is not one that is known to have ended, whatever an older list says", () => {
    const found = openJobsByNode([make({ id: "new" }), make({ id: "old" })], new Set(["new"]));
    expect([...found.values()].map(({ id }) => id)).toEqual(["old"]);
  });
});
