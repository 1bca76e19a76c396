/** `node_provision`: key, server, actions, address, SSH, first boot, hand-over; and the way back when it cannot be. */
import { failureOfFault, faultPasses, nodeFailure, type ProviderFault } from "../failure.ts";
import type { Failure } from "../job.ts";
import {
  adopted,
  canSend,
  isUnresolved,
  made,
  neverSeen,
  refused,
  sendCreate,
  sight,
  withoutServer,
} from "./create-server.ts";
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
import type { ActionsFacts, Facts, Move, Needs, Plan, ServerFacts, State, WriteOutcome } from "./plan.ts";
import {
  absorbDelete,
  type Blocked,
  beginRelease,
  decideRelease,
  hasServer,
  type ReleaseEnds,
  releaseNeeds,
} from "./release-server.ts";

/** The steps in their order, with their deadlines in minutes and the progress at which each begins. */
const steps = {
  managed_key: { minutes: 5, progress: 2 },
  create_server: { minutes: 5, progress: 5 },
  await_actions: { minutes: 15, progress: 10 },
  fetch_server: { minutes: 5, progress: 60 },
  connect_ssh: { minutes: 10, progress: 65 },
  cloud_init: { minutes: 10, progress: 80 },
  hand_over: { minutes: 5, progress: 95 },
} as const;
type StepName = keyof typeof steps;
const isStep = (name: string | undefined): name is StepName => name !== undefined && Object.hasOwn(steps, name);

const stepOf = (state: State): StepName => {
  const name = currentStep(state.job)?.name;
  return isStep(name) ? name : "hand_over";
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
    case "hand_over":
      return looksForServerToo(state) ? { host: true, serverId: work.serverId ?? 0 } : { host: true };
  }
};

/** A silent host may be a deleted server: every fourth silent look asks Hetzner as well. */
const looksForServerToo = ({ job }: State): boolean => job.work.serverId !== null && job.work.misses % 4 === 3;

const mustEnd = ({ job, nowMs }: State): boolean => job.cancelRequestedAtMs !== null || nowMs >= job.deadlineAtMs;

const decide = (facts: Facts): Move => {
  const started = start(facts);
  if (started.job.work.ending) return decideRelease(started, ends);
  if (started.job.cancelRequestedAtMs !== null) return end(started, "cancelled", null);
  if (started.nowMs >= started.job.deadlineAtMs) return end(started, "failed", timedOut(started));
  if (started.blocked) return end(started, "failed", failureOfFault(started.blocked));
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
  const { minutes, progress } = steps[name];
  return deciders[name](atProgress(enterStep(facts, name, minutes), progress));
};

const next = (state: State, name: StepName, detail: string): Move => moveOn(completeStep(state, name, detail), 0);

/** Goes on in the same look: what the next step wants to see has been read already. */
const goOn = (facts: Facts, name: StepName, detail: string): Move => decideStep(completeStep(facts, name, detail));

/** A look without result: wait, or end the attempt when the step's time is over, with the last real reason. */
const waitOrRetry = (state: State, overdue: Failure, move: Move): Move =>
  stepIsOverdue(state) ? retryOrEnd(state, state.job.work.lastFailure ?? overdue) : move;

const retryOrEnd = (state: State, failure: Failure): Move =>
  nextAttempt(state, failure, steps[stepOf(state)].minutes) ?? end(state, "failed", failure);

const tooSlow = (what: string): Failure => nodeFailure("step_timeout", `${what} did not end in time`);

const readManagedKey = (facts: Facts): Move => {
  const { managedKey } = facts;
  if (managedKey === undefined) return moveOn(facts, 0);
  if (!managedKey.ok) return missOrEnd(facts, managedKey.fault);
  if (managedKey.value === null) return { ...moveOn(facts, 0), write: { kind: "register_key" } };
  const known = withWork(facts, { sshKeyId: managedKey.value.id });
  return goOn(known, "managed_key", "Pressluft's SSH key is in the project");
};

/** A fault that passes is waited out up to the step's deadline; any other will not get better by waiting. */
const missOrEnd = (state: State, fault: ProviderFault): Move => {
  const failure = failureOfFault(fault);
  if (!faultPasses(fault) && !isKeyRace(state, fault)) return end(state, "failed", failure);
  return waitOrRetry(withWork(state, { lastFailure: failure }), failure, missedRead(state, fault));
};

/** Somebody registered the very key meanwhile: the next look finds it. */
const isKeyRace = (state: State, fault: ProviderFault): boolean =>
  fault.class === "conflict" && stepOf(state) === "managed_key";

