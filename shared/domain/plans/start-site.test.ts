/** The records that each job of a site begins with. */
import { describe, expect, it } from "vitest";
import type { EnvironmentRecord, SiteRecord } from "../site.ts";
import { environmentId, backupJobId as jobId, madeId, makeBackup, siteId } from "../testing/backups.ts";
import { installation, makeActiveNode, startMs } from "../testing.ts";
import { isPlanned, plans } from "./index.ts";
import { noWork } from "./start.ts";
import {
  type SiteStart,
  startBackup,
  startDrill,
  startEnvCreate,
  startEnvDelete,
  startRestore,
  startSiteCreate,
  startSiteDelete,
} from "./start-site.ts";

const stagingId = "018f0000-0000-7000-8000-0000000000e2";
const node = makeActiveNode({ environmentCount: 2, openCreate: { sentAtMs: 1, openSends: 1 } });
const opening = { jobId, installation, node, nowMs: startMs };
const order = { siteId, environmentId, name: "Acme", slug: "acme", adminEmail: "ada@example.org" };
const created = startSiteCreate({ ...opening, ...order, previewDomain: "{ip}.example.org" });

const site: SiteRecord = {
  ...created.site.after,
  status: "active",
  openJobId: null,
  environmentIds: [environmentId, stagingId],
};
const primary = (change: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  ...first(created),
  status: "active",
  release: "0000abcd",
  ...change,
});
const staging: EnvironmentRecord = { ...primary(), id: stagingId, slug: "staging", status: "failed" };
const on = { ...opening, site, environment: primary() };

function first({ environments }: SiteStart): EnvironmentRecord {
  const [one] = environments;
  if (one === undefined) throw new Error("no environment");
  return one.after;
}

const request = { name: "Staging", slug: "staging", type: "staging", promotion_preset: "content-protect" } as const;
const siteDelete = (change: Partial<EnvironmentRecord> = {}, backupId: string | null = madeId) =>
  startSiteDelete({ ...on, environment: primary(change), others: [staging], backupId });

const starts = {
  site_create: created,
  env_create: startEnvCreate({ ...on, environmentId: stagingId, previewDomain: "{ip}.example.org" }, request),
  env_delete: startEnvDelete(on),
  site_delete: siteDelete(),
  backup_create: startBackup(on, { id: madeId, scope: "db" }),
  env_restore: startRestore(on, { safetyId: madeId, restored: makeBackup() }),
  restore_drill: startDrill(on, makeBackup()),
} as const;
const rows = Object.entries(starts).map(([jobType, start]) => ({ jobType, start }));

describe("every start", () => {
  it.each(rows)("$jobType is a queued job that has its node and site", ({ jobType, start }) => {
    const { job } = start;
    expect(job).toMatchObject({ id: jobId, jobType, status: "queued", nodeId: node.id, siteId, installation });
    expect(start.node.before).toBe(node);
    expect(start.node.after.openJobId).toBe(jobId);
    expect(start.site.after).toMatchObject({ openJobId: jobId, lastJobId: jobId });
    for (const { after } of start.environments) expect(after.lastJobId).toBe(jobId);
  });

  it.each(rows)("$jobType has nothing at the provider, whatever its node has", ({ start }) => {
    expect(start.job.work).toEqual(noWork);
  });

  it.each(rows)("$jobType begins with the steps and the time of its plan", ({ start }) => {
    const { jobType } = start.job;
    if (!isPlanned(jobType)) throw new Error("no plan");
    const plan = plans[jobType];
    expect(start.job.steps.map(({ name }) => name)).toEqual(plan.steps);
    expect(start.job.deadlineAtMs).toBe(startMs + plan.totalMinutes * 60_000);
  });

  it.each(rows)("$jobType leaves the node's own last job alone", ({ start }) => {
    expect(start.node.after.lastJobId).toBe(node.lastJobId);
  });
});

