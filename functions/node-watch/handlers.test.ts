/** Which nodes a run of the schedule looks at, and what it makes of what it sees; the hosts are the stand-in. */
import { describe, expect, it } from "vitest";
import type { NodeRecord, Probe } from "../../shared/domain/node.ts";
import { makeActiveNode, makeNode } from "../../shared/domain/testing.ts";
import { makeLog } from "../../shared/log.ts";
import { makeMemoryTable } from "../../shared/store/memory-table.ts";
import { findNode, nodeItem } from "../../shared/store/nodes.ts";
import type { Table } from "../../shared/store/table.ts";
import { managedKey, providerWrite } from "../node-check/fixture.ts";
import { watchNodes } from "./handlers.ts";

const MINUTE_MS = 60_000;
const startMs = Date.UTC(2026, 10, 23, 12);

const idOf = (n: number) => `018f0000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const seenAt = (checkedAtMs: number): Probe => ({ checkedAtMs, reached: true, sudo: true, runtime: true });
/** The n-th node, at an address that ends in n. */
const makeNth = (n: number, change: Partial<NodeRecord> = {}): NodeRecord =>
  makeActiveNode({ id: idOf(n), publicIp: `198.51.100.${n}`, probe: seenAt(startMs - 10 * MINUTE_MS), ...change });

interface Options {
  readonly hasKey?: boolean;
  /** What happens between the look and its record. */
  readonly meanwhile?: (table: Table) => Promise<unknown>;
}

const makeWatch = async (nodes: readonly NodeRecord[], { hasKey = true, meanwhile }: Options = {}) => {
  const table = makeMemoryTable();
  await table.write(providerWrite(startMs));
  for (const node of nodes) await table.write({ put: nodeItem(node) });
  const silent = new Set<string>();
  const asked: string[] = [];
  const lines: string[] = [];
  const secretsRead: string[] = [];
  let nowMs = startMs;
  const deps = {
    table,
    now: () => nowMs,
    log: makeLog(
      "test",
      () => nowMs,
      (line) => lines.push(line),
    ),
    readSecret: async (name: string) => {
      secretsRead.push(name);
      return hasKey ? "key" : undefined;
    },
    lookAtHost: async ({ host }: { host: string }) => {
      asked.push(host);
      await meanwhile?.(table);
      if (host === "198.51.100.99") throw new Error("no memory left");
      const cloudInit = { status: "done", detail: null } as const;
      if (silent.has(host)) return { reached: false, reason: "timeout" } as const;
      return { reached: true, cloudInit, sudo: true, runtimePresent: true } as const;
    },
  };
  const nodeOf = async (n: number) => {
    const node = await findNode(table, idOf(n));
    if (node === undefined) throw new Error("no node");
    return node;
  };
  /** As many runs, five minutes apart. */
  const watch = async (runs = 1) => {
    for (let run = 0; run < runs; run += 1) {
      await watchNodes(deps);
      nowMs += 5 * MINUTE_MS;
    }
  };
  return { watch, nodeOf, silent, asked, lines, secretsRead };
};

describe("a run of the schedule", () => {
  it.each<[string, Partial<NodeRecord>, boolean]>([
    ["active, last looked at five minutes ago", { probe: seenAt(startMs - 5 * MINUTE_MS) }, true],
    ["active, just looked at", { probe: seenAt(startMs - 5 * MINUTE_MS + 1) }, false],
    ["active, never looked at", { probe: null }, true],
    ["unreachable", { status: "unreachable" }, true],
    ["being made", { status: "provisioning" }, false],
    ["being deleted", { serverState: "deleting" }, false],
    ["left behind", { serverState: "still_billing" }, false],
    ["decommissioned", { status: "decommissioned", serverState: "gone" }, false],
    ["without an address", { publicIp: null }, false],
    ["working on a site", { openJobId: "018f0000-0000-7000-8000-000000000099" }, true],
  ])("at a node that is %s: %s %s", async (_what, change, looks) => {
    const { watch, asked } = await makeWatch([makeNth(1, change)]);
    await watch();
    expect(asked).toEqual(looks ? ["198.51.100.1"] : []);
  });

  it("takes the twenty that were not looked at for longest", async () => {
    const nodes = Array.from({ length: 25 }, (_, n) =>
      makeNth(n + 1, { probe: seenAt(startMs - (10 + n) * MINUTE_MS) }),
    );
    const { watch, asked } = await makeWatch(nodes);
    await watch();
    expect(asked).toEqual(
      nodes
        .slice(5)
        .reverse()
        .map(({ publicIp }) => publicIp),
    );
  });

  it("gives no turn to a node to which there is no way: unseen for ever, it would keep the others from theirs", async () => {
    const noWay = Array.from({ length: 20 }, (_, n) => makeNth(n + 2, { publicIp: null, probe: null }));
    const { watch, asked, lines } = await makeWatch([makeNth(1), ...noWay]);
    await watch();
    expect(asked).toEqual(["198.51.100.1"]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: "nodes_not_probed", count: 20, node_ids: noWay.map(({ id }) => id).reverse() },
    ]);
  });

  it("reads the key once, however many nodes it opens", async () => {
    const { watch, asked, secretsRead } = await makeWatch([makeNth(1), makeNth(2), makeNth(3)]);
    await watch();
    expect([asked.length, secretsRead]).toEqual([3, [managedKey.secretName]]);
  });

  it("finds them behind many others", async () => {
    const others = Array.from({ length: 210 }, (_, n) => makeNode({ id: idOf(1000 + n), name: `new-${n}` }));
    const { watch, asked } = await makeWatch([makeNth(1), ...others]);
    await watch();
    expect(asked).toEqual(["198.51.100.1"]);
  });

  it("looks at the others when one look breaks, and says so at the end", async () => {
    const { watch, nodeOf, lines } = await makeWatch([makeNth(99), makeNth(1)]);
    await expect(watch()).rejects.toThrow("1 of 2");
    expect((await nodeOf(1)).probe?.checkedAtMs).toBe(startMs);
    expect(lines.join()).toContain("no memory left");
  });

  it("says nothing of a node while there is no key to log in with", async () => {
    const { watch, nodeOf, lines } = await makeWatch([makeNth(1)], { hasKey: false });
    await watch(4);
    expect((await nodeOf(1)).status).toBe("active");
    expect(lines.join()).toContain("nodes_not_probed");
  });
});

describe("a node that does not answer", () => {
  it("is unreachable at the third miss in a row, and active again at the first answer", async () => {
    const { watch, nodeOf, silent } = await makeWatch([makeNth(1)]);
    await watch();
    const { lastSeenAtMs, stateVersion } = await nodeOf(1);
    silent.add("198.51.100.1");
    await watch(2);
    expect(await nodeOf(1)).toMatchObject({ status: "active", missedProbes: 2, lastSeenAtMs, stateVersion });
    await watch();
    expect(await nodeOf(1)).toMatchObject({ status: "unreachable", missedProbes: 3, lastSeenAtMs });
    expect((await nodeOf(1)).stateVersion).toBe(stateVersion + 1);
    await watch(5);
    silent.clear();
    await watch();
    expect(await nodeOf(1)).toMatchObject({ status: "active", missedProbes: 0 });
    expect((await nodeOf(1)).lastSeenAtMs).toBeGreaterThan(lastSeenAtMs ?? 0);
  });

  it("keeps its status when it answers in between", async () => {
    const { watch, nodeOf, silent } = await makeWatch([makeNth(1)]);
    for (let round = 0; round < 4; round += 1) {
      silent.add("198.51.100.1");
      await watch(2);
      silent.clear();
      await watch();
    }
    expect(await nodeOf(1)).toMatchObject({ status: "active", missedProbes: 0 });
  });

  it.each<[string, Partial<NodeRecord>, Partial<NodeRecord>]>([
    ["its deletion began", { missedProbes: 2 }, { serverState: "deleting" }],
    ["it was decommissioned", { missedProbes: 2 }, { status: "decommissioned", serverState: "gone" }],
    ["it answered after all", { missedProbes: 2 }, { status: "unreachable" }],
  ])("is left as it is when meanwhile %s", async (_what, before, then) => {
    const node = makeNth(1, before);
    const meanwhile = (table: Table) => table.write({ put: nodeItem({ ...node, ...then, stateVersion: 9 }) });
    const { watch, nodeOf, silent } = await makeWatch([node], { meanwhile });
    silent.add("198.51.100.1");
    await watch();
    expect(await nodeOf(1)).toMatchObject({ status: node.status, ...then, stateVersion: 9 });
  });
});
