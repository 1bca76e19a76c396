/** How a job begins, and how one ends that nobody has begun: pure, from what the API was asked. */
import { type CreateIntent, isOpen, type JobRecord, type NodeWork } from "../job.ts";
import { defaultNodeName, type NodeRecord } from "../node.ts";
import { type PlannedJobType, plans } from "./index.ts";
import { closeSteps, MINUTE_MS, pendingStep, withJob, withNode } from "./moves.ts";
import type { State } from "./plan.ts";
import { hasServer } from "./release-server.ts";

const MAX_ATTEMPTS = 3;

const noWork: NodeWork = {
  stepDeadlineAtMs: 0,
  sshKeyId: null,
  create: null,
  serverId: null,
  actionIds: [],
  misses: 0,
  lastFailure: null,
  ending: null,
  release: null,
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
  failure: null,
  progress: 0,
  steps: plans[jobType].steps.map(pendingStep),
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
  openJobId: jobId,
  lastJobId: jobId,
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  stateVersion: 1,
});

/** Why a node cannot be deleted now; null when it can. A server of unknown fate is looked for by itself first. */
export const deleteRefusal = (node: NodeRecord): string | null => {
  if (node.openJobId !== null) return `Job ${node.openJobId} is working on this node`;
  if (node.serverState === "unknown") {
    return "It is not known yet whether Hetzner made a server for this node; Pressluft looks for it for 24 hours and removes it by itself";
  }
  return node.status === "decommissioned" && node.serverState !== "still_billing"
    ? "The node is deleted already"
    : null;
};

/** What a cancel comes to. `at_once`: nobody has begun, nothing was sent. */
export type CancelDecision = "not_cancellable" | "over" | "at_once" | "ask";

export const decideCancel = (job: JobRecord): CancelDecision => {
  if (job.jobType === "node_delete") return "not_cancellable";
  if (!isOpen(job)) return job.status === "cancelled" ? "over" : "not_cancellable";
  const untouched = job.status === "queued" && job.leaseId === null && !hasServer(job);
  return untouched ? "at_once" : "ask";
};

/** The job and its node, cancelled before anything was sent to the provider. */
export const cancelledUnbegun = (state: State): { job: JobRecord; node: NodeRecord } => {
  const closed = closeSteps(state, "skipped", "Cancelled");
  const times = { finishedAtMs: state.nowMs, cancelRequestedAtMs: state.nowMs, updatedAtMs: state.nowMs };
  const ended = withJob(closed, { status: "cancelled", ...times });
  const { job, node } = withNode(ended, { status: "decommissioned", openJobId: null, updatedAtMs: state.nowMs });
  return { job, node };
};
