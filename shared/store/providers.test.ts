import { describe, expect, it } from "vitest";
import { newJob, newNode } from "../domain/plans/start.ts";
import { disconnectedProvider, type ProviderRecord } from "../domain/provider.ts";
import { makeMemoryVault } from "../vault.ts";
import { jobItem } from "./jobs.ts";
import { makeMemoryTable } from "./memory-table.ts";
import { nodeItem } from "./nodes.ts";
import {
  changeProvider,
  destroyRetired,
  findBudget,
  findCatalogue,
  findProvider,
  finishSecrets,
  makePendingSecret,
  providerInUse,
  putBudget,
  putCatalogue,
  settlePendingSecret,
} from "./providers.ts";
import { tombstoneWrite } from "./tombstones.ts";

const nowMs = 1_800_000_000_000;
const minuteMs = 60_000;
const at = { id: "hetzner", nowMs } as const;
const withToken = (name: string | null) => (current: ProviderRecord) => ({ ...current, tokenSecret: name });

describe("a change of a connection", () => {
  it("begins with a disconnected one and is found again", async () => {
    const table = makeMemoryTable();
    expect(await findProvider(table, "hetzner")).toBeUndefined();
    const changed = await changeProvider(table, at, withToken("a"));
    expect(changed).toEqual({ ...disconnectedProvider("hetzner", nowMs), tokenSecret: "a", version: 1 });
    expect(await findProvider(table, "hetzner")).toEqual(changed);
  });

  it("is decided again over what another one wrote meanwhile", async () => {
    const table = makeMemoryTable();
    const seen: (string | null)[] = [];
    const decide = (name: string) => (current: ProviderRecord) => {
      seen.push(current.tokenSecret);
      return { ...current, tokenSecret: name };
    };
    await Promise.all([changeProvider(table, at, decide("a")), changeProvider(table, at, decide("b"))]);
    expect(seen).toEqual([null, null, "a"]);
    expect(await findProvider(table, "hetzner")).toMatchObject({ tokenSecret: "b", version: 2 });
  });

  it("can be called off", async () => {
    const table = makeMemoryTable();
    expect(await changeProvider(table, at, () => null)).toBeNull();
    expect(table.dump()).toEqual([]);
  });

  it("gives up when others are always faster", async () => {
    const table = makeMemoryTable();
    const losing = { ...table, write: async () => ({ ok: false, failed: [] }) as const };
    await expect(changeProvider(losing, at, withToken("a"))).rejects.toThrow("was changed 5 times");
  });
});

describe("what was seen of a project", () => {
  const budget = { limit: 3600, remaining: 10, resetAtMs: nowMs, seenAtMs: nowMs };
  const catalogue = { fetchedAtMs: nowMs, locations: [], serverTypes: [], images: [] };

  it("last stays, whoever writes last", async () => {
    const table = makeMemoryTable();
    await putBudget(table, "hetzner", budget);
    await putBudget(table, "hetzner", { ...budget, remaining: 99, seenAtMs: nowMs - 1 });
    expect(await findBudget(table, "hetzner")).toEqual(budget);
    await putCatalogue(table, "hetzner", catalogue);
    await putCatalogue(table, "hetzner", { ...catalogue, fetchedAtMs: nowMs - 1 });
    expect(await findCatalogue(table, "hetzner")).toEqual(catalogue);
  });

  it("newer replaces it", async () => {
    const table = makeMemoryTable();
    await putBudget(table, "hetzner", budget);
    await putBudget(table, "hetzner", { ...budget, remaining: 9, seenAtMs: nowMs + 1 });
    expect((await findBudget(table, "hetzner"))?.remaining).toBe(9);
  });
});

const order = { serverType: "cx23", location: "fsn1", image: "debian-13", monthlyCostCents: 475 };
const node = newNode({
  ...order,
  nodeId: "0190a5d0-0000-7000-8000-000000000001",
  jobId: "0190a5d0-0000-7000-8000-000000000002",
  providerId: "hetzner",
  name: undefined,
  sshPort: 22,
  sshUser: "root",
  nowMs,
});
const job = newJob({ jobId: node.lastJobId, jobType: "node_provision", installation: "i", node, nowMs });
const stone = {
  nodeId: node.id,
  providerId: "hetzner",
  installation: "i",
  serverId: 7,
  name: node.name,
  sentAtMs: null,
  openSends: 0,
  reason: "provider_unavailable",
  looks: 0,
  nextLookAtMs: nowMs,
  createdAtMs: nowMs,
} as const;

