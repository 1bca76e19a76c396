/** A provider that cannot be asked stops no job of a site: that one needs the nodes and their key alone. */
import { describe, expect, test } from "vitest";
import type { BackupRecord } from "../shared/domain/backup.ts";
import type { ProviderRecord } from "../shared/domain/provider.ts";
import { toItem } from "../shared/store/items.ts";
import { keys } from "../shared/store/keys.ts";
import { findProvider } from "../shared/store/providers.ts";
import { type BackupWorld, expectSoundBackup, makeBackup, makeBackupWorld } from "./harness/backup-world.ts";
import { makeSiteWorld, type SiteRun } from "./harness/site-world.ts";
import { runJob, type World } from "./harness/world.ts";

const withProvider = async (world: Pick<World, "table">, change: Partial<ProviderRecord>) => {
  const provider = await findProvider(world.table, "hetzner");
  if (provider === undefined) throw new Error("no provider");
  await world.table.write({ put: toItem(keys.provider("hetzner"), { ...provider, ...change }) });
};

type Begin = (world: BackupWorld, backup: BackupRecord) => Promise<SiteRun>;
const jobs: [string, Begin][] = [
  ["backup_create", (world) => world.startBackup()],
  ["env_restore", (world, backup) => world.startRestore(backup)],
  ["restore_drill", (world, backup) => world.startDrill(backup)],
  ["site_delete", (world, backup) => world.deleteSite(backup.siteId, true)],
];

const ways: [string, Partial<ProviderRecord>][] = [
  ["is disconnected", { status: "disconnected", tokenSecret: null, tokenVerified: false }],
  ["has a token that never worked", { tokenVerified: false }],
  ["has a token that is lost", { tokenSecret: "pressluft/lost" }],
];

describe("a provider that", () => {
  test.each(ways)("%s: a site is made all the same, and nobody is asked", async (_what, change) => {
    const world = await makeSiteWorld();
    const asked = world.simulator.requests().length;
    await withProvider(world, change);
    const run = await world.createSite("acme");
    await runJob(world, run);
    expect((await world.job(run.jobId)).failure ?? "none").toBe("none");
    expect((await world.job(run.jobId)).status).toBe("succeeded");
    expect(world.simulator.requests().length).toBe(asked);
  });

  const jobsByWay = ways.flatMap(([what, change]) =>
    jobs.map(([jobType, begin]) => ({ what, change, jobType, begin })),
  );
  test.each(jobsByWay)("$what: a $jobType succeeds all the same", async ({ change, begin }) => {
    const world = await makeBackupWorld();
    const backup = await makeBackup(world);
    const asked = world.simulator.requests().length;
    await withProvider(world, change);
    const run = await begin(world, backup);
    await runJob(world, run);
    const job = await expectSoundBackup(world, run);
    expect(job.failure).toBeNull();
    expect(job.status).toBe("succeeded");
    expect(job.steps.map(({ status }) => status)).toEqual(job.steps.map(() => "succeeded"));
    expect(world.simulator.requests().length).toBe(asked);
    expect(world.artifacts.openUploads()).toEqual([]);
  });

  test.each(ways)("%s: a backup that is cancelled leaves no upload open", async (_what, change) => {
    const world = await makeBackupWorld();
    await withProvider(world, change);
    const run = await world.startBackup();
    expect(await world.cancelAfter(run, 5)).toBe(true);
    await runJob(world, run);
    expect((await expectSoundBackup(world, run)).status).toBe("cancelled");
    expect(world.artifacts.openUploads()).toEqual([]);
  });

  test("refuses its token: a site is made all the same", async () => {
    const world = await makeSiteWorld();
    world.simulator.plan({ kind: "token_revoked", method: "GET", route: "/servers" });
    const run = await world.createSite("acme");
    await runJob(world, run);
    expect((await world.job(run.jobId)).status).toBe("succeeded");
  });

  test("never had a key: the job waits for the node and ends with the reason", async () => {
    const world = await makeSiteWorld();
    await withProvider(world, { tokenSecret: null, tokenVerified: false, managedKey: null });
    const run = await world.createSite("acme");
    await runJob(world, run);
    expect((await world.job(run.jobId)).failure).toMatchObject({
      code: "ANSIBLE_HOST_UNREACHABLE",
      message: expect.stringContaining("SSH key"),
    });
  });

  test.each(ways)("%s: a node's job ends, as ever", async (_what, change) => {
    const world = await makeSiteWorld();
    await withProvider(world, change);
    const run = await world.order("web-2");
    await runJob(world, run);
    expect((await world.job(run.jobId)).failure).toMatchObject({ reason: "credential_rejected" });
  });
});
