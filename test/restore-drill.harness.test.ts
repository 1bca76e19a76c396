/** `restore_drill` through everything that can go wrong with it; what it says of the backup, and that nothing else changes. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
import {
  crashesAt,
  expectSoundBackup,
  failuresAt,
  makeBackup,
  makeBackupWorld,
  modesOf,
  outcomeOf,
  type Prepare,
  spoiled,
} from "./harness/backup-world.ts";
import { runJob, type WorldOptions } from "./harness/world.ts";

/** A site with one backup, then its drill. Whatever comes of it, the environment stays as it is. */
const drill = async ({ crashes, ...options }: WorldOptions = {}, prepare: Prepare = () => undefined) => {
  const world = await makeBackupWorld(options);
  const backup = await makeBackup(world);
  await prepare(world, backup);
  const { status, release, wordpressVersion } = await world.environment(backup.environmentId);
  const passed = world.planCrashes(crashes);
  const run = await world.startDrill(backup);
  await runJob(world, run);
  const labels = world.interrupts.points().slice(passed);
  const job = await expectSoundBackup(world, run);
  expect(status).toBe("active");
  expect(await world.environment(run.environmentId)).toMatchObject({ status, release, wordpressVersion });
  return { world, job, labels, backup: await world.backup(backup.id) };
};

test("ends with a backup that was restored once", async () => {
  const drilled = await drill();
  expect(outcomeOf(drilled.job)).toBe("succeeded");
  expect(drilled.backup.drill).toEqual({ atMs: drilled.job.finishedAtMs, succeeded: true, jobId: drilled.job.id });
  expect(modesOf(drilled)).toEqual(["drill"]);
});

test("succeeds when every step runs twice", async () => {
  const { job, backup } = await drill({ everyStepTwice: true });
  expect([outcomeOf(job), backup.drill?.succeeded]).toEqual(["succeeded", true]);
});

describe("a crash at every numbered outside call and write", async () => {
  const { labels } = await drill();
  test.each(crashesAt(labels))("$when $label ($point): drilled once", async ({ point, when }) => {
    const drilled = await drill({ crashes: [{ point, when }] });
    expect([outcomeOf(drilled.job), drilled.backup.drill?.succeeded]).toEqual(["succeeded", true]);
    expect(modesOf(drilled)).toEqual(["drill"]);
  });
});

const atTask =
  (failedTask: string): Prepare =>
  (world) =>
    world.plan("env-restore", { end: { failedTask } });

describe("a drill that says something of the backup", () => {
  test.each([
    ["it is missing", spoiled(() => undefined), "backup_missing"],
    ["it is truncated", spoiled((size) => Buffer.alloc(size - 1)), "checksum_mismatch"],
    ["it is damaged", spoiled((size) => Buffer.alloc(size)), "checksum_mismatch"],
    ["it is not complete", atTask("restore : Backup is of this environment and complete"), "backup_invalid"],
    ["it cannot be unpacked", atTask("restore : Backup is unpacked"), "backup_invalid"],
    ["WordPress does not answer from it", atTask("restore : Restored site answers"), "health_check_failed"],
  ] as const)("because %s, fails and is recorded", async (_, prepare, reason) => {
    const { job, backup } = await drill({}, prepare);
    expect(job).toMatchObject({ status: "failed", failure: { reason }, attemptCount: 1 });
    expect(backup.drill).toEqual({ atMs: job.finishedAtMs, succeeded: false, jobId: job.id });
    expect(backup.status).toBe("completed");
  });
});

const failing = failuresAt("restore : Folder of the release");

describe("a drill that says nothing of it", () => {
  test.each(failing)("once because %s: the next attempt succeeds", async (_, script) => {
    const { job, backup } = await drill({}, (world) => world.plan("env-restore", script));
    expect([outcomeOf(job), backup.drill?.succeeded]).toEqual(["succeeded", true]);
  });

  test.each(failing)("three times because %s: fails and is not recorded", async (_, script, code) => {
    const drilled = await drill({}, (world) => world.plan("env-restore", script, script, script));
    expect([outcomeOf(drilled.job), drilled.backup.drill]).toEqual([code, null]);
    expect(modesOf(drilled).at(-1)).toBe("clean");
  });

  test.each([
    ["the disk is too full", "There is room on the disk"],
    ["MariaDB does not answer", "Node has room and services for it"],
  ])("because %s, fails at once and is not recorded", async (_, task) => {
    const { job, backup } = await drill({}, atTask(`restore : ${task}`));
    expect(job).toMatchObject({ status: "failed", failure: { reason: "task_failed" }, attemptCount: 1 });
    expect(backup.drill).toBeNull();
  });

  test("because it never ends, is stopped and cleaned up", async () => {
    const scripts = Array<RunScript>(3).fill({ end: "hangs" });
    const drilled = await drill({}, (world) => world.plan("env-restore", ...scripts));
    expect(outcomeOf(drilled.job)).toMatch(/^(ANSIBLE|JOB)_TIMEOUT$/);
    expect(drilled.backup.drill).toBeNull();
  });

  test.each(["AccessDenied", "SlowDown"])("because S3 says %s for ever", async (code) => {
    const { job, backup } = await drill({}, (world) => world.artifacts.fail("head", code, 10_000));
    expect([outcomeOf(job), backup.drill]).toEqual(["BACKUP_UPLOAD_FAILED", null]);
  });

  test.each(["AccessDenied", "SlowDown"])("because S3 says %s a while, is waited out", async (code) => {
    const { job } = await drill({}, (world) => world.artifacts.fail("head", code, 3));
    expect(outcomeOf(job)).toBe("succeeded");
  });
});

describe("a cancel at every look", async () => {
  const { job: whole } = await drill();
  const looks = Array.from({ length: whole.wakeSeq + 1 }, (_, count) => count);
  test.each(looks)("after %i looks leaves nothing on the node and nothing recorded", async (count) => {
    const world = await makeBackupWorld();
    const tried = await makeBackup(world);
    const run = await world.startDrill(tried);
    const isTaken = await world.cancelAfter(run, count);
    await runJob(world, run);
    const job = await expectSoundBackup(world, run);
    expect(isTaken).toBe(count < whole.wakeSeq);
    expect(job.status).toBe(isTaken ? "cancelled" : "succeeded");
    expect((await world.backup(tried.id)).drill === null).toBe(isTaken);
    const begun = modesOf({ world, job });
    if (isTaken && begun.includes("drill")) expect(begun.at(-1)).toBe("clean");
    expect((await world.environment(run.environmentId)).status).toBe("active");
  });
});
