import { describe, expect, it } from "vitest";
import { makeActiveNode, nodeId, startMs } from "../domain/testing.ts";
import { nodeAfter, type Tombstone } from "../domain/tombstone.ts";
import { keys } from "./keys.ts";
import { makeMemoryTable } from "./memory-table.ts";
import { findNode, nodeItem } from "./nodes.ts";
import { findTombstone, listTombstones, settleTombstone, tombstoneWrite } from "./tombstones.ts";

const stone: Tombstone = {
  nodeId,
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
const node = makeActiveNode({ serverState: "still_billing", deletionBlockedReason: "busy" });
const makeStore = async (stored = node) => {
  const table = makeMemoryTable();
  await table.write({ put: nodeItem(stored) }, tombstoneWrite(nodeId, stone), {
    put: { ...keys.nodeName("web-1"), nodeId },
  });
  return table;
};
const closing = {
  before: stone,
  node,
  after: { stone: "closed" as const, node: nodeAfter(node, { kind: "gone" }, startMs + 1) },
};

it("a tombstone is found by its node until it is closed", async () => {
  const table = await makeStore();
  expect(await findTombstone(table, nodeId)).toEqual(stone);
  await table.write(tombstoneWrite(nodeId, "closed"));
  expect(await findTombstone(table, nodeId)).toBeUndefined();
});

it("those that are due come first the longest due, the others not at all", async () => {
  const table = makeMemoryTable();
  for (const [n, atMs] of [2000, 0, 1000].entries())
    await table.write(tombstoneWrite(`node-${n}`, { ...stone, nodeId: `node-${n}`, nextLookAtMs: startMs + atMs }));
  const due = async (dueBeforeMs?: number) =>
    (await listTombstones(table, { limit: 10, ...(dueBeforeMs === undefined ? {} : { dueBeforeMs }) })).items.map(
      (one) => one.nodeId,
    );
  expect(await due(startMs + 1000)).toEqual(["node-1", "node-2"]);
  expect(await due(startMs - 1)).toEqual([]);
  expect(await due()).toEqual(["node-1", "node-2", "node-0"]);
});

describe("a look's result", () => {
  it("that closes it retires the node and frees its name", async () => {
    const table = await makeStore();
    expect(await settleTombstone(table, closing)).toBe(true);
    expect(await findTombstone(table, nodeId)).toBeUndefined();
    expect(await findNode(table, nodeId)).toMatchObject({ status: "decommissioned", serverState: "gone" });
    expect(await table.get(keys.nodeName("web-1"))).toBeUndefined();
  });

  it("that keeps it writes the next look, even where the node stays as it is", async () => {
    const table = await makeStore();
    const later = { ...stone, looks: 1, nextLookAtMs: startMs + 1000 };
    expect(await settleTombstone(table, { before: stone, node, after: { stone: later, node } })).toBe(true);
    expect(await findTombstone(table, nodeId)).toEqual(later);
    expect(await findNode(table, nodeId)).toEqual(node);
    expect(await table.get(keys.nodeName("web-1"))).toBeDefined();
  });

  it("is not written when another sweep was faster", async () => {
    const table = await makeStore();
    await table.write(tombstoneWrite(nodeId, { ...stone, nextLookAtMs: startMs + 1 }));
    const before = table.dump();
    expect(await settleTombstone(table, closing)).toBe(false);
    expect(table.dump()).toEqual(before);
  });

  it.each([true, false])("is not written while a job has the node (the node changes: %s)", async (changes) => {
    const table = await makeStore({ ...node, openJobId: "job-1" });
    const before = table.dump();
    const after = changes ? closing.after : { stone, node };
    expect(await settleTombstone(table, { ...closing, after })).toBe(false);
    expect(table.dump()).toEqual(before);
  });
});
