import { describe, expect, it } from "vitest";
import { jobStatuses } from "../../contracts/models.ts";
import type { JobRecord } from "../domain/job.ts";
import { probed } from "../domain/node.ts";
import { cancelledUnbegun } from "../domain/plans/start.ts";
import { jobId, makeJob, makeNode, startMs } from "../domain/testing.ts";
import type { Tombstone } from "../domain/tombstone.ts";
import {
  findJob,
  jobItem,
  leaseJob,
  listJobs,
  listOpenJobs,
  recordIntent,
  requestCancel,
  type Settlement,
  settleJob,
  settleUnleased,
} from "./jobs.ts";
import { keys } from "./keys.ts";
import { makeMemoryTable } from "./memory-table.ts";
import { findNode, nodeItem, recordProbe } from "./nodes.ts";
import type { Table } from "./table.ts";
import { findTombstone } from "./tombstones.ts";

const leaseMs = 75_000;
const request = { jobId, seq: 0, leaseId: "lease-1", nowMs: startMs, leaseMs, maxLeases: 5 };

/** A job and its node with its name, as an order leaves them; `job` as the test needs it. */
const makeStore = async (job: Partial<JobRecord> = {}) => {
  const table = makeMemoryTable();
  const node = makeNode();
  await table.write(
    { put: jobItem(makeJob(job)) },
    { put: nodeItem(node) },
    { put: { ...keys.nodeName(node.name), nodeId: node.id } },
  );
  return table;
};
const leased = async (table: Table, change: Partial<typeof request> = {}) => {
  const lease = await leaseJob(table, { ...request, ...change });
  if (lease.kind !== "leased") throw new Error(`not leased but ${lease.kind}`);
  return lease.job;
};
const stored = async (table: Table): Promise<JobRecord> => {
  const job = await findJob(table, jobId);
  if (job === undefined) throw new Error("no job");
  return job;
};

/**
 * The answer to each write gets lost and the AWS SDK sends it again. A transaction carries the SDK's idempotency token and
 * is answered as it was; a single write is judged again, by what it wrote itself.
 */
const losingAnswers = (table: Table): Table => ({
  ...table,
  write: async (...writes) => {
    const first = await table.write(...writes);
    return writes.length > 1 ? first : table.write(...writes);
  },
});

describe("the lease of a job", () => {
  it("is taken for the message whose turn it is, and counted", async () => {
    const table = await makeStore();
    expect(await leaseJob(table, request)).toMatchObject({ kind: "leased", job: { id: jobId } });
    expect(await stored(table)).toMatchObject({
      leaseId: "lease-1",
      lockedAtMs: startMs,
      leaseUntilMs: startMs + leaseMs,
      leases: 1,
      wakeSeq: 0,
    });
  });

  const live = { leaseId: "other", leaseUntilMs: startMs + 1 };
  const over = { leaseId: "other", leaseUntilMs: startMs };
  const rows: [string, Partial<JobRecord>, string][] = [
    ["is free", {}, "leased"],
    ["runs and is free", { status: "running" }, "leased"],
    ["is of another turn", { wakeSeq: 1 }, "stale"],
    ["is leased until later", live, "busy"],
    ["was leased until now", over, "leased"],
    ["was leased four times in vain", { ...over, leases: 4 }, "leased"],
    ["was leased five times in vain", { ...over, leases: 5 }, "exhausted"],
    ["is in its fifth lease", { ...live, leases: 5 }, "busy"],
    ["is of another turn and exhausted", { ...over, leases: 5, wakeSeq: 1 }, "stale"],
  ];
  it.each(rows)("of a job that %s: %s %s", async (_what, job, kind) => {
    const table = await makeStore(job);
    const before = await stored(table);
    expect((await leaseJob(table, request)).kind).toBe(kind);
    if (kind !== "leased") expect(await stored(table)).toEqual(before);
  });

  it.each(jobStatuses)("of a job that is %s is given only while it is open", async (status) => {
    const isOpen = status === "queued" || status === "running";
    expect((await leaseJob(await makeStore({ status }), request)).kind).toBe(isOpen ? "leased" : "stale");
  });

  it("of a job that does not exist is stale, and makes none", async () => {
    const table = makeMemoryTable();
    expect(await leaseJob(table, request)).toEqual({ kind: "stale" });
    expect(table.dump()).toEqual([]);
  });

  it("is one, however many ask at once", async () => {
    const table = await makeStore();
    const asked = Array.from({ length: 10 }, (_, n) => leaseJob(table, { ...request, leaseId: `lease-${n}` }));
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind).sort();
    expect(kinds).toEqual([...Array(9).fill("busy"), "leased"]);
    expect((await stored(table)).leases).toBe(1);
  });

  it("is ours and counted once when its answer is lost", async () => {
    const table = await makeStore();
    expect(await leaseJob(losingAnswers(table), request)).toMatchObject({
      kind: "leased",
      job: { leaseId: "lease-1" },
    });
    expect((await stored(table)).leases).toBe(1);
  });
});

