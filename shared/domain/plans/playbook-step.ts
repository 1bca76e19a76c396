/** A step that is one playbook run on the node: started once, looked at until it has ended, its end judged. */
import type * as z from "zod";
import { runFailure } from "../failure.ts";
import type { RunOrder } from "../playbooks.ts";
import { noteStep, pollWaitMs, SECOND_MS, sinceStepMs, stepIsOverdue, withJob, withWork } from "./moves.ts";
import type { Facts, RunFacts, State } from "./plan.ts";
import { judgeExit } from "./run-exit.ts";
import type { Step, StepResult } from "./step.ts";

type Reached = Extract<RunFacts, { reached: true }>;

export interface PlaybookStep<R> {
  /** The step's name in its plan: part of the run's id. */
  readonly name: string;
  /** What the playbook answers. */
  readonly result: z.ZodType<R>;
  /** What to run under this id; undefined while something for it was not read in this look. */
  order(facts: Facts, id: string): RunOrder | undefined;
  /** What follows from its success. */
  done(facts: Facts, result: R): StepResult;
  /** It runs and asks for something; absent or undefined: nothing to give. */
  give?(facts: Facts, need: unknown): StepResult | undefined;
}

/** The id of a step's run in this attempt: the same in every look, so that a run is never started twice. */
export const runIdOf = ({ job }: State, step: string): string => `${job.id}-${step}-${Math.max(1, job.attemptCount)}`;

export const playbookStep =
  <R>(spec: PlaybookStep<R>): Step =>
  (facts) => {
    const { run } = facts;
    if (run === undefined) return { kind: "unread", state: facts };
    return run.reached ? judge(spec, reached(facts, run), run) : silent(facts, run.reason);
  };

/** Once the run is there, what kept it from being reached or started is over. */
const reached = (facts: Facts, { state }: Reached): Facts =>
  withWork(facts, state === "absent" || state === "prepared" ? { misses: 0 } : { misses: 0, lastFailure: null });

const silent = (facts: Facts, reason: string): StepResult => {
  const failure = runFailure("unreachable", `SSH to the node does not answer (${reason})`);
  const state = noteStep(withWork(facts, { misses: facts.job.work.misses + 1, lastFailure: failure }), failure.message);
  return { kind: "wait", state, waitMs: pollWaitMs(sinceStepMs(state)), overdue: failure };
};

const judge = <R>(spec: PlaybookStep<R>, facts: Facts, run: Reached): StepResult => {
  switch (run.state) {
    case "absent":
    case "prepared":
      return start(spec, facts);
    case "running":
      return spec.give && run.need !== null ? (spec.give(facts, run.need) ?? waitFor(facts, run)) : waitFor(facts, run);
    case "interrupted":
      return { kind: "attempt_failed", state: withLog(facts, run), failure: runFailure("interrupted", cutOff(run)) };
    case "ended":
      return judgeEnd(spec, facts, run);
  }
};

/** What follows from a change of a run: what it complained of is kept, for the step's deadline; the next look decides. */
export const absorbRunChange = <S extends State>(state: S, complaint: string | null): S => {
  if (complaint === null) return withWork(state, { lastFailure: null });
  const failure = runFailure("unexpected_error", complaint);
  return noteStep(withWork(state, { lastFailure: failure }), `${complaint}; trying again`);
};

const cutOff = ({ task }: Reached): string =>
  `The playbook was cut off on the node${task === null ? "" : ` at the task "${task}"`}`;

const start = <R>(spec: PlaybookStep<R>, facts: Facts): StepResult => {
  if (stepIsOverdue(facts)) {
    const failure = facts.job.work.lastFailure ?? runFailure("timeout", "The playbook was not started in time");
    return { kind: "attempt_failed", state: facts, failure };
  }
  const order = spec.order(facts, runIdOf(facts, spec.name));
  if (order === undefined) return { kind: "unread", state: facts };
  const state = noteStep(facts, `Starting ${order.playbook} on the node`);
  return { kind: "write", state, write: { kind: "start_run", order }, waitMs: pollWaitMs(sinceStepMs(facts)) };
};

const waitFor = (facts: Facts, { task, progress }: Reached): StepResult => {
  const state = task === null ? facts : noteStep(facts, progress === null ? task : `${task}: ${progress}`);
  const overdue = runFailure("timeout", `The playbook still runs${task === null ? "" : ` at the task "${task}"`}`);
  return { kind: "wait", state, waitMs: pollWaitMs(sinceStepMs(facts)), overdue };
};

const judgeEnd = <R>(spec: PlaybookStep<R>, facts: Facts, run: Reached): StepResult => {
  const judged = judgeExit(run);
  if (judged !== null) {
    const state = withLog(facts, run);
    const { failure, retried } = judged;
    return retried ? { kind: "attempt_failed", state, failure } : { kind: "failed", state, failure };
  }
  const parsed = spec.result.safeParse(run.result);
  if (parsed.success) return spec.done(facts, parsed.data);
  const failure = runFailure("unexpected_error", "The playbook succeeded but its result cannot be understood");
  return { kind: "failed", state: withLog(facts, run), failure };
};

const withLog = <S extends State>(state: S, run: Reached): S => withJob(state, { logTail: [...run.tail] });

/** On the way back: ends the run of the step `name` if it still goes on. A node that does not answer is waited for. */
export const stopStep =
  (name: string): Step =>
  (facts) => {
    const { run } = facts;
    if (run === undefined) return { kind: "unread", state: facts };
    if (!run.reached) return silent(facts, run.reason);
    if (run.state !== "running" && run.state !== "prepared") {
      return { kind: "done", state: facts, detail: "Nothing of it runs on the node any more" };
    }
    const write = { kind: "stop_run", runId: runIdOf(facts, name) } as const;
    return { kind: "write", state: facts, write, waitMs: SECOND_MS };
  };
