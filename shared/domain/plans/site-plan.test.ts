/** The engine of site plans, on a plan of two steps and a way back of two: what each answer of a step leads to. */
import { describe, expect, it } from "vitest";
import { runFailure } from "../failure.ts";
import { endedRun, failedRun, makeBackupState, makeRestoreState, makeRun, walk } from "../testing/backups.ts";
import { makeFault } from "../testing.ts";
import { crashed } from "./crash.ts";
import { moveOn } from "./moves.ts";
import type { Facts, State } from "./plan.ts";
import { atRest, notTakenBack, type SiteStep, sitePlan, subjectOf } from "./site-plan.ts";

import { removeStep, stopRunOf, withoutEnvironments } from "./site-steps.ts";

const minuteMs = 60_000;
/** Any step that is one run. */
const remove = (name: string) =>
  removeStep({ name, playbook: "env-delete", environments: ({ environment }) => [environment] });
const ended = (state: State, undone: boolean) => ({ ...moveOn(atRest(state, "unchanged"), 0), undone });

const makePlan = (change: { second?: Partial<SiteStep>; back?: Partial<SiteStep> } = {}) =>
  sitePlan({
    steps: { first: remove("first"), second: { ...remove("second"), ...change.second } },
    undo: { stop: stopRunOf("first"), back: { ...remove("back"), ...change.back } },
    totalMinutes: 90,
    succeeded: (state) => moveOn(atRest(state, "active"), 0),
    ended: (state, _ending, undone) => ended(state, undone),
  });
const plan = makePlan();

/** A job of this plan, of which nothing has begun. */
const begin = (change: Partial<State["job"]> = {}): State => {
  const state = makeRestoreState();
  const steps = ["first", "second"].map(
    (name) => ({ name, status: "pending", startedAtMs: null, finishedAtMs: null, detail: null }) as const,
  );
  return { ...state, job: { ...state.job, steps, ...change } };
};

const stepsOf = ({ steps }: State["job"]): string[] => steps.map(({ name, status }) => `${name} ${status}`);

const done = { seen: { run: endedRun({}) } };
const absent = { seen: { run: makeRun({ state: "absent" }) } };
const running = { seen: { run: makeRun() } };
const silent = { seen: { run: { reached: false, reason: "timeout" } } } as const;