const decideCreate = (facts: Facts): Move => {
  const { create } = facts.job.work;
  if (!isUnresolved(create)) return send(facts);
  const seen = sight(facts, create, facts.lookup);
  switch (seen.kind) {
    case "ours":
      return moveOn(adopted(facts, create, seen.server.id), 0);
    case "foreign": {
      const message = `Server ${seen.server.id} in the Hetzner project is already called ${create.name}`;
      return end(withoutServer(facts, create), "failed", nodeFailure("name_conflict", message));
    }
    case "unseen":
      return moveOn(noteStep(facts, "Looking for the server: the answer to the order was lost"), seen.waitMs);
    case "never_seen":
      return canSend(create) ? send(facts) : end(facts, "failed", neverSeen(create));
    case "unread":
      return seen.fault === null ? moveOn(facts, 0) : unreadCreate(facts, seen.fault);
  }
};

/** A create that nobody can look up is not tried again by attempts: the release keeps looking, then leaves a tombstone. */
const unreadCreate = (facts: Facts, fault: ProviderFault): Move =>
  stepIsOverdue(facts) || !faultPasses(fault) ? end(facts, "failed", failureOfFault(fault)) : missedRead(facts, fault);

const send = (facts: Facts): Move => {
  const { sshKeyId, lastFailure } = facts.job.work;
  if (stepIsOverdue(facts)) return retryOrEnd(facts, lastFailure ?? tooSlow("Ordering the server"));
  if (facts.hostKey === undefined || sshKeyId === null) return moveOn(facts, 0);
  return sendCreate(facts, facts.hostKey, sshKeyId);
};

const decideActions = (facts: Facts): Move => {
  if (facts.job.work.actionIds.length === 0)
    return next(facts, "await_actions", "Hetzner has finished making the server");
  if (facts.actions === undefined) return moveOn(facts, 0);
  if (!facts.actions.ok) return missOrEnd(facts, facts.actions.fault);
  return judgeActions(facts, facts.actions.value);
};

const judgeActions = (facts: Facts, { found }: ActionsFacts): Move => {
  const failed = found.find((action) => action.fault !== null)?.fault;
  if (failed) return end(facts, "failed", failureOfFault(failed));
  const running = found.filter((action) => action.status === "running");
  if (running.length === 0)
    return next(withWork(facts, { actionIds: [] }), "await_actions", "Hetzner has made and started the server");
  const share =
    1 - running.reduce((sum, action) => sum + 1 - action.progress / 100, 0) / facts.job.work.actionIds.length;
  const seen = atProgress(
    withWork(facts, { misses: 0, lastFailure: null }),
    steps.await_actions.progress + 50 * Math.max(0, share),
  );
  return waitOrRetry(seen, tooSlow("Making the server"), moveOn(seen, pollWaitMs(sinceStepMs(seen))));
};

const decideServer = (facts: Facts): Move => {
  if (facts.server === undefined) return moveOn(facts, 0);
  if (!facts.server.ok) return missOrEnd(facts, facts.server.fault);
  const server = facts.server.value;
  if (server === null) return serverMissing(facts);
  const wait = waitOrRetry(
    facts,
    tooSlow(`Starting server ${server.id} (${server.status})`),
    moveOn(facts, pollWaitMs(sinceStepMs(facts))),
  );
  if (server.status === "off" && !stepIsOverdue(facts))
    return { ...wait, write: { kind: "power_on", serverId: server.id } };
  return server.status === "running" ? withAddress(facts, server) : wait;
};

const withAddress = (facts: Facts, server: ServerFacts): Move => {
  if (server.ipv4 === null)
    return end(facts, "failed", nodeFailure("no_address", `Server ${server.id} has no IPv4 address`));
  const addressed = withNode(facts, { publicIp: server.ipv4, ipv6: server.ipv6, serverState: "present" });
  return next(addressed, "fetch_server", `Server ${server.id} runs at ${server.ipv4}`);
};

/** One 404 may be a list that lags; two in a row are a server that somebody deleted. */
const serverMissing = (facts: Facts): Move => {
  const gone = nodeFailure("server_gone", `Server ${facts.job.work.serverId} no longer exists at Hetzner`);
  if (facts.job.work.lastFailure?.message === gone.message) return end(facts, "failed", gone);
  return moveOn(noteStep(withWork(facts, { lastFailure: gone }), gone.message), 2 * SECOND_MS);
};