describe("a provider", () => {
  it("that nothing needs is not in use, nor one whose nodes are decommissioned", async () => {
    const table = makeMemoryTable();
    expect(await providerInUse(table)).toBeNull();
    await table.write({ put: nodeItem({ ...node, status: "decommissioned", serverState: "gone" }) });
    await table.write({ put: jobItem({ ...job, status: "succeeded" }) });
    expect(await providerInUse(table)).toBeNull();
  });

  it("is in use by a node, by an open job, by a tombstone", async () => {
    const [withNode, withJob, withStone] = [makeMemoryTable(), makeMemoryTable(), makeMemoryTable()];
    await withNode.write({ put: nodeItem(node) });
    expect(await providerInUse(withNode)).toMatchObject({ nodes: [{ id: node.id }], jobs: [], tombstones: [] });
    await withJob.write({ put: jobItem(job) });
    expect(await providerInUse(withJob)).toMatchObject({ nodes: [], jobs: [{ id: job.id }] });
    await withStone.write(tombstoneWrite(node.id, stone));
    expect(await providerInUse(withStone)).toMatchObject({ tombstones: [{ nodeId: node.id, serverId: 7 }] });
  });
});

describe("the sweeper", () => {
  const begin = async () => {
    const store = { table: makeMemoryTable(), vault: makeMemoryVault() };
    await makePendingSecret(store, { name: "a", value: "value", providerId: "hetzner", nowMs });
    return store;
  };
  const secretItems = ({ table }: Awaited<ReturnType<typeof begin>>) =>
    table.dump().filter(({ pk }) => pk.startsWith("SECRET#"));

  it("destroys what has been pending for ten minutes, not before", async () => {
    const store = await begin();
    await finishSecrets(store.table, store.vault, nowMs + 9 * minuteMs);
    expect(store.vault.names()).toEqual(["a"]);
    await finishSecrets(store.table, store.vault, nowMs + 10 * minuteMs);
    expect(store.vault.names()).toEqual([]);
    expect(secretItems(store)).toEqual([]);
  });

  it("keeps what has become current, and forgets that it was pending", async () => {
    const store = await begin();
    await changeProvider(store.table, at, withToken("a"));
    await finishSecrets(store.table, store.vault, nowMs + 11 * minuteMs);
    expect(store.vault.names()).toEqual(["a"]);
    expect(secretItems(store)).toEqual([]);
  });

  it("destroys what is retired at once and keeps what others retired meanwhile on the list", async () => {
    const store = await begin();
    const before = await changeProvider(store.table, at, (current) => ({ ...current, retiredSecrets: ["a"] }));
    await changeProvider(store.table, at, (current) => ({ ...current, retiredSecrets: ["a", "b"] }));
    if (before === null) throw new Error("nothing was changed");
    await destroyRetired(store, before, nowMs);
    expect(store.vault.names()).toEqual([]);
    expect((await findProvider(store.table, "hetzner"))?.retiredSecrets).toEqual(["b"]);
    await finishSecrets(store.table, store.vault, nowMs);
    expect((await findProvider(store.table, "hetzner"))?.retiredSecrets).toEqual([]);
  });

  it("goes on with the others when one cannot be destroyed, and says so", async () => {
    const store = await begin();
    await makePendingSecret(store, { name: "b", value: "value", providerId: "hetzner", nowMs });
    const { destroy } = store.vault;
    const vault = {
      ...store.vault,
      destroy: (name: string) => (name === "a" ? Promise.reject(new Error("denied")) : destroy(name)),
    };
    await expect(finishSecrets(store.table, vault, nowMs + 11 * minuteMs)).rejects.toThrow("1 secrets");
    expect(store.vault.names()).toEqual(["a"]);
    expect(secretItems(store)).toHaveLength(1);
  });

  it("need not come for what was settled", async () => {
    const store = await begin();
    await settlePendingSecret(store, { name: "a", isCurrent: true });
    expect(store.vault.names()).toEqual(["a"]);
    await settlePendingSecret(store, { name: "a", isCurrent: false });
    expect(store.vault.names()).toEqual([]);
    expect(secretItems(store)).toEqual([]);
  });
});
