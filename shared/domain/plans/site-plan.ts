/**
 * The engine of site plans: steps in their order; on failure or cancel the way back, step by step; then the end. A plan
 * gives the steps and says what its ends leave behind.
 */
import { type ProviderFault, runFailure } from "../failure.ts";
import type { Failure, JobRecord } from "../job.ts";
import { type EnvironmentRecord, isResting, siteStatusOf } from "../site.ts";
import {
  atProgress,
  closeSteps,
  completeStep,
  currentStep,
  enterStep,
  MINUTE_MS,
  moveOn,
  nextAttempt,
  noteStep,
  pendingStep,
  SECOND_MS,
  stepIsOverdue,
  withJob,
  withNode,
  withWork,
} from "./moves.ts";
import type { Facts, Move, Needs, Plan, State, Subject, WriteOutcome, Written } from "./plan.ts";
import { absorbRunChange, runIdOf } from "./playbook-step.ts";
import type { Step, StepResult } from "./step.ts";

/** A site job's state: there is always something that it is about. */
export interface SiteStep {
  readonly decide: Step;
  needs(state: State): Needs;
  /** What follows from the outcome of a write of this step; absent: only look again. */
  absorb?(state: State, written: Written): State;
  readonly minutes: number;
  /** Progress at which it begins; not used on the way back. */
  readonly progress: number;
  /** From here on the job can no longer be cancelled. That is settled, in a look of its own, before the step begins. */
  readonly final?: true;
  /** What the job is about is done before: a failure of this step is noted at it, and the job goes on. */
  readonly optional?: true;
  /** On the way back: is this step part of it? Absent: always. */
  when?(state: State, ending: Ending): boolean;
}

type Steps = Readonly<Record<string, SiteStep>>;
export type Ending = NonNullable<JobRecord["work"]["ending"]>;

export interface SitePlan {
  readonly steps: Steps;
  /** The way back after a failure or a cancel; each is tried to its deadline, and the next follows whatever came of it. */
  readonly undo: Steps;
  readonly totalMinutes: number;
  /** What success leaves behind. */
  succeeded(state: State): Move;
  /** What failure or cancel leaves behind, once the way back has been gone. `undone`: all of its steps succeeded. */
  ended(state: State, ending: Ending, undone: boolean): Move;
}

/** @throws TypeError for a node's job: a site plan was given the wrong one */
export const subjectOf = (state: State): Subject => {
  if (state.subject === undefined) throw new TypeError(`job ${state.job.id} is about no site`);
  return state.subject;
};

export const withSubject = <S extends State>(state: S, change: Partial<Subject>): S => ({
  ...state,
  subject: { ...subjectOf(state), ...change },
});

/** The job has ended: node and site are free for the next one, and a backup that is not complete never will be. */
export const freed = <S extends State>(state: S): S => {
  const { site, made } = subjectOf(state);
  const free = withNode(state, { openJobId: null, updatedAtMs: state.nowMs });
  return withSubject(free, {
    site: { ...site, openJobId: null, updatedAtMs: state.nowMs },
    made: made && made.status !== "completed" ? { ...made, status: "failed" } : made,
  });
};

/**
 * The environments that the job was changing come to rest, and the site with them. `unchanged`: as they were before the
 * job. One that the job left in service all the while (a backup, a drill) stays as it is.
 */
export const atRest = <S extends State>(state: S, how: "active" | "failed" | "unchanged"): S => {
  const { site, environment, others } = subjectOf(state);
  const { statusesBefore } = state.job;
  const rest = (one: EnvironmentRecord): EnvironmentRecord => {
    if (isResting(one.status)) return one;
    const status = how === "unchanged" ? (statusesBefore[one.id] ?? "failed") : how;
    return { ...one, status, updatedAtMs: state.nowMs };
  };
  const after = { environment: rest(environment), others: others.map(rest) };
  const status = siteStatusOf(site, [after.environment, ...after.others]);
  return withSubject(state, { ...after, site: { ...site, status } });
};

export const sitePlan = (plan: SitePlan): Plan => ({
  steps: Object.keys(plan.steps),
  totalMinutes: plan.totalMinutes,
  needs: (state) => needs(plan, state),
  decide: (facts) => decide(plan, facts),
  absorb: (state, outcome) => absorb(plan, state, outcome),
});

