/** A site in service, its backups, and jobs on them started as the API starts them; what must be true after each. */
import { expect } from "vitest";
import * as z from "zod";
import type { Ran, RunScript } from "../../local/stand-ins/index.ts";
import { MEMORY_ADDRESS } from "../../shared/artifacts-memory.ts";
import type { BackupRecord } from "../../shared/domain/backup.ts";
import { isOpen, type JobRecord } from "../../shared/domain/job.ts";
import { type SiteStart, startBackup, startDrill, startRestore } from "../../shared/domain/plans/start-site.ts";
import { playbookResults } from "../../shared/domain/playbooks.ts";
import { startSiteJob } from "../../shared/store/site-requests.ts";
import { findSite } from "../../shared/store/sites.ts";
import type { Crash } from "./interrupts.ts";
import { expectSoundSite, makeSiteWorld, type SiteRun } from "./site-world.ts";
import { storeBackup } from "./stand-in-backup.ts";
import { installation, runJob, type WorldOptions } from "./world.ts";

const HOUR_MS = 3_600_000;

let counted = 0;
const freshId = (): string => {
  counted += 1;
  return `018f0000-0000-7000-a000-${counted.toString(16).padStart(12, "0")}`;
};

export type BackupWorld = Awaited<ReturnType<typeof makeBackupWorld>>;

/** Crashes are counted from the next thing that is asked for after `planCrashes`. */
export const makeBackupWorld = async (options: Omit<WorldOptions, "crashes"> = {}) => {
  const world = await makeSiteWorld(options);
  const made = await world.createSite("acme");
  await runJob(world, made);
  const { nodeId, siteId, environmentId } = made;

  const begin = async (start: SiteStart): Promise<SiteRun> => {
    const nowMs = world.clock.now();
    const audit = { id: freshId(), atMs: nowMs, actor: "test", action: "test", nodeId, jobId: start.job.id };
    const started = await startSiteJob(world.table, { start, audit, idempotency: null, nowMs });
    expect(started).toEqual({ kind: "started" });
    await world.queue.send({ v: 1, job_id: start.job.id, seq: 0 }, 0);
    return { nodeId, siteId, environmentId, jobId: start.job.id };
  };
  const opening = async () => {
    const site = await findSite(world.table, siteId);
    if (site === undefined) throw new Error("the site is gone");
    const [node, environment] = [await world.node(nodeId), await world.environment(environmentId)];
    return { jobId: freshId(), installation, node, environment, site, nowMs: world.clock.now() };
  };

  return {
    ...world,
    environmentId,
    startBackup: async (scope: BackupRecord["scope"] = "full") =>
      begin(startBackup(await opening(), { id: freshId(), scope })),
    startRestore: async (restored: BackupRecord) =>
      begin(startRestore(await opening(), { safetyId: freshId(), restored })),
    startDrill: async (tried: BackupRecord) => begin(startDrill(await opening(), tried)),
    /** What the next runs of a playbook do. */
    plan: (playbook: string, ...scripts: readonly RunScript[]) => world.hosts.playbooks.plan(playbook, ...scripts),
    runsOf: (jobId: string) => world.hosts.playbooks.begun().filter(({ id }) => id.startsWith(jobId)),
    /** Asks to cancel after so many looks. False: it was refused. */
    cancelAfter: async (run: SiteRun, looks: number): Promise<boolean> => {
      const isThere = async () => {
        const job = await world.job(run.jobId);
        return job.wakeSeq >= looks || !isOpen(job);
      };
      await world.runUntil(isThere, 8 * HOUR_MS);
      return world.cancel(run);
    },
  };
};

/** A completed backup of its site. */
export const makeBackup = async (world: BackupWorld, scope: BackupRecord["scope"] = "full"): Promise<BackupRecord> => {
  const run = await world.startBackup(scope);
  await runJob(world, run);
  return world.backup((await world.job(run.jobId)).madeBackupId);
};

/** A read leaves nothing behind: a crash before and one after it are the same. */
const isRead = (label: string): boolean => /^(get|query|read secret|S3 head)/.test(label);

/** Every point as a crash, before and after it takes effect. */
export const crashesAt = (labels: readonly string[]): (Crash & { label: string })[] =>
  labels.flatMap((label, index) => {
    const crash = { point: index + 1, label } as const;
    const before = { ...crash, when: "before" } as const;
    return isRead(label) ? [before] : [before, { ...crash, when: "after" } as const];
  });

/** Sends real parts, and says of the last one that it was a byte longer. */
export const lie = ({ artifacts }: BackupWorld): NonNullable<RunScript["end"]> => {
  const told = z.object({ result: playbookResults["backup-create"] });
  return (run: Ran) => {
    const { result } = told.parse(storeBackup(artifacts)(run));
    const parts = result.parts.map((part, index) => ({ ...part, size_bytes: part.size_bytes + (index === 0 ? 1 : 0) }));
    return { result: { ...result, parts, size_bytes: result.size_bytes + 1 } };
  };
};

/** Record and bucket say the same of a backup. */
const expectStored = async (world: BackupWorld, id: string): Promise<void> => {
  const backup = await world.backup(id);
  if (backup.status !== "completed") return expect([backup.checksum, backup.sizeBytes]).toEqual([null, null]);
  expect(await world.artifacts.head(backup.storagePath)).toEqual({ sizeBytes: backup.sizeBytes });
  expect(backup.checksum).toMatch(/^[0-9a-f]{64}$/);
};

/**
 * Beside what holds for every job of a site: the backup that was made is stored or failed; and no pre-signed address is in
 * table, messages or log. That no run begins twice is the stand-in's to see.
 */
export const expectSoundBackup = async (world: BackupWorld, run: SiteRun): Promise<JobRecord> => {
  world.artifacts.heal();
  await expectSoundSite(world, run);
  const job = await world.job(run.jobId);
  if (job.madeBackupId !== null) await expectStored(world, job.madeBackupId);
  const everything = JSON.stringify([world.table.dump(), world.queue.sent(), world.logLines]);
  expect(everything).not.toContain(MEMORY_ADDRESS);
  return job;
};

/** How a job ended, in one word. */
export const outcomeOf = (job: JobRecord): string => job.failure?.code ?? job.status;
