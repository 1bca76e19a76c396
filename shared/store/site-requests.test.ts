/** A site's job begins as a whole or not at all. */
import { describe, expect, it } from "vitest";
import { type SiteStart, startBackup, startSiteCreate } from "../domain/plans/start-site.ts";
import { installation, makeActiveNode, startMs } from "../domain/testing.ts";
import { findJob, jobItem } from "./jobs.ts";
import { keys } from "./keys.ts";
import { makeMemoryTable } from "./memory-table.ts";
import { findNode, nodeItem, recordProbe } from "./nodes.ts";
import { startSiteJob } from "./site-requests.ts";
import {
  environmentItem,
  findBackup,
  findEnvironment,
  findSite,
  listEnvironments,
  listSites,
  siteItem,
} from "./sites.ts";
import type { Table } from "./table.ts";

const idOf = (kind: string, n: number) => `018f0000-0000-7000-8000-0000000${kind}${String(n).padStart(4, "0")}`;
const node = makeActiveNode();
const dayMs = 86_400_000;
const idempotency = { scope: "ada createSite key-1", bodyHash: "hash-1", expiresAtMs: startMs + dayMs };

/** The `n`-th site, each with ids of its own. */
const creation = (n: number, slug = `acme-${n}`): SiteStart =>
  startSiteCreate({
    jobId: idOf("d", n),
    installation,
    node,
    nowMs: startMs,
    siteId: idOf("c", n),
    environmentId: idOf("e", n),
    name: "Acme",
    slug,
    adminEmail: "ada@example.org",
    previewDomain: "example.org",
  });
const asked = (start: SiteStart, n: number) => ({
  start,
  audit: { id: idOf("a", n), atMs: startMs, actor: "test", action: "createSite", nodeId: node.id, jobId: start.job.id },
  idempotency: null,
  nowMs: startMs,
});
const makeStore = async () => {
  const table = makeMemoryTable();
  await table.write({ put: nodeItem(node) });
  return table;
};

/** A site in service, and a backup of it that is asked for. */
const makeSite = async () => {
  const table = await makeStore();
  const { site, environments } = creation(1);
  const [environment] = environments.map(({ after }) => ({ ...after, status: "active" }) as const);
  if (environment === undefined) throw new Error("no environment");
  const own = { ...site.after, status: "active", openJobId: null } as const;
  await table.write({ put: siteItem(own) }, { put: environmentItem(environment) });
  const backup = (n: number) =>
    startBackup(
      { jobId: idOf("d", n), installation, node, nowMs: startMs, site: own, environment },
      { id: idOf("b", n), scope: "full" },
    );
  return { table, site: own, environment, backup };
};