/** @throws TypeError when the job has a step that its plan does not know: it was made by another version */
const stepOf = (plan: SitePlan, { job }: State): { name: string; step: SiteStep } | undefined => {
  const name = currentStep(job)?.name;
  if (name === undefined) return undefined;
  const step = job.work.ending ? plan.undo[name] : plan.steps[name];
  if (step === undefined) throw new TypeError(`the plan of a ${job.jobType} has no step ${name}`);
  return { name, step };
};

const stopReason = ({ job, nowMs }: State): Ending | null => {
  if (job.cancelRequestedAtMs !== null && job.finalAtMs === null) return { status: "cancelled", failure: null };
  if (nowMs < job.deadlineAtMs) return null;
  const at = job.work.lastFailure?.message ?? `The total time ran out in step ${currentStep(job)?.name}`;
  return { status: "failed", failure: runFailure("site_timeout", at) };
};

const needs = (plan: SitePlan, state: State): Needs => {
  const { work } = state.job;
  if (!work.ending && stopReason(state) !== null) return {};
  return stepOf(plan, state)?.step.needs(state) ?? {};
};

const decide = (plan: SitePlan, facts: Facts): Move => {
  const { job, nowMs } = facts;
  const running = { status: "running", startedAtMs: job.startedAtMs ?? nowMs } as const;
  const started = withJob(facts, { ...running, attemptCount: Math.max(1, job.attemptCount) });
  if (job.work.ending) return decideStep(plan, started);
  const stop = stopReason(started);
  if (stop === null) return decideStep(plan, started);
  const { failure } = stop;
  return failure === null ? turnBack(plan, started, stop) : turnBackOrOn(plan, started, { state: started, failure });
};

const decideStep = (plan: SitePlan, facts: Facts): Move => {
  const found = stepOf(plan, facts);
  if (found === undefined) return finish(plan, facts);
  const { name, step } = found;
  if (step.final && facts.job.finalAtMs === null) return moveOn(withJob(facts, { finalAtMs: facts.nowMs }), 0);
  const entered = enterStep(facts, name, step.minutes);
  const ready = facts.job.work.ending ? entered : atProgress(entered, step.progress);
  return carryOut(plan, ready, step.decide(ready));
};

const finish = (plan: SitePlan, state: State): Move => {
  const { ending } = state.job.work;
  if (ending === null) {
    const done = withJob(atProgress(state, 100), { status: "succeeded", finishedAtMs: state.nowMs });
    return plan.succeeded(freed(done));
  }
  const undone = state.job.steps.every(({ name, status }) => !(name in plan.undo) || status === "succeeded");
  const over = withJob(state, { status: ending.status, finishedAtMs: state.nowMs, failure: ending.failure });
  return plan.ended(freed(over), ending, undone);
};

const carryOut = (plan: SitePlan, facts: Facts, result: StepResult): Move => {
  const { state } = result;
  const name = currentStep(state.job)?.name ?? "";
  switch (result.kind) {
    case "done":
      return decideStep(plan, unread(facts, completeStep(state, name, result.detail)));
    case "unread":
      return facts.blocked === null ? moveOn(state, 0) : carryOut(plan, facts, barred(state, facts.blocked));
    case "write":
      return stepIsOverdue(state)
        ? endStep(plan, facts, { state, failure: state.job.work.lastFailure ?? tooLong(state) })
        : { ...moveOn(state, result.waitMs), write: result.write };
    case "wait":
      return stepIsOverdue(state)
        ? endStep(plan, facts, { state, failure: state.job.work.lastFailure ?? result.overdue })
        : moveOn(state, result.waitMs);
    case "missed":
      throw new TypeError("a site's job asks nothing of the provider");
    case "attempt_failed":
      return retryOrTurnBack(plan, facts, { state, failure: stoppedByUs(state, result.failure) });
    case "failed":
      return turnBackOrOn(plan, facts, { state, failure: result.failure });
  }
};

/** What was read for one step (a run, an object) says nothing about the next. */
const unread = ({ blocked }: Facts, state: State): Facts => {
  const { nowMs, job, node, subject } = state;
  return { nowMs, job, node, blocked, ...(subject === undefined ? {} : { subject }) };
};