describe("the way there", () => {
  it("goes step by step, each seen by itself: what was read for one says nothing of the next", () => {
    const { moves, last } = walk(plan, begin(), [absent, done, {}, absent, done]);
    expect(moves.map(({ write }) => write?.kind)).toEqual(["start_run", undefined, undefined, "start_run", undefined]);
    expect(moves.map(({ job }) => stepsOf(job))).toEqual([
      ["first running", "second pending"],
      ["first succeeded", "second running"],
      ["first succeeded", "second running"],
      ["first succeeded", "second running"],
      ["first succeeded", "second succeeded"],
    ]);
    expect(last.job).toMatchObject({ status: "succeeded", progress: 100 });
    expect(last.node.openJobId).toBeNull();
    expect(last.subject?.site.openJobId).toBeNull();
  });

  it("tries a failed attempt again, under another run id, after its pause", () => {
    const failed = { seen: { run: failedRun("environment : Remove files") } };
    const { moves, last } = walk(plan, begin(), [absent, failed, absent]);
    expect(last.job.attemptCount).toBe(2);
    expect(moves[1]?.job.runAfterMs).toBe((moves[1]?.job.updatedAtMs ?? 0) + minuteMs);
    const ids = moves.flatMap(({ write }) => (write?.kind === "start_run" ? [write.order.id.slice(-7)] : []));
    expect(ids).toEqual(["first-1", "first-2"]);
  });

  it("stops a run whose time is over before another attempt begins", () => {
    const late = { ...running, afterMs: 21 * minuteMs };
    const gone = { seen: { run: makeRun({ state: "interrupted" }) } };
    const { moves, last } = walk(plan, begin(), [absent, late, running, gone]);
    expect(moves.map(({ write }) => write?.kind)).toEqual(["start_run", "stop_run", "stop_run", undefined]);
    expect(last.job).toMatchObject({ attemptCount: 2, status: "running" });
    expect(last.job.steps[0]?.detail).toContain("did not end in its time");
  });

  it("turns back when a run cannot be stopped: nothing begins beside it", () => {
    const late = { ...running, afterMs: 21 * minuteMs };
    const { last } = walk(plan, begin(), [absent, late, { ...running, afterMs: 6 * minuteMs }]);
    expect(last.job.work.ending).toMatchObject({ status: "failed", failure: { code: "ANSIBLE_TIMEOUT" } });
  });

  it("keeps what a start complained of, and says it when its time is over", () => {
    const refused = { ...absent, written: { kind: "change_run", complaint: "No room on the node" } } as const;
    const { last } = walk(plan, begin({ attemptCount: 3 }), [refused, { ...absent, afterMs: 21 * minuteMs }]);
    expect(last.job.work.ending?.failure?.message).toBe("No room on the node");
  });

  it("waits calmly while the connection cannot be used, and fails when that lasts", () => {
    const blocked = { seen: { blocked: makeFault({ message: "No token" }) } };
    const { moves, last } = walk(plan, begin({ attemptCount: 3 }), [blocked, { ...blocked, afterMs: 21 * minuteMs }]);
    expect((moves[0]?.job.runAfterMs ?? 0) - (moves[0]?.job.updatedAtMs ?? 0)).toBe(30_000);
    expect(last.job.work.ending?.failure).toMatchObject({ code: "ANSIBLE_HOST_UNREACHABLE", message: "No token" });
  });

  it("does not go on with a job whose step it does not know", () => {
    const steps = begin().job.steps.map((step) => ({ ...step, name: "of_old" }));
    expect(() => walk(plan, begin({ steps }), [{}])).toThrow("has no step of_old");
  });

  it("is of no use to a node's job", () => {
    const { subject: _, ...state } = begin();
    expect(() => subjectOf(state)).toThrow("about no site");
  });
});

describe("the point of no return", () => {
  const final = makePlan({ second: { final: true } });

  it("is passed in a look of its own, before its step begins", () => {
    const { moves } = walk(final, begin(), [absent, done, {}, absent]);
    expect(moves.map(({ job }) => [job.finalAtMs !== null, stepsOf(job)[1]])).toEqual([
      [false, "second pending"],
      [true, "second pending"],
      [true, "second running"],
      [true, "second running"],
    ]);
  });

  it("is where a cancel ends: before it the job turns back, after it it goes on", () => {
    const asked = begin({ cancelRequestedAtMs: 1 });
    expect(walk(final, asked, [{}]).last.job.work.ending?.status).toBe("cancelled");
    const past = begin({ cancelRequestedAtMs: 1, finalAtMs: 1 });
    expect(walk(final, past, [absent, done, {}, absent, done]).last.job.status).toBe("succeeded");
  });
});