const decideSsh = (facts: Facts): Move => {
  const { host, server } = facts;
  if (host === undefined) return moveOn(facts, 0);
  if (host.reached) return goOn(facts, "connect_ssh", "SSH answers with the node's own host key");
  return silentHost(facts, host.reason, server);
};

const silentHost = (facts: Facts, reason: string, server: Facts["server"]): Move => {
  if (server?.ok && server.value === null) return serverMissing(facts);
  const failure = nodeFailure("host_silent", `SSH to ${facts.node.publicIp} does not answer yet (${reason})`);
  const missed = withWork(facts, { misses: facts.job.work.misses + 1, lastFailure: failure });
  return waitOrRetry(missed, failure, moveOn(noteStep(missed, failure.message), pollWaitMs(sinceStepMs(missed))));
};

const decideFirstBoot = (facts: Facts): Move => {
  const { host } = facts;
  if (host === undefined) return moveOn(facts, 0);
  if (!host.reached) return silentHost(facts, host.reason, facts.server);
  const { status, detail } = host.cloudInit;
  if (status === "error")
    return end(
      facts,
      "failed",
      nodeFailure("cloud_init_failed", `cloud-init ended with an error${detail ? `: ${detail}` : ""}`),
    );
  if (["done", "degraded_done", "disabled"].includes(status))
    return goOn(facts, "cloud_init", `First boot has finished (${status})`);
  return waitOrRetry(facts, tooSlow("The first boot (cloud-init)"), moveOn(facts, pollWaitMs(sinceStepMs(facts))));
};

const handOver = (facts: Facts): Move => {
  const { host, nowMs } = facts;
  if (host === undefined) return moveOn(facts, 0);
  if (!host.reached) return silentHost(facts, host.reason, facts.server);
  if (!host.sudo) return end(facts, "failed", nodeFailure("no_root", "Neither root nor sudo works over SSH"));
  const active = withNode(facts, {
    status: "active",
    serverState: "present",
    lastSeenAtMs: nowMs,
    probe: { checkedAtMs: nowMs, reached: true, sudo: true, runtime: host.runtimePresent },
    openJobId: null,
    updatedAtMs: nowMs,
  });
  const done = completeStep(active, "hand_over", "The node is active");
  return moveOn(withJob(atProgress(done, 100), { status: "succeeded", finishedAtMs: nowMs }), 0);
};

const deciders: Readonly<Record<StepName, (facts: Facts) => Move>> = {
  managed_key: readManagedKey,
  create_server: decideCreate,
  await_actions: decideActions,
  fetch_server: decideServer,
  connect_ssh: decideSsh,
  cloud_init: decideFirstBoot,
  hand_over: handOver,
};

const absorb = (state: State, outcome: WriteOutcome): Move => {
  if (state.job.work.ending) return absorbDelete(state, outcome, ends);
  if (!outcome.ok) return absorbFault(state, outcome.fault);
  const { create } = state.job.work;
  switch (outcome.value.kind) {
    case "register_key":
      return next(
        withWork(state, { sshKeyId: outcome.value.keyId }),
        "managed_key",
        "Put Pressluft's SSH key into the project",
      );
    case "create_server":
      return create === null ? moveOn(state, 0) : moveOn(made(state, create, outcome.value), 2 * SECOND_MS);
    case "power_on":
      return moveOn(noteStep(state, "The server was off; it is being powered on"), 5 * SECOND_MS);
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
  return hasServer(ending.job)
    ? moveOn(beginRelease(ending), 0)
    : finish(ending, { status: "decommissioned", serverState: goneState(state) }, true);
};

const goneState = ({ job }: State): "gone" | "none" => (job.work.serverId === null ? "none" : "gone");

const finish = (state: State, node: Partial<State["node"]>, nameIsFree: boolean): Move => {
  const status = state.job.work.ending?.status ?? "failed";
  const ended = withJob(state, { status, finishedAtMs: state.nowMs });
  const left = withNode(ended, { ...node, openJobId: null, updatedAtMs: state.nowMs });
  return { ...moveOn(left, 0), ...(nameIsFree ? { freeName: true } : {}) };
};

const ends: ReleaseEnds = {
  gone: (state) => finish(state, { status: "decommissioned", serverState: goneState(state) }, true),
  blocked: (state, why: Blocked, tombstone) => {
    const stopped = closeSteps(state, "failed", why.message);
    const serverState = tombstone.serverId === null ? "unknown" : "still_billing";
    return { ...finish(stopped, { serverState, deletionBlockedReason: why.reason }, false), tombstone };
  },
};

export const nodeProvision: Plan = { steps: Object.keys(steps), totalMinutes: 120, needs, decide, absorb };