describe("the start of a site", () => {
  it("writes site, slug, environment, node, job, audit entry and key together", async () => {
    const table = await makeStore();
    expect(await startSiteJob(table, { ...asked(creation(1), 1), idempotency })).toEqual({ kind: "started" });
    const kinds = table.dump().map(({ pk }) => pk.split("#")[0]);
    expect(kinds).toEqual(["AUDIT", "ENVIRONMENT", "IDEMPOTENCY", "JOB", "NODE", "SITE", "SLUG"]);
    expect(await findNode(table, node.id)).toMatchObject({
      openJobId: idOf("d", 1),
      environmentCount: 1,
      stateVersion: 2,
    });
    expect((await listSites(table, { limit: 5 })).items).toMatchObject([{ id: idOf("c", 1) }]);
    expect((await listEnvironments(table, idOf("c", 1), { limit: 5 })).items).toMatchObject([{ id: idOf("e", 1) }]);
  });

  it("under a slug that is taken writes nothing and says whose it is", async () => {
    const table = await makeStore();
    await table.write({ put: { ...keys.siteSlug("acme"), siteId: "another" } });
    const before = table.dump();
    expect(await startSiteJob(table, asked(creation(1, "acme"), 1))).toEqual({ kind: "slug_taken", siteId: "another" });
    expect(table.dump()).toEqual(before);
  });

  it.each([
    ["a job has it", { openJobId: "job-9" }, "job-9"],
    ["it changed meanwhile", { stateVersion: 7 }, null],
    ["it is no longer active", { status: "unreachable" }, null],
  ] as const)("on a node is refused when %s", async (_when, change, jobId) => {
    const table = await makeStore();
    await table.write({ put: nodeItem({ ...node, ...change }) });
    const before = table.dump();
    expect(await startSiteJob(table, asked(creation(1), 1))).toEqual({
      kind: "taken",
      what: "node",
      id: node.id,
      jobId,
    });
    expect(table.dump()).toEqual(before);
  });

  it("is not refused for a probe of the node", async () => {
    const table = await makeStore();
    await recordProbe(table, node, { ...node, probe: { checkedAtMs: 1, reached: true, sudo: true, runtime: true } });
    expect(await startSiteJob(table, asked(creation(1), 1))).toEqual({ kind: "started" });
  });

  it("is one, when two ask at once for one node", async () => {
    const table = await makeStore();
    expect(
      await Promise.all([startSiteJob(table, asked(creation(1), 1)), startSiteJob(table, asked(creation(2), 2))]),
    ).toEqual([{ kind: "started" }, { kind: "taken", what: "node", id: node.id, jobId: idOf("d", 1) }]);
  });

  it("a second time under its key is told the first job, whatever else refuses", async () => {
    const table = await makeStore();
    await startSiteJob(table, { ...asked(creation(1), 1), idempotency });
    const second = { ...asked(creation(2, "acme-1"), 2), idempotency };
    expect(await startSiteJob(table, second)).toEqual({ kind: "replayed", jobId: idOf("d", 1) });
    const terse: Table = {
      ...table,
      write: async (...writes) => {
        const result = await table.write(...writes);
        return result.ok ? result : { ok: false, failed: result.failed.slice(0, 1) };
      },
    };
    expect(await startSiteJob(terse, second)).toEqual({ kind: "replayed", jobId: idOf("d", 1) });
    const other = { ...second, idempotency: { ...idempotency, bodyHash: "hash-2" } };
    expect(await startSiteJob(table, other)).toEqual({ kind: "mismatch" });
  });
});

describe("the start of a job on a site", () => {
  it("takes site and node and makes the backup", async () => {
    const { table, site, environment, backup } = await makeSite();
    expect(await startSiteJob(table, asked(backup(2), 2))).toEqual({ kind: "started" });
    expect(await findSite(table, site.id)).toMatchObject({ openJobId: idOf("d", 2), stateVersion: 2 });
    expect(await findEnvironment(table, environment.id)).toMatchObject({ lastJobId: idOf("d", 2), status: "active" });
    expect(await findBackup(table, idOf("b", 2))).toMatchObject({ status: "pending" });
    expect(await findJob(table, idOf("d", 2))).toMatchObject({ jobType: "backup_create" });
  });

  it.each([
    ["a job has the site", (id: string) => ({ update: keys.site(id), set: { openJobId: "job-9" } }), "job-9"],
    ["the site changed meanwhile", (id: string) => ({ update: keys.site(id), add: { stateVersion: 1 } }), null],
  ] as const)("is refused when %s", async (_when, change, jobId) => {
    const { table, site, backup } = await makeSite();
    await table.write(change(site.id));
    const before = table.dump();
    expect(await startSiteJob(table, asked(backup(2), 2))).toEqual({ kind: "taken", what: "site", id: site.id, jobId });
    expect(table.dump()).toEqual(before);
  });

  it("is refused when the environment changed meanwhile, as by a reset", async () => {
    const { table, site, environment, backup } = await makeSite();
    await table.write({ update: keys.environment(environment.id), add: { stateVersion: 1 } });
    expect(await startSiteJob(table, asked(backup(2), 2))).toEqual({
      kind: "taken",
      what: "site",
      id: site.id,
      jobId: null,
    });
  });

  it("names the job that has the node, when that alone is taken", async () => {
    const { table, backup } = await makeSite();
    await table.write({ update: keys.node(node.id), set: { openJobId: "job-9" }, add: { stateVersion: 1 } });
    expect(await startSiteJob(table, asked(backup(2), 2))).toEqual({
      kind: "taken",
      what: "node",
      id: node.id,
      jobId: "job-9",
    });
  });

  it("never writes over a job that is there", async () => {
    const { table, backup } = await makeSite();
    const start = backup(2);
    await table.write({ put: jobItem({ ...start.job, status: "running" }) });
    expect((await startSiteJob(table, asked(start, 2))).kind).toBe("taken");
    expect((await findJob(table, start.job.id))?.status).toBe("running");
  });
});