describe("the way back", () => {
  const cancelledAt = (looks: Parameters<typeof walk>[2]) =>
    walk(plan, begin({ cancelRequestedAtMs: 1 }), [{}, ...looks]);

  it("follows a cancel: what may run is stopped, then what was made is taken back", () => {
    const { moves, last } = cancelledAt([running, { seen: { run: makeRun({ state: "interrupted" }) } }, absent, done]);
    expect(moves.map(({ write }) => write?.kind)).toEqual([undefined, "stop_run", undefined, "start_run", undefined]);
    expect(last.job.status).toBe("cancelled");
    expect(stepsOf(last.job)).toEqual(["first skipped", "second skipped", "stop succeeded", "back succeeded"]);
    expect(moves.at(-1)).toMatchObject({ undone: true });
  });

  it("goes on after a step of it that fails, which is noted", () => {
    const { moves, last } = cancelledAt([silent, { ...silent, afterMs: 11 * minuteMs }, absent, done]);
    expect(stepsOf(last.job).slice(2)).toEqual(["stop failed", "back succeeded"]);
    expect(moves.at(-1)).toMatchObject({ undone: false });
  });

  it("has no second attempts, and ends", () => {
    const failed = { seen: { run: failedRun("environment : Remove files") } };
    const { last } = cancelledAt([absent, absent, failed]);
    expect(last.job).toMatchObject({ status: "cancelled" });
    expect(stepsOf(last.job).slice(2)).toEqual(["stop succeeded", "back failed"]);
    expect(notTakenBack(last).job).toMatchObject({ status: "failed", failure: { code: "ANSIBLE_HOST_FAILED" } });
  });

  it("leaves out the steps that say so", () => {
    const short = makePlan({ back: { when: (_state, { status }) => status === "failed" } });
    expect(walk(short, begin({ cancelRequestedAtMs: 1 }), [{}]).last.job.steps.map(({ name }) => name)).toEqual([
      "first",
      "second",
      "stop",
    ]);
  });

  it("follows the end of the job's time, with the last reason", () => {
    const late = begin({ deadlineAtMs: 1 });
    expect(walk(plan, late, [{}]).last.job.work.ending?.failure).toMatchObject({ code: "JOB_TIMEOUT" });
    const known = {
      ...late,
      job: { ...late.job, work: { ...late.job.work, lastFailure: runFailure("unreachable", "No answer") } },
    };
    expect(walk(plan, known, [{}]).last.job.work.ending?.failure?.message).toBe("No answer");
  });

  it("is not left for a cancel: a failure stays one", () => {
    const { last } = walk(plan, begin({ deadlineAtMs: 1 }), [{}]);
    const asked = { ...last, job: { ...last.job, cancelRequestedAtMs: 1 } };
    expect(walk(plan, asked, [absent, absent, done]).last.job.status).toBe("failed");
  });
});

describe("what a job leaves", () => {
  const restoring = makeRestoreState(undefined, "failed");

  it.each([
    ["active", ["active", "active"]],
    ["failed", ["failed", "failed"]],
    ["unchanged", ["failed", "failed"]],
  ] as const)("at rest as %s", (how, statuses) => {
    const { site, environment } = subjectOf(atRest(restoring, how));
    expect([site.status, environment.status]).toEqual(statuses);
  });

  it("alone, where it kept the environment in service", () => {
    const { site, environment } = subjectOf(atRest(makeBackupState(), "failed"));
    expect([site.status, environment.status]).toEqual(["active", "active"]);
  });

  it("without environments counts them off node and site, once", () => {
    const { environment } = subjectOf(restoring);
    const twice = withoutEnvironments(withoutEnvironments(restoring, [environment]), [environment]);
    expect(twice.node.environmentCount).toBe(restoring.node.environmentCount - 1);
    expect(subjectOf(twice).site.environmentIds).toEqual([]);
    expect(subjectOf(twice).environment.removedAtMs).toBe(restoring.nowMs);
  });

  it("after a crash: what it was changing is failed, an unfinished backup too, and all is free", () => {
    const after = crashed({ ...restoring, job: { ...restoring.job, leases: 5 } });
    expect(after.job).toMatchObject({ status: "failed", failure: { code: "JOB_CRASHED" } });
    expect([after.subject?.environment.status, after.subject?.made?.status]).toEqual(["failed", "failed"]);
    expect([after.node.openJobId, after.subject?.site.openJobId]).toEqual([null, null]);
    const backup = crashed(makeBackupState());
    expect([backup.subject?.environment.status, backup.subject?.made?.status]).toEqual(["active", "failed"]);
  });
});

it("a step that asks something of the provider is a fault of ours", () => {
  const decide = (facts: Facts) => ({ kind: "missed", state: facts, fault: makeFault() }) as const;
  const odd = sitePlan({
    steps: { first: { ...remove("first"), decide } },
    undo: {},
    totalMinutes: 90,
    succeeded: (state) => moveOn(state, 0),
    ended: (state, _ending, undone) => ended(state, undone),
  });
  const steps = begin().job.steps.slice(0, 1);
  expect(() => walk(odd, begin({ steps }), [{}])).toThrow("asks nothing of the provider");
});
