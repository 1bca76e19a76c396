/** Records for tests: a node and its jobs as an order makes them, and the faults that Hetzner's answers become. */
import type { ProviderFault } from "./failure.ts";
import type { JobRecord } from "./job.ts";
import type { NodeRecord } from "./node.ts";
import type { PlannedJobType } from "./plans/index.ts";
import type { ServerFacts, State } from "./plans/plan.ts";
import { newJob, newNode } from "./plans/start.ts";

export const startMs = Date.UTC(2026, 10, 22, 12);
export const installation = "018f0000-0000-7000-8000-0000000000aa";
export const nodeId = "018f0000-0000-7000-8000-00000badcafe";
export const jobId = "018f0000-0000-7000-8000-000000000002";

const order = {
  nodeId,
  jobId,
  providerId: "hetzner",
  name: "web-1",
  serverType: "cx23",
  location: "nbg1",
  image: "debian-12",
  monthlyCostCents: 499,
  sshPort: 22,
  sshUser: "root",
  nowMs: startMs,
} as const;

/** As ordered, `provisioning` and without a server; `change` makes of it what a test needs. */
export const makeNode = (change: Partial<NodeRecord> = {}): NodeRecord => ({ ...newNode(order), ...change });

/** An active node with server 7, ready but for the runtime. */
export const makeActiveNode = (change: Partial<NodeRecord> = {}): NodeRecord =>
  makeNode({
    status: "active",
    serverState: "present",
    serverId: 7,
    publicIp: "198.51.100.7",
    hostKeys: ["ssh-ed25519 AAAA"],
    probe: { checkedAtMs: startMs, reached: true, sudo: true, runtime: false },
    lastSeenAtMs: startMs,
    openCreate: null,
    openJobId: null,
    ...change,
  });

/** Queued, as the API leaves it. */
export const makeJob = (change: Partial<JobRecord> = {}, jobType: PlannedJobType = "node_provision"): JobRecord => ({
  ...newJob({
    jobId,
    jobType,
    installation,
    node: { id: nodeId, name: "web-1", providerId: "hetzner", serverId: null, openCreate: null },
    nowMs: startMs,
  }),
  ...change,
});

export const makeState = (change: Partial<State> = {}): State => ({
  nowMs: startMs,
  job: makeJob(),
  node: makeNode(),
  ...change,
});

/** Refused, and nothing happened, unless `change` says otherwise. */
export const makeFault = (change: Partial<ProviderFault> = {}): ProviderFault => ({
  class: "unavailable",
  code: "service_error",
  retryable: true,
  effect: "none",
  phase: "request",
  message: "Hetzner is not well",
  correlationId: null,
  ...change,
});

export const ourLabels = { "managed-by": "pressluft", installation, node: nodeId, job: jobId } as const;

/** Server 7, running, ours. */
export const makeServer = (change: Partial<ServerFacts> = {}): ServerFacts => ({
  id: 7,
  name: "web-1",
  status: "running",
  labels: ourLabels,
  ipv4: "198.51.100.7",
  ipv6: "2001:db8::1",
  deleteProtected: false,
  ...change,
});
