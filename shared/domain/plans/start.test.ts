import { describe, expect, it } from "vitest";
import { jobStatuses, nodeStatuses, serverStates } from "../../../contracts/models.ts";
import type { CreateIntent, JobRecord } from "../job.ts";
import { makeBackupState, makeRestoreState } from "../testing/backups.ts";
import { installation, jobId, makeActiveNode, makeJob, makeNode, makeState, nodeId, startMs } from "../testing.ts";
import { plans } from "./index.ts";
import { type CancelDecision, cancelledUnbegun, decideCancel, deleteRefusal, newJob, newNode } from "./start.ts";

const create: CreateIntent = {
  name: "web-1",
  candidate: 1,
  hostKeys: [],
  sends: 1,
  sentAtMs: startMs,
  outcome: "sent",
  openSends: 1,
};

describe("whether a node may be deleted", () => {
  const states = nodeStatuses.flatMap((status) => serverStates.map((serverState) => ({ status, serverState })));

  it.each(states)("while it is $status and its server $serverState", ({ status, serverState }) => {
    const refusal = deleteRefusal(makeNode({ status, serverState, openJobId: null }));
    const isUnknown = serverState === "unknown";
    const isOver = status === "decommissioned" && serverState !== "still_billing";
    expect(refusal !== null).toBe(isUnknown || isOver);
    if (isUnknown) expect(refusal?.message).toContain("looks for it");
    else if (isOver) expect(refusal?.message).toContain("deleted already");
  });

  it.each(states)("never while a job works on it: $status, $serverState", ({ status, serverState }) => {
    expect(deleteRefusal(makeNode({ status, serverState, openJobId: "job-9" }))?.message).toContain(
      "Job job-9 is working",
    );
  });

  it.each([1, 2])("never while %d environments are, or may be, on it", (environmentCount) => {
    const refusal = deleteRefusal(makeActiveNode({ environmentCount }));
    expect(refusal?.code).toBe("node_has_sites");
    expect(refusal?.message).toContain(environmentCount === 1 ? "an environment" : "2 environments");
  });
});

describe("what a cancel comes to", () => {
  const situations: Record<string, Partial<JobRecord>> = {
    untouched: {},
    leased: { leaseId: "lease-1" },
    "with a create on its way": { work: { ...makeJob().work, create } },
    "with a server": { work: { ...makeJob().work, serverId: 7 } },
    "with a refused create": { work: { ...makeJob().work, create: { ...create, outcome: "refused", openSends: 0 } } },
  };
  const table: Record<JobRecord["status"], Record<string, CancelDecision>> = {
    queued: {
      untouched: "at_once",
      leased: "ask",
      "with a create on its way": "ask",
      "with a server": "ask",
      "with a refused create": "at_once",
    },
    running: {
      untouched: "ask",
      leased: "ask",
      "with a create on its way": "ask",
      "with a server": "ask",
      "with a refused create": "ask",
    },
    succeeded: allOf("not_cancellable"),
    failed: allOf("not_cancellable"),
    cancelled: allOf("over"),
  };
  const rows = jobStatuses.flatMap((status) =>
    Object.entries(situations).map(([situation, change]) => ({ status, situation, change })),
  );

  it.each(rows)("of a $status node_provision, $situation", ({ status, situation, change }) => {
    expect(decideCancel(makeJob({ ...change, status }))).toBe(table[status][situation]);
  });

  it.each(rows)("of a $status node_delete, $situation, is a no", ({ status, change }) => {
    expect(decideCancel(makeJob({ ...change, status }, "node_delete"))).toBe("not_cancellable");
  });
});

