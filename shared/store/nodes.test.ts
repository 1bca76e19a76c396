import { describe, expect, it } from "vitest";
import { probed } from "../domain/node.ts";
import { makeActiveNode, makeNode, nodeId, startMs } from "../domain/testing.ts";
import { keys } from "./keys.ts";
import { makeMemoryTable } from "./memory-table.ts";
import { findNode, freeNameWrite, listNodes, nodeItem, nodeUpdate, recordProbe } from "./nodes.ts";

const idOf = (n: number) => `018f0000-0000-7000-8000-00000000000${n}`;

describe("an update of a node", () => {
  it("writes only what differs, and counts", () => {
    expect(nodeUpdate(makeNode(), makeNode({ serverState: "creating" }))).toEqual([
      {
        update: keys.node(nodeId),
        set: { serverState: "creating", work_pk: "NODES#LISTED", work_sk: nodeId },
        add: { stateVersion: 1 },
        remove: [],
        when: [{ exists: true }],
      },
    ]);
  });

  it("that changes nothing is none, or only its condition", () => {
    expect(nodeUpdate(makeNode(), makeNode())).toEqual([]);
    const when = [{ attribute: "openJobId", is: "=", value: null }] as const;
    expect(nodeUpdate(makeNode(), makeNode(), when)).toEqual([{ check: keys.node(nodeId), when }]);
  });

  it("of a node that is gone makes none", async () => {
    const table = makeMemoryTable();
    expect(await table.write(...nodeUpdate(makeNode(), makeNode({ publicIp: "198.51.100.7" })))).toMatchObject({
      ok: false,
    });
    expect(table.dump()).toEqual([]);
  });
});

describe("the list of nodes", () => {
  const retired = { status: "decommissioned", serverState: "gone" } as const;

  it("begins with the newest and hides what is decommissioned, unless it is asked for", async () => {
    const table = makeMemoryTable();
    await table.write({ put: nodeItem(makeNode({ id: idOf(1) })) });
    await table.write({ put: nodeItem(makeNode({ id: idOf(2), ...retired })) });
    await table.write({ put: nodeItem(makeNode({ id: idOf(3), ...retired, serverState: "still_billing" })) });
    const listed = async (decommissioned: boolean) =>
      (await listNodes(table, { decommissioned, limit: 10 })).items.map(({ id }) => id);
    expect(await listed(false)).toEqual([idOf(3), idOf(1)]);
    expect(await listed(true)).toEqual([idOf(3), idOf(2), idOf(1)]);
  });

  it("loses a node by the update that retires it, and gets it back by the one that finds it billed", async () => {
    const table = makeMemoryTable();
    const active = makeActiveNode();
    await table.write({ put: nodeItem(active) });
    const listed = async () => (await listNodes(table, { decommissioned: false, limit: 10 })).items.length;
    await table.write(...nodeUpdate(active, { ...active, ...retired }));
    expect(await listed()).toBe(0);
    await table.write(
      ...nodeUpdate({ ...active, ...retired }, { ...active, status: "decommissioned", serverState: "still_billing" }),
    );
    expect(await listed()).toBe(1);
  });
});

describe("a name", () => {
  it.each([
    ["its node's", nodeId, true],
    ["another node's", "another", false],
  ])("that is %s", async (_whose, owner, isFreed) => {
    const table = makeMemoryTable();
    await table.write({ put: { ...keys.nodeName("web-1"), nodeId: owner } });
    expect((await table.write(freeNameWrite(makeNode()))).ok).toBe(isFreed);
    expect((await table.get(keys.nodeName("web-1"))) === undefined).toBe(isFreed);
  });

  it("that nobody has is free already", async () => {
    expect(await makeMemoryTable().write(freeNameWrite(makeNode()))).toMatchObject({ ok: true });
  });
});

describe("a probe", () => {
  const reached = { checkedAtMs: startMs + 1, reached: true, sudo: true, runtime: true };

  it("is written beside everything else, which stays", async () => {
    const table = makeMemoryTable();
    const active = makeActiveNode();
    await table.write({ put: nodeItem(active) });
    const after = { ...active, probe: reached, lastSeenAtMs: startMs + 1 };
    expect(await recordProbe(table, active, probed(active, reached, true))).toEqual(after);
    expect(await findNode(table, nodeId)).toEqual(after);
  });

  it("that reached nobody keeps when the node was last seen", async () => {
    const table = makeMemoryTable();
    const active = makeActiveNode();
    await table.write({ put: nodeItem(active) });
    const silent = { checkedAtMs: startMs + 1, reached: false, sudo: false, runtime: false };
    expect(await recordProbe(table, active, probed(active, silent, true))).toMatchObject({
      probe: silent,
      lastSeenAtMs: startMs,
      missedProbes: 1,
    });
  });

  it("of a node that is gone makes none", async () => {
    const table = makeMemoryTable();
    const active = makeActiveNode();
    expect(await recordProbe(table, active, probed(active, reached, true))).toBeUndefined();
    expect(table.dump()).toEqual([]);
  });
});
