import { describe, expect, it } from "vitest";
import type { Subject } from "../domain/plans/plan.ts";
import type { EnvironmentRecord } from "../domain/site.ts";
import { makeBackup, makeRestoreState } from "../domain/testing/backups.ts";
import { keys } from "./keys.ts";
import { makeMemoryTable } from "./memory-table.ts";
import {
  backupItem,
  environmentItem,
  findBackup,
  findEnvironment,
  findSite,
  findSubject,
  listBackups,
  listEnvironments,
  listSites,
  resetWrites,
  siteItem,
  subjectWrites,
} from "./sites.ts";
import type { Write } from "./table.ts";

const { subject: bare } = makeRestoreState();
const other: EnvironmentRecord = { ...bare.environment, id: "018f0000-0000-7000-8000-0000000000e2", slug: "staging" };
const subject: Subject = {
  ...bare,
  site: { ...bare.site, environmentIds: [bare.environment.id, other.id] },
  others: [other],
  restored: makeBackup(),
};

const makeStore = async () => {
  const table = makeMemoryTable();
  await table.write(
    { put: siteItem(subject.site) },
    { put: { ...keys.siteSlug(subject.site.slug), siteId: subject.site.id } },
    { put: environmentItem(subject.environment) },
    { put: environmentItem(other) },
  );
  for (const backup of [subject.made, subject.restored]) if (backup) await table.write({ put: backupItem(backup) });
  return table;
};
const job = {
  siteId: subject.site.id,
  environmentId: subject.environment.id,
  madeBackupId: subject.made?.id ?? null,
  restoredBackupId: subject.restored?.id ?? null,
};

describe("what a job is about", () => {
  it("is found as it was written", async () => {
    expect(await findSubject(await makeStore(), job)).toEqual(subject);
  });

  it("is its environment also when that is removed, and the others that are there", async () => {
    const table = await makeStore();
    await table.write({ put: siteItem({ ...subject.site, environmentIds: [] }) });
    await table.write({ put: environmentItem({ ...subject.environment, removedAtMs: 1 }) });
    expect(await findSubject(table, { ...job, madeBackupId: null })).toMatchObject({
      environment: { removedAtMs: 1 },
      others: [],
      made: null,
    });
  });

  it.each(["siteId", "environmentId"] as const)("is not found without its %s", async (which) => {
    expect(await findSubject(await makeStore(), { ...job, [which]: "nothing" })).toBeUndefined();
  });
});

describe("what a settle writes", () => {
  const settle = async (after: Partial<Subject>, removed?: "site") => {
    const table = await makeStore();
    const writes = subjectWrites(subject, { ...subject, ...after }, removed);
    expect(await table.write(...writes)).toMatchObject({ ok: true });
    return table;
  };

  it("is nothing when nothing changed", () => {
    expect(subjectWrites(subject, subject, undefined)).toEqual([]);
  });

  it("counts the versions of what changed, and of nothing else", async () => {
    const table = await settle({ environment: { ...subject.environment, status: "active" } });
    expect(await findEnvironment(table, subject.environment.id)).toMatchObject({ status: "active", stateVersion: 2 });
    expect((await findSite(table, subject.site.id))?.stateVersion).toBe(1);
    expect((await findEnvironment(table, other.id))?.stateVersion).toBe(1);
  });

  it("takes a removed environment off the list, and keeps it and its backups", async () => {
    const table = await settle({ environment: { ...subject.environment, removedAtMs: 5 } });
    const listed = await listEnvironments(table, subject.site.id, { limit: 9 });
    expect(listed.items.map(({ id }) => id)).toEqual([other.id]);
    expect((await findEnvironment(table, subject.environment.id))?.removedAtMs).toBe(5);
    expect((await listBackups(table, subject.environment.id, { limit: 9 })).items).toHaveLength(2);
  });

  it("of a site that is gone frees its slug", async () => {
    const table = await settle({ environment: { ...subject.environment, removedAtMs: 5 } }, "site");
    expect(await findSite(table, subject.site.id)).toBeUndefined();
    expect(await table.get(keys.siteSlug(subject.site.slug))).toBeUndefined();
    expect((await listSites(table, { limit: 9 })).items).toEqual([]);
  });

  it("leaves a slug that is another site's by now", async () => {
    const table = await makeStore();
    await table.write({ put: { ...keys.siteSlug(subject.site.slug), siteId: "another" } });
    expect(await table.write(...subjectWrites(subject, subject, "site"))).toMatchObject({ ok: false });
    expect(await table.get(keys.siteSlug(subject.site.slug))).toMatchObject({ siteId: "another" });
  });

  it("keeps what came of its backups", async () => {
    const made = { ...makeBackup(), id: subject.made?.id ?? "" };
    const restored = { ...makeBackup(), drill: { atMs: 1, succeeded: true, jobId: "job-1" } };
    const table = await settle({ made, restored });
    expect((await findBackup(table, made.id))?.status).toBe("completed");
    expect((await findBackup(table, restored.id))?.drill).toMatchObject({ succeeded: true });
  });
});

describe("a reset", () => {
  const before = { site: { ...subject.site, openJobId: null }, environments: [subject.environment, other] };
  const after = { ...before, environments: before.environments.map((one) => ({ ...one, status: "active" as const })) };
  const attempt = async (change: Write | null) => {
    const table = await makeStore();
    await table.write({ put: siteItem(before.site) });
    if (change) await table.write(change);
    const result = await table.write(...resetWrites(before, after));
    return [result.ok, (await findEnvironment(table, other.id))?.status];
  };

  it("changes what is as it was read", async () => {
    expect(await attempt(null)).toEqual([true, "active"]);
  });

  it.each([
    ["a job has the site", { update: keys.site(subject.site.id), set: { openJobId: "job-9" } }],
    ["the site changed", { update: keys.site(subject.site.id), add: { stateVersion: 1 } }],
    ["an environment changed", { update: keys.environment(other.id), add: { stateVersion: 1 } }],
  ])("changes nothing when %s", async (_when, change) => {
    expect(await attempt(change)).toEqual([false, "restoring"]);
  });
});