describe("what a cancel of a site's job comes to", () => {
  const job = makeBackupState().job;

  it.each([
    ["that nobody has begun", {}, "at_once"],
    ["that is leased", { leaseId: "lease-1" }, "ask"],
    ["that was settled once: a look before may have started a run", { wakeSeq: 1 }, "ask"],
    ["that runs", { status: "running" }, "ask"],
    ["that has passed the point of no return", { status: "running", finalAtMs: startMs }, "not_cancellable"],
    ["that is over", { status: "succeeded" }, "not_cancellable"],
    ["that was cancelled", { status: "cancelled" }, "over"],
  ] as const)("%s", (_what, change, decision) => {
    expect(decideCancel({ ...job, ...change })).toBe(decision);
  });

  it("at once leaves the environment in service and the backup failed", () => {
    const { job: ended, node, subject, removed, freeName } = cancelledUnbegun(makeBackupState());
    expect(ended.status).toBe("cancelled");
    expect([node.status, node.openJobId, removed, freeName]).toEqual(["active", null, undefined, undefined]);
    expect([subject?.site.openJobId, subject?.environment.status, subject?.made?.status]).toEqual([
      null,
      "active",
      "failed",
    ]);
  });

  it.each(["active", "failed"] as const)("at once puts an environment that was %s back to that", (status) => {
    const { subject } = cancelledUnbegun(makeRestoreState(undefined, status));
    expect([subject?.site.status, subject?.environment.status]).toEqual([status, status]);
  });
});

function allOf(decision: CancelDecision): Record<string, CancelDecision> {
  const names = ["untouched", "leased", "with a create on its way", "with a server", "with a refused create"];
  return Object.fromEntries(names.map((name) => [name, decision]));
}

it("a job that nobody has begun ends with its node, as if it had never been", () => {
  const nowMs = startMs + 1000;
  const { job, node, freeName } = cancelledUnbegun(makeState({ nowMs }));
  expect(freeName).toBe(true);
  expect(job).toMatchObject({ status: "cancelled", finishedAtMs: nowMs, cancelRequestedAtMs: nowMs, failure: null });
  expect(new Set(job.steps.map(({ status }) => status))).toEqual(new Set(["skipped"]));
  expect(node).toMatchObject({ status: "decommissioned", serverState: "none", openJobId: null, updatedAtMs: nowMs });
});

describe("a new job", () => {
  it.each([
    ["node_provision", 120],
    ["node_delete", 60],
  ] as const)("%s has its plan's steps and %d minutes", (jobType, minutes) => {
    const node = { id: nodeId, name: "web-1", providerId: "hetzner", serverId: 7, openCreate: null } as const;
    const job = newJob({ jobId, jobType, installation, node, nowMs: startMs });
    expect(job.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(
      plans[jobType].steps.map((name) => `${name} pending`),
    );
    expect(job).toMatchObject({ status: "queued", wakeSeq: 0, leases: 0, attemptCount: 0, maxAttempts: 3 });
    expect(job.deadlineAtMs).toBe(startMs + minutes * 60_000);
    expect(job.work).toMatchObject({ serverId: 7, create: null });
  });

  it("takes over the orders that a provision left open", () => {
    const openCreate = { sentAtMs: startMs - 1000, openSends: 1 };
    const node = { id: nodeId, name: "web-1", providerId: "hetzner", serverId: 7, openCreate } as const;
    const { work } = newJob({ jobId, jobType: "node_delete", installation, node, nowMs: startMs });
    expect(work.create).toMatchObject({ ...openCreate, name: "web-1", outcome: "made" });
  });
});

describe("a new node", () => {
  const order = {
    nodeId,
    jobId,
    providerId: "hetzner",
    serverType: "cx23",
    location: "nbg1",
    image: "debian-12",
    monthlyCostCents: null,
    sshPort: 22,
    sshUser: "root",
    nowMs: startMs,
  } as const;

  it("has no server, and its job has it", () => {
    expect(newNode({ ...order, name: "web-1" })).toMatchObject({
      name: "web-1",
      status: "provisioning",
      serverState: "none",
      serverId: null,
      openJobId: jobId,
      lastJobId: jobId,
      stateVersion: 1,
    });
  });

  it("without a name is named after its id", () => {
    expect(newNode({ ...order, name: undefined }).name).toBe("pl-0badcafe");
  });
});