describe("an intent", () => {
  const after = (job: JobRecord): JobRecord => ({ ...job, status: "running", progress: 5 });

  it("is recorded under the lease, which it keeps", async () => {
    const table = await makeStore();
    const job = await leased(table);
    expect(await recordIntent(table, job, after(job))).toBe(true);
    expect(await stored(table)).toEqual(after(job));
  });

  it("is recorded though its answer is lost", async () => {
    const table = await makeStore();
    const job = await leased(table);
    expect(await recordIntent(losingAnswers(table), job, after(job))).toBe(true);
  });

  it("of a lost lease is not recorded", async () => {
    const table = await makeStore();
    const job = await leased(table);
    const other = await leased(table, { leaseId: "lease-2", nowMs: startMs + leaseMs });
    expect(await recordIntent(table, job, after(job))).toBe(false);
    expect(await stored(table)).toEqual(other);
  });
});

const settlement = (job: JobRecord, change: Partial<JobRecord> = {}): Settlement => ({
  before: { job, node: makeNode() },
  after: {
    job: { ...job, status: "running", runAfterMs: startMs + 5000, ...change },
    node: makeNode({ serverState: "creating" }),
  },
});

describe("a settle", () => {
  it("writes result and node, ends the lease and passes the turn on", async () => {
    const table = await makeStore();
    const job = await leased(table);
    expect(await settleJob(table, settlement(job))).toEqual({ kind: "settled", seq: 1 });
    expect(await stored(table)).toMatchObject({
      status: "running",
      wakeSeq: 1,
      leaseId: null,
      lockedAtMs: null,
      leaseUntilMs: null,
      leases: 0,
      runAfterMs: startMs + 5000,
    });
    expect(await findNode(table, makeNode().id)).toMatchObject({ serverState: "creating", stateVersion: 2 });
  });

  it("leaves a node alone that it does not change", async () => {
    const table = await makeStore();
    const { before, after } = settlement(await leased(table));
    await settleJob(table, { before, after: { ...after, node: before.node } });
    expect((await findNode(table, before.node.id))?.stateVersion).toBe(1);
  });

  it("of a lost lease writes nothing at all", async () => {
    const table = await makeStore();
    const job = await leased(table);
    await leased(table, { leaseId: "lease-2", nowMs: startMs + leaseMs });
    const before = table.dump();
    expect(await settleJob(table, { ...settlement(job), freeName: true })).toEqual({ kind: "lost" });
    expect(table.dump()).toEqual(before);
  });

  it.each([true, false])("is settled once when its answer is lost (the node changes: %s)", async (nodeChanges) => {
    const table = await makeStore();
    const { before, after } = settlement(await leased(table));
    const same = nodeChanges ? after : { ...after, node: before.node };
    expect(await settleJob(losingAnswers(table), { before, after: same })).toEqual({ kind: "settled", seq: 1 });
    expect((await stored(table)).wakeSeq).toBe(1);
  });

  it("never writes over a cancel that came in meanwhile", async () => {
    const table = await makeStore();
    const job = await leased(table);
    await requestCancel(table, jobId, startMs + 1);
    expect((await settleJob(table, settlement(job))).kind).toBe("settled");
    expect((await stored(table)).cancelRequestedAtMs).toBe(startMs + 1);
  });

  const deciding = [
    ["a success", { status: "succeeded" }],
    ["the point of no return", { finalAtMs: startMs }],
  ] as const;

  it.each(deciding)("of %s yields to such a cancel", async (_what, change) => {
    const table = await makeStore();
    const job = await leased(table);
    await requestCancel(table, jobId, startMs + 1);
    const before = table.dump();
    expect(await settleJob(table, settlement(job, change))).toEqual({ kind: "cancelled" });
    expect(table.dump()).toEqual(before);
  });

  it.each(deciding)("of %s stands when the cancel had been seen", async (_what, change) => {
    const table = await makeStore();
    await requestCancel(table, jobId, startMs - 1);
    const job = await leased(table);
    expect((await settleJob(table, settlement(job, change))).kind).toBe("settled");
  });

  it("never writes over a probe that came in meanwhile", async () => {
    const table = await makeStore();
    const job = await leased(table);
    const found = { checkedAtMs: startMs + 1, reached: true, sudo: true, runtime: false };
    await recordProbe(table, makeNode(), probed(makeNode(), found, true));
    await settleJob(table, settlement(job));
    expect(await findNode(table, makeNode().id)).toMatchObject({
      probe: found,
      lastSeenAtMs: startMs + 1,
      serverState: "creating",
    });
  });

  const stone: Tombstone = {
    nodeId: makeNode().id,
    providerId: "hetzner",
    installation: "i",
    serverId: 7,
    name: "web-1",
    sentAtMs: null,
    openSends: 0,
    reason: "busy",
    looks: 0,
    nextLookAtMs: startMs,
    createdAtMs: startMs,
  };

  it("puts a tombstone, closes it and frees the name with it", async () => {
    const table = await makeStore();
    await settleJob(table, { ...settlement(await leased(table)), tombstone: stone });
    expect(await findTombstone(table, stone.nodeId)).toEqual(stone);
    const job = await leased(table, { seq: 1 });
    const { before } = settlement(job);
    const node = await findNode(table, before.node.id);
    if (node === undefined) throw new Error("no node");
    await settleJob(table, { before: { job, node }, after: { job, node }, tombstone: "closed", freeName: true });
    expect(await findTombstone(table, stone.nodeId)).toBeUndefined();
    expect(await table.get(keys.nodeName("web-1"))).toBeUndefined();
  });

  it("of an end takes the job off the list of open ones, and nothing else does", async () => {
    const table = await makeStore();
    await settleJob(table, settlement(await leased(table)));
    expect((await listOpenJobs(table, { limit: 10 })).items).toHaveLength(1);
    await settleJob(table, settlement(await leased(table, { seq: 1 }), { status: "failed" }));
    expect((await listOpenJobs(table, { limit: 10 })).items).toEqual([]);
    expect((await listJobs(table, { limit: 10 })).items).toHaveLength(1);
  });
});

