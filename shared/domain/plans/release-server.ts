/**
 * Removing a node's server: the whole of `node_delete`, and the compensation of a provision that fails or is cancelled.
 * By recorded id, only while our labels are on it, and done only when Hetzner says 404 to a valid token. What cannot be
 * removed becomes a tombstone: shown as still billing and retried by the sweeper.
 */
import type { ErrorReason } from "../../../contracts/errors.ts";
import { faultPasses, type ProviderFault, reasonOfFault, releaseFailure } from "../failure.ts";
import type { CreateIntent } from "../job.ts";
import { belongsToNode } from "../node.ts";
import { nextLookAtMs, type Tombstone } from "../tombstone.ts";
import { found, isUnresolved, LAST_LOOK_MS, sight, withoutServer } from "./create-server.ts";
import {
  completeStep,
  enterStep,
  MINUTE_MS,
  moveOn,
  noteStep,
  pendingStep,
  SECOND_MS,
  withJob,
  withNode,
  withWork,
} from "./moves.ts";
import type { Facts, Move, Needs, OutsideWrite, ServerFacts, State, WriteOutcome } from "./plan.ts";

export const releaseSteps = ["delete_server", "verify_gone"] as const;

/** After this long it is a tombstone's business. */
export const RELEASE_MAX_MS = 15 * MINUTE_MS;
/** A deletion that was accepted gets this long before it is asked for again. */
const REQUEST_AGAIN_MS = 30 * SECOND_MS;

/** Why the server is still there, and what Hetzner last said. */
export interface Blocked {
  reason: ErrorReason;
  message: string;
}

/** How a release ends is up to whoever asked for it. */
export interface ReleaseEnds {
  gone(state: State): Move;
  blocked(state: State, why: Blocked, tombstone: Tombstone): Move;
}

export const hasServer = ({ work }: State["job"]): boolean => work.serverId !== null || isUnresolved(work.create);

/** Starts the release: its two steps join the timeline, its quarter of an hour begins. */
export const beginRelease = (state: State): State => {
  const steps = [...state.job.steps.filter(({ name }) => !isReleaseStep(name)), ...releaseSteps.map(pendingStep)];
  const begun = withWork(withJob(state, { steps }), {
    release: { startedAtMs: state.nowMs, requestedAtMs: null },
    misses: 0,
  });
  const named = enterStep(begun, "delete_server", RELEASE_MAX_MS / MINUTE_MS);
  return withNode(named, { serverState: state.job.work.serverId === null ? "unknown" : "deleting" });
};

const isReleaseStep = (name: string): boolean => releaseSteps.some((step) => step === name);

export const releaseNeeds = ({ job }: State): Needs => {
  const { serverId, create } = job.work;
  if (serverId !== null) return { serverId };
  return isUnresolved(create) ? { lookup: { name: create.name } } : {};
};

export const decideRelease = (facts: Facts, ends: ReleaseEnds): Move => {
  const { serverId, create } = facts.job.work;
  if (serverId === null && !isUnresolved(create)) return ends.gone(facts);
  if (facts.blocked) return giveUp(facts, blockedBy(facts.blocked), ends);
  return serverId === null ? resolveCreate(facts, ends) : decideServer(facts, serverId, ends);
};

const resolveCreate = (facts: Facts, ends: ReleaseEnds): Move => {
  const { create } = facts.job.work;
  if (!isUnresolved(create)) return ends.gone(facts);
  const seen = sight(facts, create, facts.lookup);
  switch (seen.kind) {
    case "ours": {
      const known = withWork(facts, { serverId: seen.server.id, create: found(create) });
      return moveOn(withNode(known, { serverId: seen.server.id, serverState: "deleting" }), 0);
    }
    case "foreign":
      return create.openSends > 0 ? unlessSettled(facts, create, ends) : ends.gone(withoutServer(facts, create));
    case "unseen":
      return moveOn(noteStep(facts, "Looking for a server that an unanswered request may have made"), seen.waitMs);
    case "never_seen":
      return create.openSends > 0 ? giveUp(facts, unseen, ends) : ends.gone(withoutServer(facts, create));
    case "unread":
      return seen.fault === null ? moveOn(facts, 0) : later(facts, seen.fault, ends);
  }
};

/** A foreign server has the name now; an order under way may still get it if that one goes. */
const unlessSettled = (facts: Facts, create: CreateIntent, ends: ReleaseEnds): Move => {
  const leftMs = create.sentAtMs + LAST_LOOK_MS - facts.nowMs;
  return leftMs > 0 ? moveOn(facts, Math.min(leftMs, MINUTE_MS)) : giveUp(facts, unseen, ends);
};

const unseen: Blocked = { reason: "timeout", message: "It is not known whether Hetzner made the server" };

