/** `backup_create` through everything that can go wrong with it: twice, crashed, refused by S3, failed on the node, cancelled. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
import {
  type BackupWorld,
  crashesAt,
  expectSoundBackup,
  failuresAt,
  lie,
  makeBackupWorld,
  outcomeOf,
} from "./harness/backup-world.ts";
import { storeBackup } from "./harness/stand-in-backup.ts";
import { runJob, type WorldOptions } from "./harness/world.ts";

const store = async (
  { crashes, ...options }: WorldOptions = {},
  prepare: (world: BackupWorld) => unknown = () => undefined,
) => {
  const world = await makeBackupWorld(options);
  await prepare(world);
  const passed = world.planCrashes(crashes);
  const run = await world.startBackup();
  await runJob(world, run);
  const labels = world.interrupts.points().slice(passed);
  const job = await expectSoundBackup(world, run);
  const environment = await world.environment(run.environmentId);
  expect(environment).toMatchObject({ status: "active", release: expect.any(String) });
  return { world, job, backup: await world.backup(job.madeBackupId), labels };
};

test("ends with an object whose checksum and size are recorded, and nothing unfinished", async () => {
  const { world, job, backup } = await store();
  expect(outcomeOf(job)).toBe("succeeded");
  expect(job.steps.map(({ status }) => status)).toEqual(Array(4).fill("succeeded"));
  expect(world.artifacts.keys()).toEqual([backup.storagePath]);
  expect(world.artifacts.openUploads()).toEqual([]);
  expect(world.runsOf(job.id)).toHaveLength(1);
});

test("succeeds when every step runs twice", async () => {
  const { world, job, backup } = await store({ everyStepTwice: true });
  expect(outcomeOf(job)).toBe("succeeded");
  expect(world.artifacts.keys()).toEqual([backup.storagePath]);
  // The upload whose settle was lost; the bucket's lifecycle rule ends it.
  expect(world.artifacts.openUploads().length).toBeLessThanOrEqual(1);
});

describe("a crash at every numbered outside call and write", async () => {
  const { labels } = await store();
  test.each(crashesAt(labels))("$when $label ($point): one object", async ({ point, when }) => {
    const { world, job, backup } = await store({ crashes: [{ point, when }] });
    expect(outcomeOf(job)).toBe("succeeded");
    expect(world.interrupts.crashes()).toBe(1);
    expect(world.artifacts.keys()).toEqual([backup.storagePath]);
    expect(world.artifacts.openUploads().length).toBeLessThanOrEqual(1);
    expect(world.runsOf(job.id)).toHaveLength(1);
  });
});

const partUrls = (from: number) => ({ kind: "part_urls", from });
/** A run that asks for addresses on its way, and then does what a run does. */
const asking = (world: BackupWorld, script: RunScript) =>
  world.plan("backup-create", { end: storeBackup(world.artifacts), ...script });

describe("a backup of more parts than addresses are given at a time", () => {
  test("is stored whole", async () => {
    const { world, job, backup } = await store({}, (made) =>
      asking(made, { asks: [partUrls(21), partUrls(41)], seconds: 600 }),
    );
    expect(outcomeOf(job)).toBe("succeeded");
    expect(job.steps.find(({ name }) => name === "send_parts")?.detail).toContain("41 parts");
    expect(world.artifacts.keys()).toEqual([backup.storagePath]);
  });

  test("is stored whole when every step runs twice", async () => {
    const { job } = await store({ everyStepTwice: true }, (made) => asking(made, { asks: [partUrls(21)] }));
    expect(outcomeOf(job)).toBe("succeeded");
  });

  test("that expire before they are used fail, and are given again to a run that asks again", async () => {
    const seconds = 4000;
    const late = await store({}, (made) => asking(made, { seconds }));
    expect(late.job).toMatchObject({ status: "succeeded", attemptCount: 2 });
    const renewed = await store({}, (made) => asking(made, { seconds, asks: [partUrls(1)] }));
    expect(renewed.job).toMatchObject({ status: "succeeded", attemptCount: 1 });
  });

  test("is not given what nobody can use, and ends by its time", async () => {
    const { job, world } = await store({}, (made) => {
      for (let run = 0; run < 3; run += 1) asking(made, { asks: [{ kind: "part_urls", from: 10_001 }] });
    });
    expect(outcomeOf(job)).toMatch(/^(ANSIBLE|JOB)_TIMEOUT$/);
    expect(world.artifacts.openUploads()).toEqual([]);
  });
});

/** How a run may end, and what three of that come to. */
const endings: readonly (readonly [string, RunScript, string])[] = [
  ["the upload fails", { end: { failedTask: "backup : Backup is stored" } }, "BACKUP_UPLOAD_FAILED"],
  ...failuresAt("backup : Archive is made"),
];

