/** `node_provision`: key, server, actions, address, SSH, first boot, a host key of its own, hand-over; and the way back when it cannot be. */
import { failureOfFault, faultPasses, nodeFailure, type ProviderFault, releaseFailure } from "../failure.ts";
import type { Failure } from "../job.ts";
import { awaitActions, fetchServer, managedKey, orderServer } from "./acquire-steps.ts";
import { isUnresolved, made, refused } from "./create-server.ts";
import { connectSsh, firstBoot, handOver } from "./host-steps.ts";
import { INSTALL_RUNTIME, INSTALL_RUNTIME_MINUTES, installRuntime } from "./install-runtime.ts";
import {
  atProgress,
  closeSteps,
  completeStep,
  currentStep,
  enterStep,
  missedRead,
  moveOn,
  nextAttempt,
  noteStep,
  pollWaitMs,
  SECOND_MS,
  sinceStepMs,
  stepIsOverdue,
  withJob,
  withNode,
  withWork,
} from "./moves.ts";
import type { Facts, Move, Needs, Plan, State, WriteOutcome } from "./plan.ts";
import { absorbRunChange, runIdOf } from "./playbook-step.ts";
import {
  absorbDelete,
  type Blocked,
  beginRelease,
  decideRelease,
  hasServer,
  owedTombstone,
  type ReleaseEnds,
  releaseNeeds,
} from "./release-server.ts";
import { absorbHostKeyChange, rotateHostKey } from "./rotate-host-key.ts";
import type { Step, StepResult } from "./step.ts";

/** The steps in their order: what decides, the time one attempt may take, the progress at which it begins. */
const steps = {
  managed_key: { decide: managedKey, minutes: 5, progress: 2 },
  create_server: { decide: orderServer, minutes: 5, progress: 5 },
  await_actions: { decide: awaitActions, minutes: 15, progress: 10 },
  fetch_server: { decide: fetchServer, minutes: 5, progress: 60 },
  connect_ssh: { decide: connectSsh, minutes: 10, progress: 65 },
  cloud_init: { decide: firstBoot, minutes: 10, progress: 80 },
  rotate_host_key: { decide: rotateHostKey, minutes: 10, progress: 88 },
  install_runtime: { decide: installRuntime, minutes: INSTALL_RUNTIME_MINUTES, progress: 90 },
  hand_over: { decide: handOver, minutes: 5, progress: 98 },
} as const satisfies Record<string, { decide: Step; minutes: number; progress: number }>;
type StepName = keyof typeof steps;
const isStep = (name: string | undefined): name is StepName => name !== undefined && Object.hasOwn(steps, name);

/** The step that is under way; undefined when all are over. */
const stepOf = ({ job }: State): StepName | undefined => {
  const name = currentStep(job)?.name;
  return isStep(name) ? name : undefined;
};

const needs = (state: State): Needs => {
  const { work } = state.job;
  if (work.ending) return releaseNeeds(state);
  if (mustEnd(state)) return {};
  switch (stepOf(state)) {
    case "managed_key":
      return { managedKey: true, hostKey: true };
    case "create_server":
      return isUnresolved(work.create) ? { lookup: { name: work.create.name }, hostKey: true } : { hostKey: true };
    case "await_actions":
      return { actionIds: work.actionIds };
    case "fetch_server":
      return work.serverId === null ? {} : { serverId: work.serverId };
    case "connect_ssh":
    case "cloud_init":
    case "rotate_host_key":
    case "hand_over":
      return { host: true, ...serverNeeds(state) };
    case "install_runtime":
      return { run: runIdOf(state, INSTALL_RUNTIME), wordpress: true, ...serverNeeds(state) };
    case undefined:
      return {};
  }
};

/** A silent host may be a deleted server: every fourth silent look asks Hetzner as well. */
const serverNeeds = ({ job: { work } }: State): Needs =>
  work.serverId !== null && work.misses % 4 === 3 ? { serverId: work.serverId } : {};

const mustEnd = ({ job, nowMs }: State): boolean => job.cancelRequestedAtMs !== null || nowMs >= job.deadlineAtMs;

const decide = (facts: Facts): Move => {
  const started = start(facts);
  const { job, nowMs, blocked } = started;
  if (job.work.ending) return decideRelease(started, ends);
  if (job.cancelRequestedAtMs !== null) return end(started, "cancelled", null);
  if (nowMs >= job.deadlineAtMs) return end(started, "failed", timedOut(started));
  if (blocked) return end(started, "failed", failureOfFault(blocked));
  return decideStep(started);
};

const start = (facts: Facts): Facts => {
  const { job, nowMs } = facts;
  const running = { status: "running", startedAtMs: job.startedAtMs ?? nowMs } as const;
  return withJob(facts, { ...running, attemptCount: Math.max(1, job.attemptCount) });
};

const timedOut = (state: State): Failure =>
  nodeFailure("job_timeout", state.job.work.lastFailure?.message ?? `The total time ran out in step ${stepOf(state)}`);

const decideStep = (facts: Facts): Move => {
  const name = stepOf(facts);
  if (name === undefined) return succeed(facts);
  const { decide: judge, minutes, progress } = steps[name];
  const entered = atProgress(enterStep(facts, name, minutes), progress);
  return carryOut(entered, name, judge(entered));
};