/** The connection that holds the login key cannot be used: nothing can be seen of the node. */
const barred = (state: State, { message }: ProviderFault): StepResult => {
  const overdue = runFailure("unreachable", message);
  return { kind: "wait", state: noteStep(state, message), waitMs: MINUTE_MS / 2, overdue };
};

interface Failed {
  readonly state: State;
  readonly failure: Failure;
}

const tooLong = (state: State): Failure =>
  runFailure("timeout", `The step ${currentStep(state.job)?.name} did not end in its time`);

/** How long after its step's time a run may be in being stopped. */
const STOP_MS = 5 * MINUTE_MS;

/** The step's time is over. A run of it that still goes on is stopped first: another must not begin beside it. */
const endStep = (plan: SitePlan, facts: Facts, failed: Failed): Move => {
  const { state } = failed;
  const name = currentStep(state.job)?.name ?? "";
  const isRunning = facts.run?.reached === true && facts.run.state === "running";
  if (!isRunning || name in plan.undo) return retryOrTurnBack(plan, facts, failed);
  if (state.nowMs >= state.job.work.stepDeadlineAtMs + STOP_MS) {
    return turnBackOrOn(plan, facts, failed);
  }
  const noted = noteStep(state, "Its time is over; it is being stopped");
  return { ...moveOn(noted, 2 * SECOND_MS), write: { kind: "stop_run", runId: runIdOf(state, name) } };
};

/** What was cut off after its time was cut off because of it. */
const stoppedByUs = (state: State, failure: Failure): Failure =>
  failure.reason === "interrupted" && stepIsOverdue(state) ? tooLong(state) : failure;

const retryOrTurnBack = (plan: SitePlan, facts: Facts, failed: Failed): Move => {
  const { state, failure } = failed;
  const minutes = stepOf(plan, state)?.step.minutes ?? 0;
  const again = state.job.work.ending ? undefined : nextAttempt(state, failure, minutes);
  return again ?? turnBackOrOn(plan, facts, failed);
};

/** On the way back, and where a step is optional, a failure is noted and the next step follows. */
const turnBackOrOn = (plan: SitePlan, facts: Facts, { state, failure }: Failed): Move => {
  const goesOn = state.job.work.ending !== null || stepOf(plan, state)?.step.optional === true;
  if (!goesOn) return turnBack(plan, state, { status: "failed", failure });
  const steps = state.job.steps.map((step) =>
    step.status === "running"
      ? { ...step, status: "failed" as const, finishedAtMs: state.nowMs, detail: failure.message }
      : step,
  );
  return decideStep(plan, unread(facts, withWork(withJob(state, { steps }), { lastFailure: failure })));
};

/** The job will not succeed any more: the steps of the way back follow, then its end. */
const turnBack = (plan: SitePlan, state: State, ending: Ending): Move => {
  const how = ending.status === "failed" ? "failed" : "skipped";
  const closed = closeSteps(state, how, ending.failure?.message ?? "Cancelled");
  const turned = withWork(closed, { ending, misses: 0, lastFailure: null });
  const isPart = ({ when }: SiteStep): boolean => when?.(state, ending) ?? true;
  const back = Object.entries(plan.undo).flatMap(([name, step]) => (isPart(step) ? [pendingStep(name)] : []));
  const steps = [...turned.job.steps, ...back];
  return moveOn(withJob(turned, { steps, failure: ending.failure }), 0);
};

const absorb = (plan: SitePlan, state: State, outcome: WriteOutcome): Move => {
  if (!outcome.ok) return moveOn(state, 5 * SECOND_MS);
  const written = outcome.value;
  const absorbed = written.kind === "change_run" ? absorbRunChange(state, written.complaint) : state;
  const after = stepOf(plan, state)?.step.absorb?.(absorbed, written) ?? absorbed;
  return moveOn(after, Math.max(0, (state.job.runAfterMs ?? 0) - state.nowMs));
};

/** A cancel that could not take back all of it is a failure: something is left, and somebody must see to it. */
export const notTakenBack = (state: State): State => {
  const { steps, work } = state.job;
  const detail = steps.findLast(({ status }) => status === "failed")?.detail ?? "it is not known what is left";
  const { message, ...failure } = work.lastFailure ?? runFailure("unreachable", detail);
  return withJob(state, {
    status: "failed",
    failure: { ...failure, message: `The job was cancelled, but what it had made could not be removed: ${message}` },
  });
};