const decideServer = (facts: Facts, serverId: number, ends: ReleaseEnds): Move => {
  if (facts.server === undefined) return moveOn(facts, 0);
  if (!facts.server.ok) return later(facts, facts.server.fault, ends);
  const server = facts.server.value;
  if (server === null) return ends.gone(verified(facts, serverId));
  const refusal = refusalOf(facts, server);
  if (refusal) return giveUp(facts, refusal, ends);
  if (isOverdue(facts)) return giveUp(facts, stillThere(facts, serverId), ends);
  if (server.status === "deleting" || askedLately(facts)) return moveOn(facts, releaseWaitMs(facts));
  const write: OutsideWrite = { kind: "delete_server", serverId };
  return { ...moveOn(facts, 0), write };
};

/** The last real reason, where there was one. */
const stillThere = ({ job }: State, serverId: number): Blocked => ({
  reason: job.work.lastFailure?.reason ?? "timeout",
  message: job.work.lastFailure?.message ?? `Server ${serverId} is still there`,
});

/** What makes a server untouchable for us; null when it may be deleted. */
export const refusalOf = (
  state: { job: { installation: string }; node: { id: string } },
  server: ServerFacts,
): Blocked | null => {
  const owner = { installation: state.job.installation, node: state.node.id };
  if (!belongsToNode(server.labels, owner)) {
    return { reason: "labels_removed", message: `Server ${server.id} does not carry Pressluft's labels for this node` };
  }
  if (server.deleteProtected)
    return { reason: "protected", message: `Server ${server.id} is protected against deletion` };
  return null;
};

/** An accepted deletion, or a 404 to it, is not the end: only a look at the server that finds none is. */
export const absorbDelete = (state: State, outcome: WriteOutcome, ends: ReleaseEnds): Move => {
  if (!outcome.ok) return later(state, outcome.fault, ends);
  const { serverId } = state.job.work;
  const release = { startedAtMs: startedAtMs(state), requestedAtMs: state.nowMs };
  const asked = completeStep(
    withWork(state, { release, misses: 0, lastFailure: null }),
    "delete_server",
    `Asked Hetzner to delete server ${serverId}`,
  );
  return moveOn(enterStep(asked, "verify_gone", RELEASE_MAX_MS / MINUTE_MS), 3 * SECOND_MS);
};

const verified = (state: State, serverId: number | null): State => {
  const deleted = completeStep(state, "delete_server", `Server ${serverId} is deleted`);
  return completeStep(deleted, "verify_gone", `Hetzner confirms that server ${serverId} no longer exists`);
};

/** A fault that passes is waited out while there is time; any other, or no time left, ends the release. */
const later = (state: State, fault: ProviderFault, ends: ReleaseEnds): Move => {
  if (!faultPasses(fault) || isOverdue(state)) return giveUp(state, blockedBy(fault), ends);
  const misses = state.job.work.misses + 1;
  const lastFailure = releaseFailure(reasonOfFault(fault), fault.message);
  const waitMs = Math.min(60, 2 ** Math.min(misses, 6)) * SECOND_MS;
  return moveOn(noteStep(withWork(state, { misses, lastFailure }), `${fault.message}; trying again`), waitMs);
};

const blockedBy = (fault: ProviderFault): Blocked => ({ reason: reasonOfFault(fault), message: fault.message });

const startedAtMs = ({ job, nowMs }: State): number => job.work.release?.startedAtMs ?? nowMs;
const isOverdue = (state: State): boolean => state.nowMs - startedAtMs(state) >= RELEASE_MAX_MS;

const askedLately = ({ job, nowMs }: State): boolean => {
  const askedAtMs = job.work.release?.requestedAtMs ?? null;
  return askedAtMs !== null && nowMs - askedAtMs < REQUEST_AGAIN_MS;
};

const releaseWaitMs = (state: State): number =>
  (state.nowMs - startedAtMs(state) < 30 * SECOND_MS ? 3 : 10) * SECOND_MS;

const giveUp = (state: State, why: Blocked, ends: ReleaseEnds): Move =>
  ends.blocked(state, why, tombstoneOf(state, why.reason));

/** The tombstone of whatever this job may have at Hetzner. */
export const tombstoneOf = (state: State, reason: ErrorReason): Tombstone =>
  buildTombstone(state, reason, state.job.work.serverId);

/** The known server is gone, but a send of unknown outcome may yet make another: what is owed for that, if anything. */
export const owedTombstone = (state: State): Tombstone | null => {
  const { create } = state.job.work;
  if (create === null || create.openSends === 0) return null;
  const stone = buildTombstone(state, "timeout", null);
  return nextLookAtMs(stone, state.nowMs) === null ? null : stone;
};

const buildTombstone = ({ job, node, nowMs }: State, reason: ErrorReason, serverId: number | null): Tombstone => {
  const { create } = job.work;
  const openSends = create?.openSends ?? 0;
  const sentAtMs = openSends > 0 ? (create?.sentAtMs ?? nowMs) : null;
  return {
    serverId,
    openSends,
    sentAtMs,
    nodeId: node.id,
    providerId: node.providerId,
    installation: job.installation,
    name: node.name,
    reason,
    looks: 0,
    nextLookAtMs: nextLookAtMs({ serverId, sentAtMs }, nowMs) ?? nowMs,
    createdAtMs: nowMs,
  };
};