/** From a step's result to the move: here are the deadlines, the attempts and the way back. */
const carryOut = (facts: Facts, name: StepName, result: StepResult): Move => {
  const { state } = result;
  switch (result.kind) {
    case "done":
      return decideStep({ ...facts, ...completeStep(state, name, result.detail) });
    case "unread":
      return moveOn(state, 0);
    case "write":
      return { ...moveOn(state, result.waitMs), write: result.write };
    case "wait":
      return stepIsOverdue(state)
        ? retryOrEnd(state, state.job.work.lastFailure ?? result.overdue)
        : moveOn(state, result.waitMs);
    case "missed":
      return missOrEnd(state, result.fault);
    case "attempt_failed":
      return retryOrEnd(state, result.failure);
    case "failed":
      return end(state, "failed", result.failure);
  }
};

const succeed = (state: State): Move => {
  const { create } = state.job.work;
  const openCreate = create && create.openSends > 0 ? { sentAtMs: create.sentAtMs, openSends: create.openSends } : null;
  const free = withNode(state, { openCreate, openJobId: null, updatedAtMs: state.nowMs });
  return moveOn(withJob(atProgress(free, 100), { status: "succeeded", finishedAtMs: state.nowMs }), 0);
};

/** A fault that passes is waited out up to the step's deadline; any other will not get better by waiting. */
const missOrEnd = (state: State, fault: ProviderFault): Move => {
  const failure = failureOfFault(fault);
  if (!faultPasses(fault) && !isKeyRace(state, fault)) return end(state, "failed", failure);
  return stepIsOverdue(state)
    ? retryOrEnd(withWork(state, { lastFailure: failure }), failure)
    : missedRead(state, fault);
};

/** Somebody registered the very key meanwhile: the next look finds it. */
const isKeyRace = (state: State, fault: ProviderFault): boolean =>
  fault.class === "conflict" && stepOf(state) === "managed_key";

const retryOrEnd = (state: State, failure: Failure): Move =>
  nextAttempt(state, failure, steps[stepOf(state) ?? "hand_over"].minutes) ?? end(state, "failed", failure);

const absorb = (state: State, outcome: WriteOutcome): Move => {
  if (state.job.work.ending) return absorbDelete(state, outcome, ends);
  if (!outcome.ok) return absorbFault(state, outcome.fault);
  const { create } = state.job.work;
  switch (outcome.value.kind) {
    case "register_key": {
      const known = withWork(state, { sshKeyId: outcome.value.keyId });
      return moveOn(completeStep(known, "managed_key", "Put Pressluft's SSH key into the project"), 0);
    }
    case "create_server":
      return create === null ? moveOn(state, 0) : moveOn(made(state, create, outcome.value), 2 * SECOND_MS);
    case "power_on":
      return moveOn(noteStep(state, "The server was off; it is being powered on"), 5 * SECOND_MS);
    case "change_host_key":
      return absorbHostKeyChange(state, outcome.value.complaint);
    case "change_run":
      return moveOn(absorbRunChange(state, outcome.value.complaint), pollWaitMs(sinceStepMs(state)));
    case "open_upload":
    case "close_upload":
    case "delete_server":
      return moveOn(state, 0);
  }
};

const absorbFault = (state: State, fault: ProviderFault): Move => {
  const { create } = state.job.work;
  if (stepOf(state) !== "create_server" || create === null) return missOrEnd(state, fault);
  const { state: after, kind, failure } = refused(state, create, fault);
  if (kind === "look_up") return moveOn(after, 0);
  return kind === "wait" ? missedRead(after, fault) : retryOrEnd(after, failure);
};

/** The job will not succeed any more. Whatever it made is removed first; then it ends as said here. */
const end = (state: State, status: "failed" | "cancelled", failure: Failure | null): Move => {
  const closed = closeSteps(state, status === "failed" ? "failed" : "skipped", failure?.message ?? "Cancelled");
  const ending = withWork(withJob(closed, { failure }), { ending: { status, failure } });
  return hasServer(ending.job) ? moveOn(beginRelease(ending), 0) : ends.gone(ending);
};

const finish = (state: State, node: Partial<State["node"]>): State => {
  const status = state.job.work.ending?.status ?? "failed";
  const ended = withJob(state, { status, finishedAtMs: state.nowMs });
  return withNode(ended, { ...node, openJobId: null, updatedAtMs: state.nowMs });
};

/** The failure stays what it was; what to do about the server that is left is said too. */
const withReleaseGuidance = (state: State, why: Blocked): State => {
  const { failure } = state.job;
  if (failure === null) return state;
  const { guidance } = releaseFailure(why.reason, why.message);
  return withJob(state, { failure: { ...failure, guidance: [...failure.guidance, ...guidance] } });
};

const ends: ReleaseEnds = {
  gone: (state) => {
    const owed = owedTombstone(state);
    if (owed) return { ...moveOn(finish(state, { serverState: "unknown" }), 0), tombstone: owed };
    const serverState = state.job.work.serverId === null ? "none" : "gone";
    return { ...moveOn(finish(state, { status: "decommissioned", serverState }), 0), freeName: true };
  },
  blocked: (state, why, tombstone) => {
    const stopped = withReleaseGuidance(closeSteps(state, "failed", why.message), why);
    const serverState = tombstone.serverId === null ? "unknown" : "still_billing";
    return { ...moveOn(finish(stopped, { serverState, deletionBlockedReason: why.reason }), 0), tombstone };
  },
};

export const nodeProvision: Plan = { steps: Object.keys(steps), totalMinutes: 120, needs, decide, absorb };
