import { describe, expect, it } from "vitest";
import { probed } from "../domain/node.ts";
import { jobId, makeActiveNode, makeJob, makeNode, nodeId, startMs } from "../domain/testing.ts";
import { findReplay } from "./idempotency.ts";
import { findJob } from "./jobs.ts";
import { keys } from "./keys.ts";
import { makeMemoryTable } from "./memory-table.ts";
import { findNode, nodeItem, recordProbe } from "./nodes.ts";
import { createNode, startNodeJob } from "./requests.ts";
import type { Table } from "./table.ts";

const dayMs = 24 * 3_600_000;
const idOf = (n: number) => `018f0000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const idempotency = { scope: "ada@example.org createNode key-1", bodyHash: "hash-1", expiresAtMs: startMs + dayMs };
const auditOf = (n: number) => ({
  id: idOf(n + 500),
  atMs: startMs,
  actor: "token:ada",
  action: "createNode",
  nodeId: idOf(n),
  jobId: idOf(n + 100),
});

/** The `n`-th order, each with ids of its own. */
const order = (n: number, name = `web-${n}`) => ({
  node: makeNode({ id: idOf(n), name, openJobId: idOf(n + 100), lastJobId: idOf(n + 100) }),
  job: makeJob({ id: idOf(n + 100), nodeId: idOf(n) }),
  audit: auditOf(n),
  idempotency,
  nowMs: startMs,
});
const countOf = (table: ReturnType<typeof makeMemoryTable>, prefix: string) =>
  table.dump().filter(({ pk }) => pk.startsWith(prefix)).length;

describe("the creation of a node", () => {
  it("writes node, job, name, key and audit entry together", async () => {
    const table = makeMemoryTable();
    expect(await createNode(table, order(1))).toEqual({ kind: "created" });
    expect(table.dump().map(({ pk }) => pk.split("#")[0])).toEqual(["AUDIT", "IDEMPOTENCY", "JOB", "NAME", "NODE"]);
    expect(await table.get(keys.nodeName("web-1"))).toMatchObject({ nodeId: idOf(1) });
    expect(await table.get(keys.audit("2026-11", auditOf(1).id))).toMatchObject({
      actor: "token:ada",
      nodeId: idOf(1),
    });
  });

  it("without a key leaves none", async () => {
    const table = makeMemoryTable();
    await createNode(table, { ...order(1), idempotency: null });
    expect(countOf(table, "IDEMPOTENCY#")).toBe(0);
  });

  it("under a name that is taken writes nothing and says whose it is", async () => {
    const table = makeMemoryTable();
    await createNode(table, { ...order(1, "web-1"), idempotency: null });
    const before = table.dump();
    expect(await createNode(table, order(2, "web-1"))).toEqual({ kind: "name_taken", nodeId: idOf(1) });
    expect(table.dump()).toEqual(before);
  });

  it.each(["web-1", "web-2"])("a second time under its key is told the first job, under the name %s", async (name) => {
    const table = makeMemoryTable();
    await createNode(table, order(1, "web-1"));
    const before = table.dump();
    expect(await createNode(table, order(2, name))).toEqual({ kind: "replayed", jobId: idOf(101) });
    expect(table.dump()).toEqual(before);
  });

  it("is told the first job also when DynamoDB names only the taken name of what refused", async () => {
    const stored = makeMemoryTable();
    await createNode(stored, order(1, "web-1"));
    const terse: Table = {
      ...stored,
      write: async (...writes) => {
        const result = await stored.write(...writes);
        return result.ok ? result : { ok: false, failed: result.failed.filter(({ index }) => index === 0) };
      },
    };
    expect(await createNode(terse, order(2, "web-1"))).toEqual({ kind: "replayed", jobId: idOf(101) });
  });

  it("under a key that was used for something else is a mismatch", async () => {
    const table = makeMemoryTable();
    await createNode(table, order(1));
    const other = { ...order(2), idempotency: { ...idempotency, bodyHash: "hash-2" } };
    expect(await createNode(table, other)).toEqual({ kind: "mismatch" });
    expect(countOf(table, "NODE#")).toBe(1);
  });

  it("happens once, however many ask at once under one key", async () => {
    const table = makeMemoryTable();
    const asked = Array.from({ length: 10 }, (_, n) => createNode(table, order(n + 1)));
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(["created", ...Array(9).fill("replayed")]);
    expect([countOf(table, "NODE#"), countOf(table, "JOB#"), countOf(table, "NAME#")]).toEqual([1, 1, 1]);
  });

  it("under a key that has expired is a new one, though the item has not been cleaned up", async () => {
    const table = makeMemoryTable();
    await createNode(table, order(1));
    const late = {
      ...order(2),
      nowMs: startMs + dayMs,
      idempotency: { ...idempotency, expiresAtMs: startMs + 2 * dayMs },
    };
    expect(await createNode(table, late)).toEqual({ kind: "created" });
    expect(await findReplay(table, idempotency, startMs + dayMs)).toEqual({ kind: "replayed", jobId: idOf(102) });
  });
});

describe("the replay of a key", () => {
  it.each([
    ["with the same body", {}, startMs + dayMs - 1, { kind: "replayed", jobId: idOf(101) }],
    ["with another body", { bodyHash: "hash-2" }, startMs, { kind: "mismatch" }],
    ["that has expired", {}, startMs + dayMs, null],
    ["of somebody else", { scope: "eve@example.org createNode key-1" }, startMs, null],
  ])("%s", async (_what, change, nowMs, answer) => {
    const table = makeMemoryTable();
    await createNode(table, order(1));
    expect(await findReplay(table, { ...idempotency, ...change }, nowMs)).toEqual(answer);
  });
});

describe("a job on a node", () => {
  const before = makeActiveNode();
  const starting = {
    before,
    after: { ...before, openJobId: jobId, lastJobId: jobId },
    job: makeJob({}, "node_delete"),
    audit: auditOf(1),
  };
  const makeStore = async (node = before) => {
    const table = makeMemoryTable();
    await table.write({ put: nodeItem(node) });
    return table;
  };

  it("takes the node", async () => {
    const table = await makeStore();
    expect(await startNodeJob(table, starting)).toEqual({ started: true });
    expect(await findNode(table, nodeId)).toMatchObject({ openJobId: jobId, stateVersion: 2 });
    expect(await findJob(table, jobId)).toMatchObject({ jobType: "node_delete" });
  });

  it("is refused with the job that has it", async () => {
    const table = await makeStore({ ...before, openJobId: "another" });
    expect(await startNodeJob(table, starting)).toEqual({ started: false, openJobId: "another" });
    expect(await findJob(table, jobId)).toBeUndefined();
  });

  it("is refused when the node changed meanwhile, but not for a probe", async () => {
    expect(await startNodeJob(await makeStore({ ...before, stateVersion: 2 }), starting)).toEqual({
      started: false,
      openJobId: null,
    });
    const seen = await makeStore();
    const active = await findNode(seen, nodeId);
    if (active === undefined) throw new Error("no node");
    const silent = { checkedAtMs: startMs, reached: false, sudo: false, runtime: false };
    await recordProbe(seen, active, probed(active, silent, true));
    expect(await startNodeJob(seen, starting)).toEqual({ started: true });
  });

  it("is one, when two ask at once", async () => {
    const table = await makeStore();
    const second = {
      ...starting,
      after: { ...before, openJobId: idOf(9) },
      job: makeJob({ id: idOf(9) }, "node_delete"),
      audit: auditOf(2),
    };
    expect(await Promise.all([startNodeJob(table, starting), startNodeJob(table, second)])).toEqual([
      { started: true },
      { started: false, openJobId: jobId },
    ]);
  });
});