describe("what each makes of site and environments", () => {
  it.each([
    ["site_create", "deploying", ["deploying"], 3, []],
    ["env_create", "cloning", ["cloning"], 3, []],
    ["env_delete", "deploying", ["deploying"], 2, ["active"]],
    ["site_delete", "deploying", ["deploying", "deploying"], 2, ["active", "failed"]],
    ["backup_create", "active", ["active"], 2, []],
    ["env_restore", "restoring", ["restoring"], 2, ["active"]],
    ["restore_drill", "active", ["active"], 2, []],
  ] as const)("%s", (jobType, siteStatus, statuses, count, before) => {
    const start = starts[jobType];
    expect(start.site.after.status).toBe(siteStatus);
    expect(start.environments.map(({ after }) => after.status)).toEqual(statuses);
    expect(start.node.after.environmentCount).toBe(count);
    expect(Object.values(start.job.statusesBefore)).toEqual(before);
  });

  it("a new site has a primary environment called Production", () => {
    expect(created.site.before).toBeNull();
    expect(created.site.after).toMatchObject({
      ...{ name: "Acme", slug: "acme" },
      primaryEnvironmentId: environmentId,
    });
    expect(first(created)).toMatchObject({
      name: "Production",
      slug: "production",
      environmentType: "production",
      promotionPreset: "content-protect",
      sourceEnvironmentId: null,
      previewUrl: "http://production.acme.198-51-100-7.example.org",
      release: null,
      removedAtMs: null,
      stateVersion: 1,
    });
  });

  it("a clone joins the environments of its site", () => {
    expect(starts.env_create.site.after.environmentIds).toEqual([environmentId, stagingId, stagingId]);
    expect(first(starts.env_create)).toMatchObject({
      id: stagingId,
      sourceEnvironmentId: environmentId,
      release: null,
    });
  });
});

describe("the backups that are made", () => {
  it.each([
    ["site_create", null],
    ["env_create", null],
    ["env_delete", null],
    ["site_delete", "full"],
    ["backup_create", "db"],
    ["env_restore", "full"],
    ["restore_drill", null],
  ] as const)("%s: %s", (jobType, scope) => {
    const { backup, job } = starts[jobType];
    expect(backup?.scope ?? null).toBe(scope);
    expect(job.madeBackupId).toBe(scope === null ? null : madeId);
  });

  it("are pending, under a key of their own, and kept for 30 days", () => {
    expect(starts.backup_create.backup).toMatchObject({
      id: madeId,
      siteId,
      environmentId,
      status: "pending",
      storagePath: `backups/${environmentId}/${madeId}.tar.zst`,
      retentionUntilMs: startMs + 30 * 86_400_000,
      checksum: null,
      jobId,
    });
  });

  it("and the backup that is restored or tried out is named", () => {
    const { id } = makeBackup();
    expect([starts.env_restore.job.restoredBackupId, starts.restore_drill.job.restoredBackupId]).toEqual([id, id]);
  });
});

describe("the last backup of a site", () => {
  it.each([
    ["in service", {}, true],
    ["in service again after a reset, of a release that nobody recorded", { release: null }, true],
    ["failed, but was in service", { status: "failed" }, true],
    ["failed and never was in service", { status: "failed", release: null }, false],
    ["removed already", { removedAtMs: 1 }, false],
  ] as const)("of a primary environment that is %s", (_what, change, isMade) => {
    const { backup, job } = siteDelete(change);
    expect(backup !== null).toBe(isMade);
    expect(job.steps.some(({ name }) => name.startsWith("final_"))).toBe(isMade);
    expect(job.steps.at(-1)?.name).toBe("remove");
  });

  it("is not made when it is not wanted", () => {
    const { backup, job } = siteDelete({}, null);
    expect([backup, job.steps.map(({ name }) => name)]).toEqual([null, ["remove"]]);
  });

  it.each([
    ["lost", "unreachable", null, ["forget_environments"]],
    ["in service", "active", null, ["remove"]],
  ] as const)("on a node that is %s: without one the steps are its own", (_what, status, backupId, steps) => {
    const start = startSiteDelete({ ...on, node: { ...node, status }, others: [staging], backupId });
    expect(start.job.steps.map(({ name }) => name)).toEqual(steps);
    expect(start.backup).toBeNull();
    expect(start.node.after).toMatchObject({ environmentCount: 2, forgottenEnvironments: 0, openJobId: jobId });
  });

  it("is never left out by itself on a lost node: what was not given up is not forgotten", () => {
    const lost = { ...on, node: { ...node, status: "unreachable" as const } };
    const neverServed = primary({ status: "failed", release: null });
    const { job } = startSiteDelete({ ...lost, environment: neverServed, others: [staging], backupId: madeId });
    expect(job.steps.map(({ name }) => name)).toEqual(["remove"]);
  });

  it("and what is removed already is not touched", () => {
    expect(siteDelete({ removedAtMs: 1 }).environments.map(({ after }) => after.id)).toEqual([stagingId]);
  });
});

it("a node without an address cannot get a site: it was not ready", () => {
  const homeless = { ...opening, node: { ...node, publicIp: null } };
  expect(() => startSiteCreate({ ...homeless, ...order, previewDomain: "example.org" })).toThrow("has no address");
});
