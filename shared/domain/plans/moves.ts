/** The small moves that plans are made of: enter and complete a step, wait, miss, end an attempt. */
import { jobErrorRetried } from "../../../contracts/errors.ts";
import { failureOfFault, type ProviderFault } from "../failure.ts";
import type { Failure, JobRecord, JobWork, StepRecord } from "../job.ts";
import type { NodeRecord } from "../node.ts";
import type { Move, State } from "./plan.ts";

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;

const BACKOFF_MINUTES = [1, 5];
const MISS_WAIT_MAX_MS = 60 * SECOND_MS;

/** The state with some of the job's working memory changed. */
export const withWork = <S extends State>(state: S, work: Partial<JobWork>): S => ({
  ...state,
  job: { ...state.job, work: { ...state.job.work, ...work } },
});

export const withNode = <S extends State>(state: S, node: Partial<NodeRecord>): S => ({
  ...state,
  node: { ...state.node, ...node },
});

export const withJob = <S extends State>(state: S, job: Partial<JobRecord>): S => ({
  ...state,
  job: { ...state.job, ...job },
});

/** Settle as it is and look again in `waitMs`. */
export const moveOn = (state: State, waitMs: number): Move => ({
  job: { ...state.job, runAfterMs: state.nowMs + Math.max(0, Math.ceil(waitMs)), updatedAtMs: state.nowMs },
  node: state.node,
  ...(state.subject === undefined ? {} : { subject: state.subject }),
});

/** The first step that is not over. Plans run their steps in order. */
export const currentStep = (job: JobRecord): StepRecord | undefined =>
  job.steps.find((step) => step.status === "pending" || step.status === "running");

export const pendingStep = (name: string): StepRecord => ({
  name,
  status: "pending",
  startedAtMs: null,
  finishedAtMs: null,
  detail: null,
});

const withStep = <S extends State>(state: S, name: string, change: Partial<StepRecord>): S =>
  withJob(state, {
    steps: state.job.steps.map((step) =>
      step.name === name && step.status !== "succeeded" ? { ...step, ...change } : step,
    ),
  });

/** Marks a pending step running and starts its clock. */
export const enterStep = <S extends State>(state: S, name: string, deadlineMinutes: number): S => {
  const step = state.job.steps.find((candidate) => candidate.name === name);
  if (step?.status !== "pending") return state;
  const entered = withStep(state, name, { status: "running", startedAtMs: state.nowMs });
  return withWork(entered, {
    stepDeadlineAtMs: state.nowMs + deadlineMinutes * MINUTE_MS,
    misses: 0,
    lastFailure: null,
  });
};

export const completeStep = <S extends State>(state: S, name: string, detail: string): S =>
  withStep(state, name, {
    status: "succeeded",
    startedAtMs: state.job.steps.find((step) => step.name === name)?.startedAtMs ?? state.nowMs,
    finishedAtMs: state.nowMs,
    detail,
  });

export const noteStep = <S extends State>(state: S, detail: string): S => {
  const step = currentStep(state.job);
  return step === undefined ? state : withStep(state, step.name, { detail });
};

/** Progress only grows. */
export const atProgress = <S extends State>(state: S, percent: number): S =>
  withJob(state, { progress: Math.max(state.job.progress, Math.min(100, Math.round(percent))) });

/** Ends what is running and skips what is pending: no further step of the plan will run. */
export const closeSteps = <S extends State>(state: S, how: "failed" | "skipped", detail: string): S =>
  withJob(state, {
    steps: state.job.steps.map((step): StepRecord => {
      if (step.status === "running") return { ...step, status: how, finishedAtMs: state.nowMs, detail };
      return step.status === "pending" ? { ...step, status: "skipped" } : step;
    }),
  });

/** How long to wait for something that is in progress, by how long it has been: often at first, then calmer. */
export const pollWaitMs = (sinceMs: number): number => {
  if (sinceMs < 10 * SECOND_MS) return 2 * SECOND_MS;
  if (sinceMs < 60 * SECOND_MS) return 3 * SECOND_MS;
  return sinceMs < 180 * SECOND_MS ? 5 * SECOND_MS : 15 * SECOND_MS;
};

/** Time in the current step, in milliseconds. */
export const sinceStepMs = (state: State): number => state.nowMs - (currentStep(state.job)?.startedAtMs ?? state.nowMs);

/** A look that found nothing because a read failed: no attempt, only a longer wait, and the reason is kept. */
export const missedRead = (state: State, fault: ProviderFault): Move => {
  const failure = failureOfFault(fault);
  const misses = state.job.work.misses + 1;
  const waitMs = Math.min(MISS_WAIT_MAX_MS, 2 ** Math.min(misses, 6) * SECOND_MS);
  return moveOn(
    noteStep(withWork(state, { misses, lastFailure: failure }), `${failure.message}; trying again`),
    waitMs,
  );
};

export const stepIsOverdue = (state: State): boolean => state.nowMs >= state.job.work.stepDeadlineAtMs;

/** Another attempt at the same step, after its back-off; undefined when the failure or the attempts allow none. */
export const nextAttempt = (state: State, failure: Failure, stepMinutes: number): Move | undefined => {
  const { attemptCount, maxAttempts } = state.job;
  if (!jobErrorRetried[failure.code] || attemptCount >= maxAttempts) return undefined;
  const waitMs = (BACKOFF_MINUTES[attemptCount - 1] ?? 5) * MINUTE_MS;
  const detail = `Attempt ${attemptCount} of ${maxAttempts} ended: ${failure.message}`;
  const retried = withJob(noteStep(state, detail), { attemptCount: attemptCount + 1 });
  const stepDeadlineAtMs = state.nowMs + waitMs + stepMinutes * MINUTE_MS;
  return moveOn(withWork(retried, { stepDeadlineAtMs, misses: 0, lastFailure: null }), waitMs);
};