describe("a run that fails", () => {
  test.each(endings)("once because %s: the next one succeeds", async (_, script) => {
    const { world, job } = await store({}, (made) => made.plan("backup-create", script));
    expect(outcomeOf(job)).toBe("succeeded");
    expect(world.runsOf(job.id)).toHaveLength(2);
  });

  test.each(endings)("three times because %s", async (_, script, code) => {
    const { world, job, backup } = await store({}, (made) => made.plan("backup-create", script, script, script));
    expect([job.status, outcomeOf(job)]).toEqual(["failed", code]);
    expect(backup.status).toBe("failed");
    expect([world.artifacts.keys(), world.artifacts.openUploads()]).toEqual([[], []]);
  });

  test.each([
    ["cannot be read", { exitCode: 4, recap: null }, "ANSIBLE_SYNTAX_ERROR"],
    ["meets a fault of Ansible", { exitCode: 250, recap: null }, "ANSIBLE_UNEXPECTED_ERROR"],
  ] as const)("is not tried again when it %s", async (_, end, code) => {
    const { world, job } = await store({}, (made) => made.plan("backup-create", { end: { failedTask: "x", ...end } }));
    expect(outcomeOf(job)).toBe(code);
    expect(world.runsOf(job.id)).toHaveLength(1);
  });

  test("to end is stopped when the job's time is over", async () => {
    const { world, job } = await store({}, (made) => {
      for (let run = 0; run < 4; run += 1) made.plan("backup-create", { end: "hangs" });
    });
    expect(outcomeOf(job)).toMatch(/^(ANSIBLE|JOB)_TIMEOUT$/);
    expect(world.artifacts.openUploads()).toEqual([]);
  });
});

describe("what the node says it sent", () => {
  const saying = (change: object) =>
    store({}, (made) => {
      const whole = {
        sha256: "5e".repeat(32),
        size_bytes: 10,
        parts: [{ number: 1, etag: "7d".repeat(16), size_bytes: 10 }],
      };
      made.plan("backup-create", { end: { result: { ...whole, wordpress_version: null, ...change } } });
    });

  test.each([
    ["parts that S3 does not have", {}, "BACKUP_UPLOAD_FAILED"],
    ["nothing that can be understood", { parts: "all" }, "ANSIBLE_UNEXPECTED_ERROR"],
    ["sizes that do not add up", { size_bytes: 11 }, "ANSIBLE_UNEXPECTED_ERROR"],
  ])("is no backup when it is %s", async (_, change, code) => {
    const { world, job, backup } = await saying(change);
    expect([outcomeOf(job), backup.status]).toEqual([code, "failed"]);
    expect([world.artifacts.keys(), world.artifacts.openUploads()]).toEqual([[], []]);
  });

  test("is no backup when S3 holds another size", async () => {
    const { job, backup } = await store({}, (made) => made.plan("backup-create", { end: lie(made) }));
    expect([outcomeOf(job), backup.status]).toEqual(["BACKUP_UPLOAD_FAILED", "failed"]);
    expect(job.failure?.message).toContain("S3 holds");
  });
});

const operations = ["openUpload", "completeUpload", "head"] as const;
const codes = ["AccessDenied", "SlowDown", "NoSuchBucket", "ExpiredToken", "Timeout"];
const complaints = operations.flatMap((operation) => codes.map((code) => ({ operation, code })));

describe("every complaint of S3", () => {
  test.each(complaints)("$code at $operation, three times: waited out", async ({ operation, code }) => {
    const { world, job } = await store({}, (made) => made.artifacts.fail(operation, code, 3));
    expect(outcomeOf(job)).toBe("succeeded");
    expect(world.artifacts.openUploads()).toEqual([]);
  });

  test.each(complaints)("$code at $operation, for ever: the job fails and says so", async ({ operation, code }) => {
    const { job, backup } = await store({}, (made) => made.artifacts.fail(operation, code, 10_000));
    expect([outcomeOf(job), backup.status]).toEqual(["BACKUP_UPLOAD_FAILED", "failed"]);
    expect(job.failure?.message).toContain(code);
  });
});

describe("a cancel at every look", async () => {
  const { job: whole } = await store();
  const looks = Array.from({ length: whole.wakeSeq + 1 }, (_, count) => count);
  const cancelled = async (count: number, prepare: (world: BackupWorld) => unknown = () => undefined) => {
    const world = await makeBackupWorld();
    const run = await world.startBackup();
    const isTaken = await world.cancelAfter(run, count);
    await prepare(world);
    await runJob(world, run);
    const job = await expectSoundBackup(world, run);
    return { world, job, isTaken, backup: await world.backup(job.madeBackupId) };
  };

  test.each(looks)("after %i looks nothing unfinished is left", async (count) => {
    const { world, job, isTaken, backup } = await cancelled(count);
    expect([job.status, backup.status]).toEqual(isTaken ? ["cancelled", "failed"] : ["succeeded", "completed"]);
    expect(world.artifacts.openUploads()).toEqual([]);
    expect(isTaken).toBe(count < whole.wakeSeq);
  });

  test("ends although S3 does not take the upload back", async () => {
    const { world, job } = await cancelled(3, (made) => made.artifacts.fail("abortUpload", "SlowDown", 10_000));
    expect(job.status).toBe("cancelled");
    expect(job.steps.at(-1)).toMatchObject({ name: "abort_upload", status: "failed" });
    expect(world.artifacts.openUploads()).toHaveLength(1);
  });
});
