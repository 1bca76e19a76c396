import { describe, expect, it } from "vitest";
import { type JobErrorCode, jobErrorRetried } from "../../../contracts/errors.ts";
import { nodeFailure } from "../failure.ts";
import type { Failure } from "../job.ts";
import { makeFault, makeJob, makeState, startMs } from "../testing.ts";
import {
  atProgress,
  closeSteps,
  completeStep,
  currentStep,
  enterStep,
  MINUTE_MS,
  missedRead,
  moveOn,
  nextAttempt,
  noteStep,
  pendingStep,
  pollWaitMs,
  SECOND_MS,
  sinceStepMs,
  stepIsOverdue,
  withWork,
} from "./moves.ts";

const nowMs = startMs + 5 * MINUTE_MS;
const fresh = makeState({ nowMs, job: makeJob({ steps: ["one", "two", "three"].map(pendingStep) }) });
const statuses = (state: typeof fresh) => state.job.steps.map(({ status }) => status);

describe("a step", () => {
  it("that is entered runs, on its own clock", () => {
    const missed = withWork(fresh, { misses: 3, lastFailure: nodeFailure("no_root", "x") });
    const entered = enterStep(missed, "one", 10);
    expect(entered.job.steps[0]).toMatchObject({ status: "running", startedAtMs: nowMs, finishedAtMs: null });
    expect(entered.job.work).toMatchObject({ stepDeadlineAtMs: nowMs + 10 * MINUTE_MS, misses: 0, lastFailure: null });
  });

  it("that runs is not entered again: its deadline stands", () => {
    const entered = enterStep(fresh, "one", 10);
    expect(enterStep({ ...entered, nowMs: nowMs + MINUTE_MS }, "one", 10).job).toBe(entered.job);
  });

  it("that is over cannot be entered, noted or completed again", () => {
    const done = completeStep(enterStep(fresh, "one", 10), "one", "Done");
    expect(enterStep(done, "one", 10)).toBe(done);
    expect(completeStep({ ...done, nowMs: nowMs + 1 }, "one", "Else").job.steps).toEqual(done.job.steps);
    expect(noteStep(done, "Note").job.steps.map(({ detail }) => detail)).toEqual(["Done", "Note", null]);
  });

  it("that was never entered is completed with the moment as its beginning", () => {
    expect(completeStep(fresh, "two", "Done").job.steps[1]).toEqual({
      name: "two",
      status: "succeeded",
      startedAtMs: nowMs,
      finishedAtMs: nowMs,
      detail: "Done",
    });
  });

  it("is the current one until it is over", () => {
    expect(currentStep(fresh.job)?.name).toBe("one");
    const done = completeStep(enterStep(fresh, "one", 1), "one", "Done");
    expect(currentStep(done.job)?.name).toBe("two");
    expect(currentStep(closeSteps(done, "failed", "x").job)).toBeUndefined();
  });

  it("that nobody is in cannot be noted", () => {
    const closed = closeSteps(fresh, "skipped", "x");
    expect(noteStep(closed, "Note")).toBe(closed);
  });

  it("knows how long it has been running, and when it is overdue", () => {
    const entered = enterStep(fresh, "one", 1);
    expect(sinceStepMs({ ...entered, nowMs: nowMs + 1500 })).toBe(1500);
    expect(sinceStepMs(fresh)).toBe(0);
    expect(stepIsOverdue({ ...entered, nowMs: nowMs + MINUTE_MS - 1 })).toBe(false);
    expect(stepIsOverdue({ ...entered, nowMs: nowMs + MINUTE_MS })).toBe(true);
  });
});

it.each(["failed", "skipped"] as const)("closing as %s ends what runs and skips what is pending", (how) => {
  const running = enterStep(completeStep(fresh, "one", "Done"), "two", 1);
  const closed = closeSteps(running, how, "Why");
  expect(statuses(closed)).toEqual(["succeeded", how, "skipped"]);
  expect(closed.job.steps[1]).toMatchObject({ finishedAtMs: nowMs, detail: "Why" });
  expect(closed.job.steps[0]?.detail).toBe("Done");
});

it("progress only grows, in whole percents, to 100", () => {
  const at = (state: typeof fresh, percent: number) => atProgress(state, percent).job.progress;
  expect(at(fresh, 12.6)).toBe(13);
  expect(at(atProgress(fresh, 60), 20)).toBe(60);
  expect(at(fresh, 300)).toBe(100);
});

it.each([
  [0, nowMs],
  [-5000, nowMs],
  [1499.2, nowMs + 1500],
])("moving on in %d ms is due at a whole millisecond, never in the past", (waitMs, dueMs) => {
  expect(moveOn(fresh, waitMs)).toEqual({
    job: { ...fresh.job, runAfterMs: dueMs, updatedAtMs: nowMs },
    node: fresh.node,
  });
});

it.each([
  [0, 2],
  [9_999, 2],
  [10_000, 3],
  [59_999, 3],
  [60_000, 5],
  [179_999, 5],
  [180_000, 15],
  [900_000, 15],
])("after %d ms of waiting it is looked at every %d s", (sinceMs, seconds) => {
  expect(pollWaitMs(sinceMs)).toBe(seconds * SECOND_MS);
});

describe("a read that failed", () => {
  it.each([
    [0, 2],
    [1, 4],
    [4, 32],
    [5, 60],
    [500, 60],
  ])("after %d before it is made again in %d s", (misses, seconds) => {
    const running = enterStep(fresh, "one", 5);
    const { job } = missedRead(withWork(running, { misses }), makeFault({ class: "rate_limited", message: "429" }));
    expect(job.runAfterMs).toBe(nowMs + seconds * SECOND_MS);
    expect(job.work).toMatchObject({ misses: misses + 1, lastFailure: { reason: "rate_limited" } });
    expect(job.steps[0]?.detail).toBe("429; trying again");
    expect(job.attemptCount).toBe(running.job.attemptCount);
  });
});

describe("another attempt", () => {
  const codes = Object.keys(jobErrorRetried).filter((code): code is JobErrorCode => code in jobErrorRetried);
  const failureWith = (code: JobErrorCode): Failure => ({ code, reason: null, message: "Why", guidance: [] });
  const attempt = (attemptCount: number) =>
    makeState({ nowMs, job: { ...enterStep(fresh, "one", 5).job, attemptCount } });

  it.each(codes)("after %s only if the contract says that it is retried", (code) => {
    expect(nextAttempt(attempt(1), failureWith(code), 5) !== undefined).toBe(jobErrorRetried[code]);
  });

  it.each([
    [1, 1],
    [2, 5],
  ])("after number %d comes in %d min, with a whole deadline of its own", (attemptCount, minutes) => {
    const move = nextAttempt(attempt(attemptCount), failureWith("PROVIDER_API_ERROR"), 15);
    expect(move?.job).toMatchObject({ attemptCount: attemptCount + 1, runAfterMs: nowMs + minutes * MINUTE_MS });
    expect(move?.job.work).toMatchObject({
      stepDeadlineAtMs: nowMs + (minutes + 15) * MINUTE_MS,
      misses: 0,
      lastFailure: null,
    });
    expect(move?.job.steps[0]?.detail).toBe(`Attempt ${attemptCount} of 3 ended: Why`);
  });

  it("is not made after the third", () => {
    expect(nextAttempt(attempt(3), failureWith("PROVIDER_API_ERROR"), 5)).toBeUndefined();
  });
});
