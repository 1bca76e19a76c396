/** A node: its states, what may be done in them, and whether it is ready for sites. */
import * as z from "zod";
import type { ReadinessReason } from "../../contracts/errors.ts";
import {
  errorReason,
  type Node,
  nodeName,
  nodeStatuses,
  providerId,
  type Readiness,
  serverStates,
} from "../../contracts/models.ts";
import { releaseAdvice } from "./failure.ts";

const timeMs = z.number().int();

/** What the last look over SSH found. Written by checks alone and by the hand-over of a provision. */
export const probe = z.object({
  checkedAtMs: timeMs,
  reached: z.boolean(),
  sudo: z.boolean(),
  runtime: z.boolean(),
});
export type Probe = z.infer<typeof probe>;

export const nodeRecord = z.object({
  id: z.string(),
  name: nodeName,
  status: z.enum(nodeStatuses),
  serverState: z.enum(serverStates),
  providerId,
  /** Hetzner's server id. */
  serverId: z.number().int().nullable(),
  serverType: z.string(),
  location: z.string(),
  image: z.string(),
  publicIp: z.string().nullable(),
  ipv6: z.string().nullable(),
  sshPort: z.number().int(),
  sshUser: z.string(),
  /** Public halves of the host keys that are accepted from this server; nothing else is. */
  hostKeys: z.array(z.string()),
  /** EUR cents a month, VAT included, of what was ordered; null when the catalogue did not tell. */
  monthlyCostCents: z.number().int().nullable(),
  deletionBlockedReason: errorReason.nullable(),
  lastSeenAtMs: timeMs.nullable(),
  probe: probe.nullable(),
  /** Probes in a row that did not reach the node. */
  missedProbes: z.number().int(),
  /** Orders of unknown outcome beside the server that is known: looked for when that one is deleted. */
  openCreate: z.object({ sentAtMs: timeMs, openSends: z.number().int() }).nullable(),
  /** Environments that are, or may be, on this node. */
  environmentCount: z.number().int(),
  /** Environments that were deleted while it could not be reached: what is theirs is still on its disk. */
  forgottenEnvironments: z.number().int(),
  /** The one job that may change this node now. */
  openJobId: z.string().nullable(),
  lastJobId: z.string(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
  stateVersion: z.number().int(),
});
export type NodeRecord = z.infer<typeof nodeRecord>;

/** Probes in a row that must miss a node before it is called unreachable: about a quarter of an hour. */
const MISSES_MAX = 3;
const PROBE_EVERY_MS = 5 * 60_000;

/** Is it one that is looked at by itself, and has nobody looked for five minutes? What is being made or deleted is its job's. */
export const isProbeDue = (node: NodeRecord, nowMs: number): boolean => {
  const isWatched = (node.status === "active" || node.status === "unreachable") && node.serverState === "present";
  return isWatched && nowMs - (node.probe?.checkedAtMs ?? 0) >= PROBE_EVERY_MS;
};

/**
 * The node after a probe. `counts`: a miss counts towards `unreachable`; whoever asks by hand, perhaps three times in a
 * minute, counts nothing. One that answers is active again at once.
 */
export const probed = (node: NodeRecord, found: Probe, counts: boolean): NodeRecord => {
  if (found.reached) {
    const status = node.status === "unreachable" ? "active" : node.status;
    return { ...node, status, probe: found, lastSeenAtMs: found.checkedAtMs, missedProbes: 0 };
  }
  const missedProbes = node.missedProbes + (counts ? 1 : 0);
  const isLost = node.status === "active" && missedProbes >= MISSES_MAX;
  return { ...node, status: isLost ? "unreachable" : node.status, probe: found, missedProbes };
};

/** Can nothing be removed from it, but only be forgotten? One probe that missed it is not enough: a quarter of an hour of them is. */
export const isLost = ({ status }: Pick<NodeRecord, "status">): boolean => status === "unreachable";

const readinessGuidance: Record<ReadinessReason, string> = {
  node_status_not_active:
    "Only an active node takes sites. Its last job shows how far it is, or what to do if it failed.",
  node_host_missing:
    "The node has no public address: while it is being made one comes by itself, otherwise delete it and create it again.",
  ssh_port_invalid: "The node's SSH port is not between 1 and 65535. Delete the node and create it again.",
  ssh_user_missing: "The node has no SSH user. Delete it and create it again.",
  node_unreachable:
    "SSH to the node does not answer with its own host key. Look at the server in Hetzner's console (is it running? a firewall on port 22?), then check the node again.",
  sudo_unavailable:
    "The SSH user is neither root nor allowed to use sudo without a password. Restore that on the server.",
  runtime_missing:
    "The server is up, but the WordPress runtime that Pressluft installed on it is not (any more) there. Delete the node and create it again.",
  environments_forgotten:
    "Environments were deleted while the node could not be reached: their files and databases are still on its disk, and it takes no more. Back up what you need of the sites that are left, delete them, then delete the node.",
  node_deletion_pending:
    "The node's server is being removed, or may be gone already, so the node takes no sites. Its last job shows how far that is.",
};

/** Will its server be removed, or may it be gone already? Whatever came onto it now would go with it. */
const isGoing = ({ status, serverState }: NodeRecord): boolean =>
  serverState === "still_billing" || (status === "active" && serverState !== "present");

const guidanceOf = (reason: ReadinessReason, { serverState, deletionBlockedReason }: NodeRecord): string =>
  reason === "node_deletion_pending" && serverState === "still_billing" && deletionBlockedReason !== null
    ? releaseAdvice(deletionBlockedReason)
    : readinessGuidance[reason];

/** Every reason why the node cannot take sites, in the contract's order. */
export const readinessReasonsOf = (node: NodeRecord): ReadinessReason[] => {
  const reached = node.probe?.reached === true;
  const checks: [ReadinessReason, boolean][] = [
    ["node_status_not_active", node.status !== "active"],
    ["node_host_missing", node.publicIp === null],
    ["ssh_port_invalid", node.sshPort < 1 || node.sshPort > 65535],
    ["ssh_user_missing", node.sshUser === ""],
    ["node_unreachable", node.status === "unreachable" || (node.probe !== null && !reached)],
    ["sudo_unavailable", reached && node.probe?.sudo === false],
    ["runtime_missing", reached && node.probe?.runtime === false],
    ["environments_forgotten", node.forgottenEnvironments > 0],
    ["node_deletion_pending", isGoing(node)],
  ];
  return checks.filter(([, holds]) => holds).map(([reason]) => reason);
};

export const readinessOf = (node: NodeRecord): Readiness => {
  const reasons = readinessReasonsOf(node);
  const checkedAtMs = node.probe?.checkedAtMs;
  return {
    is_ready: reasons.length === 0,
    reason_codes: reasons,
    guidance: reasons.map((reason) => guidanceOf(reason, node)),
    checked_at: checkedAtMs === undefined ? null : toIso(checkedAtMs),
  };
};

/** ISO-8601 UTC of epoch milliseconds. */
export const toIso = (ms: number): string => new Date(ms).toISOString();
export const toIsoOrNull = (ms: number | null): string | null => (ms === null ? null : toIso(ms));

/** Lists hide what is decommissioned, but never what is still billed. */
export const isListed = (node: NodeRecord): boolean =>
  node.status !== "decommissioned" || node.serverState === "still_billing";

const isBilled = (node: NodeRecord): boolean => node.serverState !== "none" && node.serverState !== "gone";

/** EUR a month while there is, or may be, a server; null otherwise. */
export const monthlyCostOf = (node: NodeRecord): number | null =>
  node.monthlyCostCents === null || !isBilled(node) ? null : node.monthlyCostCents / 100;

export const presentNode = (node: NodeRecord): Node => ({
  id: node.id,
  name: node.name,
  hostname: node.name,
  public_ip: node.publicIp,
  ipv6: node.ipv6,
  ssh_port: node.sshPort,
  ssh_user: node.sshUser,
  status: node.status,
  is_local: false,
  provider_id: node.providerId,
  provider_server_id: node.serverId === null ? null : String(node.serverId),
  server_type: node.serverType,
  location: node.location,
  image: node.image,
  monthly_cost: monthlyCostOf(node),
  server_state: node.serverState,
  deletion_blocked_reason: node.deletionBlockedReason,
  last_seen_at: toIsoOrNull(node.lastSeenAtMs),
  readiness: readinessOf(node),
  last_job_id: node.lastJobId,
  created_at: toIso(node.createdAtMs),
  updated_at: toIso(node.updatedAtMs),
  state_version: node.stateVersion,
});

/** The default name: `pl-` and the last eight hex digits of the id (random in a UUIDv7). */
export const defaultNodeName = (id: string): string => `pl-${id.replaceAll("-", "").slice(-8)}`;

/** The labels that make a server ours. The tombstone and the delete compare all but `job`. */
export interface ServerLabels {
  readonly "managed-by": "pressluft";
  readonly installation: string;
  readonly node: string;
  readonly job: string;
}

export const serverLabels = (installation: string, node: string, job: string): ServerLabels => ({
  "managed-by": "pressluft",
  installation,
  node,
  job,
});

/** Is the server that carries `labels` the one of this node, whichever job made it? */
export const belongsToNode = (
  labels: Readonly<Record<string, string>>,
  owner: { installation: string; node: string },
): boolean =>
  labels["managed-by"] === "pressluft" && labels.installation === owner.installation && labels.node === owner.node;
