/** A site in service, its backups, and jobs on them started as the API starts them; what must be true after each. */
import { expect } from "vitest";
import * as z from "zod";
import type { Ran, RunScript } from "../../local/stand-ins/index.ts";
import { MEMORY_ADDRESS } from "../../shared/artifacts-memory.ts";
import type { BackupRecord } from "../../shared/domain/backup.ts";
import { isOpen, type JobRecord } from "../../shared/domain/job.ts";
import { startBackup, startDrill, startRestore } from "../../shared/domain/plans/start-site.ts";
import { playbookResults } from "../../shared/domain/playbooks.ts";
import { crashesAt as everyCrashAt, expectSoundSite, freshId, makeSiteWorld, type SiteRun } from "./site-world.ts";
import { storeBackup } from "./stand-in-backup.ts";
import { runJob, type WorldOptions } from "./world.ts";

const HOUR_MS = 3_600_000;

export type BackupWorld = Awaited<ReturnType<typeof makeBackupWorld>>;

/** Crashes are counted from the next thing that is asked for after `planCrashes`. */
export const makeBackupWorld = async (options: Omit<WorldOptions, "crashes"> = {}) => {
  const world = await makeSiteWorld(options);
  const made = await world.createSite("acme");
  await runJob(world, made);
  const { environmentId } = made;
  const { begin } = world;
  const opening = () => world.openingOn(environmentId);

  return {
    ...world,
    environmentId,
    startBackup: async (scope: BackupRecord["scope"] = "full") =>
      begin(startBackup(await opening(), { id: freshId(), scope })),
    startRestore: async (restored: BackupRecord, withSafety = true) =>
      begin(startRestore(await opening(), { safetyId: withSafety ? freshId() : null, restored })),
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

/** Every point as a crash, before and, where that differs, after it takes effect. */
export const crashesAt = (labels: readonly string[]) =>
  everyCrashAt(labels).filter(({ label, when }) => when === "before" || !isRead(label));

/** What a test does to world and backup before its job is asked for. */
export type Prepare = (world: BackupWorld, backup: BackupRecord) => unknown;

/** Other bytes in the bucket in the place of the backup, made of its size; undefined: none. */
export const spoiled =
  (bytesOf: (sizeBytes: number) => Uint8Array | undefined): Prepare =>
  (world, { storagePath, sizeBytes }) =>
    world.artifacts.spoil(storagePath, bytesOf(sizeBytes ?? 0));

/** How a run may fail without a word on the backup, and what three of that come to. `failedTask` is one of its own. */
export const failuresAt = (failedTask: string): readonly (readonly [string, RunScript, string])[] => [
  ["a task fails", { end: { failedTask } }, "ANSIBLE_HOST_FAILED"],
  ["the play fails", { end: { failedTask: "x", exitCode: 1, recap: null } }, "ANSIBLE_PLAY_ERROR"],
  ["the node ends it", { end: { failedTask: "x", exitCode: 124, recap: null } }, "ANSIBLE_TIMEOUT"],
  ["it is cut off", { end: "is_cut_off" }, "ANSIBLE_PLAY_ERROR"],
];

const moded = z.object({ mode: z.string() });

/** What the runs of a job did: the mode of those that have one, the playbook of the others. */
export const modesOf = ({ world, job }: { world: BackupWorld; job: JobRecord }): string[] =>
  world.runsOf(job.id).map(({ playbook, vars }) => moded.safeParse(vars).data?.mode ?? playbook);

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