describe("a request to cancel", () => {
  it.each(jobStatuses)("of a job that is %s is written only while it is open", async (status) => {
    const table = await makeStore({ status });
    const isOpen = status === "queued" || status === "running";
    expect(await requestCancel(table, jobId, startMs + 1)).toBe(isOpen);
    expect((await stored(table)).cancelRequestedAtMs).toBe(isOpen ? startMs + 1 : null);
  });

  it("is written once: the first moment stands", async () => {
    const table = await makeStore();
    await requestCancel(table, jobId, startMs + 1);
    expect(await requestCancel(table, jobId, startMs + 2)).toBe(true);
    expect((await stored(table)).cancelRequestedAtMs).toBe(startMs + 1);
  });

  it("is not written once there is no way back, and stands if it came before", async () => {
    const late = await makeStore({ status: "running", finalAtMs: startMs });
    expect(await requestCancel(late, jobId, startMs + 1)).toBe(false);
    expect((await stored(late)).cancelRequestedAtMs).toBeNull();
    const early = await makeStore({ status: "running", finalAtMs: startMs, cancelRequestedAtMs: startMs - 1 });
    expect(await requestCancel(early, jobId, startMs + 1)).toBe(true);
  });

  it("of no job is none", async () => {
    expect(await requestCancel(makeMemoryTable(), jobId, startMs)).toBe(false);
  });

  it("touches no lease", async () => {
    const table = await makeStore();
    const job = await leased(table);
    await requestCancel(table, jobId, startMs + 1);
    expect(await stored(table)).toEqual({ ...job, cancelRequestedAtMs: startMs + 1 });
  });
});

describe("a cancel at once", () => {
  const state = { nowMs: startMs + 1, job: makeJob(), node: makeNode() };
  const cancel: Settlement = { before: state, after: cancelledUnbegun(state), freeName: true };

  it("ends job and node, and frees the name", async () => {
    const table = await makeStore();
    expect(await settleUnleased(table, cancel)).toBe(true);
    expect(await stored(table)).toMatchObject({ status: "cancelled", finishedAtMs: startMs + 1 });
    expect(await findNode(table, state.node.id)).toMatchObject({ status: "decommissioned", openJobId: null });
    expect(await table.get(keys.nodeName("web-1"))).toBeUndefined();
    expect((await listOpenJobs(table, { limit: 10 })).items).toEqual([]);
    expect((await leaseJob(table, request)).kind).toBe("stale");
  });

  it.each([
    ["leased", { leaseId: "lease-1", leaseUntilMs: startMs + leaseMs }],
    ["begun", { status: "running" }],
    ["at another turn", { wakeSeq: 1 }],
    ["over", { status: "cancelled" }],
  ] as const)("of a job that is %s by now changes nothing", async (_what, job) => {
    const table = await makeStore(job);
    const before = table.dump();
    expect(await settleUnleased(table, cancel)).toBe(false);
    expect(table.dump()).toEqual(before);
  });
});

describe("lists of jobs", () => {
  const ids = [1, 2, 3].map((n) => `018f0000-0000-7000-8000-00000000000${n}`);
  const makeList = async () => {
    const table = makeMemoryTable();
    for (const [n, id] of ids.entries())
      await table.write({ put: jobItem(makeJob({ id, runAfterMs: startMs - n * 1000 })) });
    return table;
  };

  it("begin with the newest", async () => {
    const table = await makeList();
    const page = await listJobs(table, { limit: 2 });
    const rest = await listJobs(table, { limit: 2, cursor: page.cursor });
    expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual([...ids].reverse());
  });

  it("of open ones begin with the longest due, and end at the moment asked for", async () => {
    const table = await makeList();
    const due = async (dueBeforeMs: number) =>
      (await listOpenJobs(table, { dueBeforeMs, limit: 10 })).items.map(({ id }) => id);
    expect(await due(startMs)).toEqual([ids[2], ids[1], ids[0]]);
    expect(await due(startMs - 1000)).toEqual([ids[2], ids[1]]);
    expect(await due(startMs - 2001)).toEqual([]);
  });
});
