/**
 * The create protocol: one server for one request, although Hetzner has no idempotency key and an answer can get lost.
 * A create is recorded before it leaves; one of unknown outcome is looked up by our labels and by its exact name, and is
 * sent again only under the same name, which is unique in a project, and only after it has stayed unseen.
 */
import { failureOfFault, nodeFailure, type ProviderFault } from "../failure.ts";
import type { CreateIntent, Failure } from "../job.ts";
import { belongsToNode } from "../node.ts";
import { completeStep, noteStep, SECOND_MS, withNode, withWork } from "./moves.ts";
import type { Facts, Read, ServerFacts, State, Written } from "./plan.ts";
import type { StepResult } from "./step.ts";

/** When a create of unknown outcome is looked up, counted from its send. The last look decides. */
export const LOOKS_MS = [0, 5, 15, 45, 120].map((seconds) => seconds * SECOND_MS);
export const LAST_LOOK_MS = 120 * SECOND_MS;
const MAX_SENDS = 2;

export type Sighting =
  | { kind: "unread"; fault: ProviderFault | null }
  | { kind: "ours"; server: ServerFacts }
  | { kind: "foreign"; server: ServerFacts }
  | { kind: "unseen"; waitMs: number }
  /** Looked long enough: there is none, or Hetzner hides it. */
  | { kind: "never_seen" };

/** What a look-up says about a create of unknown outcome. */
export const sight = (
  state: State,
  create: CreateIntent,
  lookup: Read<readonly ServerFacts[]> | undefined,
): Sighting => {
  if (lookup === undefined) return { kind: "unread", fault: null };
  if (!lookup.ok) return { kind: "unread", fault: lookup.fault };
  const owner = { installation: state.job.installation, node: state.node.id };
  const ours = lookup.value.find((server) => belongsToNode(server.labels, owner) && server.labels.job === state.job.id);
  if (ours) return { kind: "ours", server: ours };
  const foreign = lookup.value.find((server) => server.name === create.name);
  if (foreign) return { kind: "foreign", server: foreign };
  const sinceMs = state.nowMs - create.sentAtMs;
  if (sinceMs >= LAST_LOOK_MS) return { kind: "never_seen" };
  return { kind: "unseen", waitMs: (LOOKS_MS.find((lookMs) => lookMs > sinceMs) ?? LAST_LOOK_MS) - sinceMs };
};

export const isUnresolved = (create: CreateIntent | null): create is CreateIntent => create?.outcome === "sent";

/** May the create leave (again)? Refused ones did nothing, so only sends of unknown outcome count. */
export const canSend = (create: CreateIntent | null): boolean =>
  create === null || create.outcome === "refused" || create.sends < MAX_SENDS;

type Ordered = Extract<StepResult, { kind: "write" }>;

/** Records the create and sends it. Every send has a host key of its own; the node answers with one of them. */
export const sendCreate = (facts: Facts, hostKey: string, sshKeyId: number): Ordered => {
  const earlier = facts.job.work.create;
  const create: CreateIntent = {
    name: facts.node.name,
    candidate: 1,
    hostKeys: [...(earlier?.hostKeys ?? []), hostKey],
    sends: (earlier?.sends ?? 0) + 1,
    openSends: (earlier?.openSends ?? 0) + 1,
    sentAtMs: facts.nowMs,
    outcome: "sent",
  };
  const state = withNode(withWork(facts, { create }), { serverState: "creating" });
  return { kind: "write", state, write: { kind: "create_server", hostKey, sshKeyId }, waitMs: 0 };
};

/** A send of known fate is no longer open; it either made the server or did nothing. */
const closed = (create: CreateIntent, outcome: CreateIntent["outcome"], openSends: number): CreateIntent => ({
  ...create,
  outcome,
  openSends,
});

/**
 * One send made the server that is known now. Another of unknown outcome stays open: it can do nothing while the name is
 * taken, but might once that server is deleted.
 */
export const found = (create: CreateIntent): CreateIntent => closed(create, "made", Math.max(0, create.openSends - 1));

export const made = (
  state: State,
  create: CreateIntent,
  written: Extract<Written, { kind: "create_server" }>,
): State => {
  const { serverId } = written;
  const known = withWork(state, { serverId, actionIds: [...written.actionIds], create: found(create) });
  return completeStep(withHost(known, serverId, create), "create_server", `Hetzner is making server ${serverId}`);
};

export const adopted = (state: State, create: CreateIntent, serverId: number): State => {
  const known = withWork(state, { serverId, actionIds: [], create: found(create) });
  const detail = `Found server ${serverId}, made by an earlier request whose answer was lost`;
  return completeStep(withHost(known, serverId, create), "create_server", detail);
};

const withHost = (state: State, serverId: number, { hostKeys }: CreateIntent): State =>
  withNode(state, { serverId, hostKeys, serverState: "creating" });

/** The name is somebody else's. Where no send is open, that settles it: ours does not exist. */
export const withoutServer = (state: State, create: CreateIntent): State =>
  create.openSends > 0
    ? state
    : withNode(withWork(state, { create: closed(create, "refused", 0) }), { serverState: "none" });

/** What a failed send means. `taken` and `unknown` are looked up; only a clear refusal did nothing. */
export const refused = (
  state: State,
  create: CreateIntent,
  fault: ProviderFault,
): { state: State; kind: "look_up" | "wait" | "failed"; failure: Failure } => {
  const failure = failureOfFault(fault);
  if (fault.effect === "unknown")
    return { state: noteStep(state, `${failure.message}; looking`), kind: "look_up", failure };
  const openSends = create.openSends - 1;
  if (fault.code === "uniqueness_error") {
    const taken = withWork(state, { create: closed(create, "sent", openSends) });
    return { state: noteStep(taken, "The name is taken at Hetzner; looking by whom"), kind: "look_up", failure };
  }
  const earlierIsOpen = openSends > 0;
  const outcome = earlierIsOpen ? "sent" : "refused";
  const sends = create.sends - 1;
  const nothing = withWork(state, { create: { ...closed(create, outcome, openSends), sends }, lastFailure: failure });
  const settled = earlierIsOpen ? nothing : withNode(nothing, { serverState: "none" });
  return { state: settled, kind: fault.class === "rate_limited" ? "wait" : "failed", failure };
};

/** Nothing was ever seen: an outcome that stays unknown, or a name held by something that Hetzner does not show. */
export const neverSeen = (create: CreateIntent): Failure =>
  create.openSends > 0
    ? nodeFailure("create_unresolved", `Hetzner never confirmed the server ${create.name} and does not show it`)
    : nodeFailure("name_taken", `Hetzner says the name ${create.name} is taken, but shows no such server`);
