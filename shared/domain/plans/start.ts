/** How a job begins, and how one ends that nobody has begun: pure, from what the API was asked. */
import { type CreateIntent, isOpen, type JobRecord, type JobWork } from "../job.ts";
import { defaultNodeName, type NodeRecord } from "../node.ts";
import { withoutEnvironment } from "./env-create.ts";
import { type PlannedJobType, plans } from "./index.ts";
import { closeSteps, MINUTE_MS, moveOn, pendingStep, withJob, withNode } from "./moves.ts";
import type { Move, State } from "./plan.ts";
import { hasServer } from "./release-server.ts";
import { withoutSite } from "./site-create.ts";
import { atRest, freed } from "./site-plan.ts";

export const MAX_ATTEMPTS = 3;

export const noWork: JobWork = {
  stepDeadlineAtMs: 0,
  sshKeyId: null,
  create: null,
  serverId: null,
  actionIds: [],
  misses: 0,
  lastFailure: null,
  ending: null,
  release: null,
  upload: null,
  restore: null,
};

export interface JobStart {
  readonly jobId: string;
  readonly jobType: PlannedJobType;
  readonly installation: string;
  readonly node: Pick<NodeRecord, "id" | "providerId" | "serverId" | "name" | "openCreate">;
  readonly nowMs: number;
}

export const newJob = ({ jobId, jobType, installation, node, nowMs }: JobStart): JobRecord => ({
  id: jobId,
  jobType,
  status: "queued",
  providerId: node.providerId,
  installation,
  nodeId: node.id,
  siteId: null,
  environmentId: null,
  madeBackupId: null,
  restoredBackupId: null,
  statusesBefore: {},
  attemptCount: 0,
  maxAttempts: MAX_ATTEMPTS,
  runAfterMs: nowMs,
  wakeSeq: 0,
  leaseId: null,
  lockedAtMs: null,
  leaseUntilMs: null,
  leases: 0,
  deadlineAtMs: nowMs + plans[jobType].totalMinutes * MINUTE_MS,
  startedAtMs: null,
  finishedAtMs: null,
  cancelRequestedAtMs: null,
  finalAtMs: null,
  failure: null,
  progress: 0,
  steps: plans[jobType].steps.map(pendingStep),
  logTail: [],
  work: { ...noWork, serverId: node.serverId, create: openCreateOf(node) },
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
});

/** What a provision left open goes on in the job that deletes its server. */
const openCreateOf = ({ name, openCreate }: JobStart["node"]): CreateIntent | null =>
  openCreate && { ...openCreate, name, candidate: 1, hostKeys: [], sends: openCreate.openSends, outcome: "made" };

export interface NodeOrder {
  readonly nodeId: string;
  readonly jobId: string;
  readonly providerId: NodeRecord["providerId"];
  readonly name: string | undefined;
  readonly serverType: string;
  readonly location: string;
  readonly image: string;
  readonly monthlyCostCents: number | null;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly nowMs: number;
}

export const newNode = ({ nodeId, jobId, nowMs, name, ...order }: NodeOrder): NodeRecord => ({
  ...order,
  id: nodeId,
  name: name ?? defaultNodeName(nodeId),
  status: "provisioning",
  serverState: "none",
  serverId: null,
  publicIp: null,
  ipv6: null,
  hostKeys: [],
  openCreate: null,
  deletionBlockedReason: null,
  lastSeenAtMs: null,
  probe: null,
  missedProbes: 0,
  environmentCount: 0,
  forgottenEnvironments: 0,
  openJobId: jobId,
  lastJobId: jobId,
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  stateVersion: 1,
});

interface DeleteRefusal {
  readonly code: "conflict" | "node_has_sites";
  readonly message: string;
}

/** Why a node cannot be deleted now; null when it can. A server of unknown fate is looked for by itself first. */
export const deleteRefusal = (node: NodeRecord): DeleteRefusal | null => {
  if (node.openJobId !== null) return conflict(`Job ${node.openJobId} is working on this node`);
  if (node.environmentCount > 0) {
    const { environmentCount: count } = node;
    const message =
      count === 1 ? "There is an environment on this node" : `There are ${count} environments on this node`;
    return { code: "node_has_sites", message };
  }
  if (node.serverState === "unknown") {
    return conflict(
      "It is not known yet whether Hetzner made a server for this node; Pressluft looks for it for 24 hours and removes it by itself",
    );
  }
  return node.status === "decommissioned" && node.serverState !== "still_billing"
    ? conflict("The node is deleted already")
    : null;
};

const conflict = (message: string): DeleteRefusal => ({ code: "conflict", message });

/** What a cancel comes to. `at_once`: nobody has begun, nothing was sent. */
export type CancelDecision = "not_cancellable" | "over" | "at_once" | "ask";

export const decideCancel = (job: JobRecord): CancelDecision => {
  if (job.jobType === "node_delete") return "not_cancellable";
  if (!isOpen(job)) return job.status === "cancelled" ? "over" : "not_cancellable";
  if (job.finalAtMs !== null) return "not_cancellable";
  return isUntouched(job) ? "at_once" : "ask";
};

/** A look of a site's job may have started a run and stopped before its settle; only one that was never settled is untouched. */
const isUntouched = (job: JobRecord): boolean =>
  job.status === "queued" && job.leaseId === null && !hasServer(job) && (job.siteId === null || job.wakeSeq === 0);

/** A job and what it is about, cancelled before anything was sent to anybody. */
export const cancelledUnbegun = (state: State): Move => {
  const closed = closeSteps(state, "skipped", "Cancelled");
  const times = { finishedAtMs: state.nowMs, cancelRequestedAtMs: state.nowMs, updatedAtMs: state.nowMs };
  const ended = withJob(closed, { status: "cancelled", ...times });
  if (ended.subject !== undefined) return unbegunOnSite(freed(ended));
  const gone = withNode(ended, { status: "decommissioned", openJobId: null, updatedAtMs: state.nowMs });
  return { job: gone.job, node: gone.node, freeName: true };
};

const unbegunOnSite = (state: State): Move => {
  switch (state.job.jobType) {
    case "site_create":
      return withoutSite(state);
    case "env_create":
      return withoutEnvironment(state);
    default:
      return moveOn(atRest(state, "unchanged"), 0);
  }
};
