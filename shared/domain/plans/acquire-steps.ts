/** The steps of a provision that get a server from Hetzner: our key, the order, its actions, its address. */
import { failureOfFault, faultPasses, nodeFailure, type ProviderFault } from "../failure.ts";
import {
  adopted,
  canSend,
  isUnresolved,
  neverSeen,
  type Sighting,
  sendCreate,
  sight,
  withoutServer,
} from "./create-server.ts";
import {
  atProgress,
  noteStep,
  pollWaitMs,
  SECOND_MS,
  sinceStepMs,
  stepIsOverdue,
  withNode,
  withWork,
} from "./moves.ts";
import type { ActionsFacts, Facts, ServerFacts, State } from "./plan.ts";
import type { Step, StepResult } from "./step.ts";

export const tooSlow = (what: string) => nodeFailure("step_timeout", `${what} did not end in time`);

/** Our public key is in the project, found by its fingerprint, or put there. */
export const managedKey: Step = (facts) => {
  const { managedKey: key } = facts;
  if (key === undefined) return { kind: "unread", state: facts };
  if (!key.ok) return { kind: "missed", state: facts, fault: key.fault };
  if (key.value === null) return { kind: "write", state: facts, write: { kind: "register_key" }, waitMs: 0 };
  const known = withWork(facts, { sshKeyId: key.value.id });
  return { kind: "done", state: known, detail: "Pressluft's SSH key is in the project" };
};

/** The create protocol, up to a server that is known to be ours. */
export const orderServer: Step = (facts) => {
  const { create } = facts.job.work;
  return isUnresolved(create) ? resolve(facts, sight(facts, create, facts.lookup)) : send(facts);
};

const resolve = (facts: Facts, seen: Sighting): StepResult => {
  const { create } = facts.job.work;
  if (create === null) return { kind: "unread", state: facts };
  switch (seen.kind) {
    case "ours":
      return { kind: "unread", state: adopted(facts, create, seen.server.id) };
    case "foreign": {
      const message = `Server ${seen.server.id} in the Hetzner project is already called ${create.name}`;
      return { kind: "failed", state: withoutServer(facts, create), failure: nodeFailure("name_conflict", message) };
    }
    case "unseen": {
      const state = noteStep(facts, "Looking for the server: the answer to the order was lost");
      return { kind: "wait", state, waitMs: seen.waitMs, overdue: neverSeen(create) };
    }
    case "never_seen":
      return canSend(create) ? send(facts) : { kind: "failed", state: facts, failure: neverSeen(create) };
    case "unread":
      return seen.fault === null ? { kind: "unread", state: facts } : unreadable(facts, seen.fault);
  }
};

/** A create that nobody can look up gets no further attempt: the release goes on looking, then leaves a tombstone. */
const unreadable = (facts: Facts, fault: ProviderFault): StepResult =>
  stepIsOverdue(facts) || !faultPasses(fault)
    ? { kind: "failed", state: facts, failure: failureOfFault(fault) }
    : { kind: "missed", state: facts, fault };

const send = (facts: Facts): StepResult => {
  const { sshKeyId, lastFailure } = facts.job.work;
  if (stepIsOverdue(facts)) {
    return { kind: "attempt_failed", state: facts, failure: lastFailure ?? tooSlow("Ordering the server") };
  }
  if (facts.hostKey === undefined || sshKeyId === null) return { kind: "unread", state: facts };
  return sendCreate(facts, facts.hostKey, sshKeyId);
};

/** Every action of the create has ended well. One that Hetzner no longer lists is judged by its server, next. */
export const awaitActions: Step = (facts) => {
  const { actionIds } = facts.job.work;
  if (actionIds.length === 0) return { kind: "done", state: facts, detail: "Hetzner has finished making the server" };
  if (facts.actions === undefined) return { kind: "unread", state: facts };
  if (!facts.actions.ok) return { kind: "missed", state: facts, fault: facts.actions.fault };
  return judgeActions(facts, facts.actions.value);
};

/** Where the actions' share of the progress begins, and how much it is. */
const ACTIONS_PROGRESS = { from: 10, share: 50 };

const judgeActions = (facts: Facts, { found }: ActionsFacts): StepResult => {
  const failed = found.find((action) => action.fault !== null)?.fault;
  if (failed) return { kind: "failed", state: facts, failure: failureOfFault(failed) };
  const running = found.filter((action) => action.status === "running");
  if (running.length === 0) {
    const state = withWork(facts, { actionIds: [] });
    return { kind: "done", state, detail: "Hetzner has made and started the server" };
  }
  const missing = running.reduce((sum, action) => sum + 1 - action.progress / 100, 0);
  const share = Math.max(0, 1 - missing / facts.job.work.actionIds.length);
  const percent = ACTIONS_PROGRESS.from + ACTIONS_PROGRESS.share * share;
  const state = atProgress(withWork(facts, { misses: 0, lastFailure: null }), percent);
  return { kind: "wait", state, waitMs: pollWaitMs(sinceStepMs(state)), overdue: tooSlow("Making the server") };
};

/** The server runs and has an address; one that is off is powered on. */
export const fetchServer: Step = (facts) => {
  if (facts.server === undefined) return { kind: "unread", state: facts };
  if (!facts.server.ok) return { kind: "missed", state: facts, fault: facts.server.fault };
  const server = facts.server.value;
  if (server === null) return serverMissing(facts);
  if (server.status === "running") return withAddress(facts, server);
  const waitMs = pollWaitMs(sinceStepMs(facts));
  if (server.status === "off" && !stepIsOverdue(facts)) {
    return { kind: "write", state: facts, write: { kind: "power_on", serverId: server.id }, waitMs };
  }
  return { kind: "wait", state: facts, waitMs, overdue: tooSlow(`Starting server ${server.id} (${server.status})`) };
};

const withAddress = (facts: Facts, server: ServerFacts): StepResult => {
  if (server.ipv4 === null) {
    const failure = nodeFailure("no_address", `Server ${server.id} has no IPv4 address`);
    return { kind: "failed", state: facts, failure };
  }
  const state = withNode(facts, { publicIp: server.ipv4, ipv6: server.ipv6, serverState: "present" });
  return { kind: "done", state, detail: `Server ${server.id} runs at ${server.ipv4}` };
};

/** One 404 may lag behind the truth; two in a row are a server that somebody deleted. */
export const serverMissing = (state: State): StepResult => {
  const gone = nodeFailure("server_gone", `Server ${state.job.work.serverId} no longer exists at Hetzner`);
  if (state.job.work.lastFailure?.message === gone.message) return { kind: "failed", state, failure: gone };
  const noted = noteStep(withWork(state, { lastFailure: gone }), gone.message);
  return { kind: "wait", state: noted, waitMs: 2 * SECOND_MS, overdue: gone };
};
