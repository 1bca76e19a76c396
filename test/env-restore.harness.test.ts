/** `env_restore` through everything that can go wrong with it: refused, twice, crashed, rolled back, failed, cancelled. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
import { releaseOf } from "../shared/domain/site.ts";
import {
  type BackupWorld,
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
import { restoreBackup } from "./harness/stand-in-backup.ts";
import { runJob, type WorldOptions } from "./harness/world.ts";

const nothing: Prepare = () => undefined;

/** A site with one backup, then its restore, with a safety backup or without. */
const restoreWith = async (withSafety: boolean, { crashes, ...options }: WorldOptions, prepare: Prepare) => {
  const world = await makeBackupWorld(options);
  const backup = await makeBackup(world);
  await prepare(world, backup);
  const before = await world.environment(backup.environmentId);
  const passed = world.planCrashes(crashes);
  const run = await world.startRestore(backup, withSafety);
  await runJob(world, run);
  const labels = world.interrupts.points().slice(passed);
  const job = await expectSoundBackup(world, run);
  return { world, run, job, backup, before, labels, environment: await world.environment(run.environmentId) };
};

const restore = async (options: WorldOptions = {}, prepare: Prepare = nothing) => {
  const restored = await restoreWith(true, options, prepare);
  return { ...restored, safety: await restored.world.backup(restored.job.madeBackupId) };
};
const replace = (options: WorldOptions = {}, prepare: Prepare = nothing) => restoreWith(false, options, prepare);
type Restored = Awaited<ReturnType<typeof restore>>;

const expectRestored = ({ world, job, environment, safety }: Restored): void => {
  expect(outcomeOf(job)).toBe("succeeded");
  expect(environment).toMatchObject({ status: "active", release: releaseOf(job.id) });
  expect(safety).toMatchObject({ status: "completed", scope: "full", environmentId: environment.id });
  expect(world.artifacts.keys()).toContain(safety.storagePath);
};

/** As if the restore had never been asked for, but for what is written of it. */
const expectUntouched = ({ environment, before }: Pick<Restored, "environment" | "before">): void => {
  const { status, release, wordpressVersion } = before;
  expect(environment).toMatchObject({ status, release, wordpressVersion });
};

test("ends with a new release in service and a safety backup of the old one", async () => {
  const restored = await restore();
  expectRestored(restored);
  expect(modesOf(restored)).toEqual(["verify", "backup-create", "apply", "clean"]);
  expect(restored.job.steps.map(({ status }) => status)).toEqual(Array(8).fill("succeeded"));
  expect(restored.world.artifacts.openUploads()).toEqual([]);
});

test("succeeds when every step runs twice", async () => {
  expectRestored(await restore({ everyStepTwice: true }));
});

test("takes a failed environment into service again", async () => {
  const restored = await restore({}, async (world, { environmentId }) => {
    await world.table.write({
      update: { pk: `ENVIRONMENT#${environmentId}`, sk: "ENVIRONMENT" },
      set: { status: "failed" },
    });
  });
  expect(restored.before.status).toBe("failed");
  expectRestored(restored);
});

describe("a crash at every numbered outside call and write", async () => {
  const { labels } = await restore();
  test.each(crashesAt(labels))("$when $label ($point): restored once", async ({ point, when }) => {
    const restored = await restore({ crashes: [{ point, when }] });
    expectRestored(restored);
    expect(restored.world.interrupts.crashes()).toBe(1);
    expect(modesOf(restored)).toEqual(["verify", "backup-create", "apply", "clean"]);
  });
});

describe("a backup that is not what it was", () => {
  test.each([
    ["missing", spoiled(() => undefined), "backup_missing", []],
    ["truncated", spoiled((size) => Buffer.alloc(size - 1)), "checksum_mismatch", []],
    ["longer", spoiled((size) => Buffer.alloc(2 * size)), "checksum_mismatch", []],
    ["damaged", spoiled((size) => Buffer.alloc(size)), "checksum_mismatch", ["verify", "clean"]],
  ] as const)("because it is %s is refused before anything is touched", async (_, prepare, reason, expected) => {
    const refused = await restore({}, prepare);
    expect(refused.job.failure).toMatchObject({ code: "BACKUP_CHECKSUM_MISMATCH", reason });
    expect(refused.job.attemptCount).toBe(1);
    expectUntouched(refused);
    expect(refused.safety.status).toBe("failed");
    expect(modesOf(refused)).toEqual(expected);
  });

  test("because it is another environment's is refused before anything is asked of the node", async () => {
    const world = await makeBackupWorld();
    const backup = await makeBackup(world);
    const other = { ...backup, environmentId: "018f0000-0000-7000-8000-00000000dead" };
    await world.table.write({
      update: { pk: `BACKUP#${backup.id}`, sk: "BACKUP" },
      set: { environmentId: other.environmentId },
    });
    const run = await world.startRestore(other);
    await runJob(world, run);
    const job = await expectSoundBackup(world, run);
    expect(job.failure).toMatchObject({ code: "BACKUP_CHECKSUM_MISMATCH", reason: "backup_invalid" });
    expect(world.runsOf(job.id)).toEqual([]);
  });

  test("because its content is not complete is refused by the node, before anything is touched", async () => {
    const end = { failedTask: "restore : Backup is of this environment and complete" };
    const refused = await restore({}, (world) => world.plan("env-restore", { end }));
    expect(refused.job.failure).toMatchObject({ code: "BACKUP_CHECKSUM_MISMATCH", reason: "backup_invalid" });
    expectUntouched(refused);
    expect(modesOf(refused)).toEqual(["verify", "clean"]);
  });
});

/** Verify goes well; what the runs of the restore itself do. */
const applying =
  (...scripts: readonly RunScript[]): Prepare =>
  (world) =>
    world.plan("env-restore", { end: restoreBackup(world.artifacts) }, ...scripts);

describe("a restored site that does not answer", () => {
  test("is put back by the playbook: the environment is as before, and the job says so", async () => {
    const rolledBack = await restore({}, applying({ end: { failedTask: "restore : Restored site answers" } }));
    expect(rolledBack.job.failure).toMatchObject({ code: "ANSIBLE_HOST_FAILED", reason: "health_check_failed" });
    expect(rolledBack.job.failure?.guidance.join()).toContain("put back");
    expectUntouched(rolledBack);
    expect(rolledBack.safety.status).toBe("completed");
    expect(modesOf(rolledBack)).toEqual(["verify", "backup-create", "apply", "clean"]);
  });
});

const failing = failuresAt("restore : Switch");

describe("a restore that fails at the restore itself", () => {
  test.each(failing)("once because %s: the next attempt succeeds", async (_, script) => {
    expectRestored(await restore({}, applying(script)));
  });

  test.each(failing)(
    "three times because %s: the environment is failed, for a person to look at",
    async (_, script, code) => {
      const failed = await restore({}, applying(script, script, script));
      expect(outcomeOf(failed.job)).toBe(code);
      expect(failed.environment).toMatchObject({ status: "failed", release: failed.before.release });
      expect(failed.safety.status).toBe("completed");
      expect(modesOf(failed).at(-1)).toBe("clean");
    },
  );

  test("without an end is stopped when its time is over", async () => {
    const failed = await restore({}, applying(...Array<RunScript>(4).fill({ end: "hangs" })));
    expect(outcomeOf(failed.job)).toMatch(/^(ANSIBLE|JOB)_TIMEOUT$/);
    expect(failed.environment.status).toBe("failed");
  });
});

describe("a restore that is refused as it begins leaves all as it was", () => {
  test.each([
    ["Backup is unpacked", "backup_invalid"],
    ["There is room on the disk", "task_failed"],
    ["Node has room and services for it", "task_failed"],
    ["Backup is intact", "checksum_mismatch"],
  ])("at %s, also when the verification was cut off once", async (task, reason) => {
    const refused = await restore({}, (world) => {
      const verified = { end: restoreBackup(world.artifacts) };
      world.plan("env-restore", { end: "is_cut_off" }, verified, { end: { failedTask: `restore : ${task}` } });
    });
    expect(refused.job.failure).toMatchObject({ reason });
    expect(refused.job.attemptCount).toBe(2);
    expectUntouched(refused);
    expect(modesOf(refused)).toEqual(["verify", "verify", "backup-create", "apply", "clean"]);
  });
});

describe("an archive that cannot be taken off the node after the restore", () => {
  const ofRestore = ({ artifacts }: BackupWorld): RunScript => ({ end: restoreBackup(artifacts) });

  test.each(failing)("three times because %s: is noted, and the restore is done", async (_, script) => {
    const prepare: Prepare = (world) => {
      world.plan("env-restore", ofRestore(world), ofRestore(world), script, script, script);
    };
    const restored = await restore({}, prepare);
    expectRestored(restored);
    expect(restored.job.steps.at(-1)).toMatchObject({ name: "clean_up", status: "failed" });
  });

  test.each(failing)("once because %s: is taken off by the next attempt", async (_, script) => {
    const restored = await restore({}, (world) => {
      world.plan("env-restore", ofRestore(world), ofRestore(world), script);
    });
    expectRestored(restored);
    expect(restored.job.steps.at(-1)).toMatchObject({ name: "clean_up", status: "succeeded" });
  });
});

describe("a restore without a safety backup", () => {
  const expectReplaced = ({ world, job, environment }: Pick<Restored, "world" | "job" | "environment">): void => {
    expect(outcomeOf(job)).toBe("succeeded");
    expect(job.madeBackupId).toBeNull();
    expect(environment).toMatchObject({ status: "active", release: releaseOf(job.id) });
    expect(modesOf({ world, job })).toEqual(["verify", "apply", "clean"]);
    expect(world.artifacts.keys()).toHaveLength(1);
  };

  test("verifies and restores, and stores nothing, also when every step runs twice", async () => {
    expectReplaced(await replace());
    expectReplaced(await replace({ everyStepTwice: true }));
  });

  describe("and a crash at every numbered outside call and write", async () => {
    const { labels } = await replace();
    test.each(crashesAt(labels))("$when $label ($point): restored once", async ({ point, when }) => {
      const replaced = await replace({ crashes: [{ point, when }] });
      expectReplaced(replaced);
      expect(replaced.world.interrupts.crashes()).toBe(1);
    });
  });

  test("leaves all as it was when it is refused, and does not speak of a safety backup", async () => {
    const refused = await replace({}, (world, { storagePath }) => world.artifacts.spoil(storagePath, undefined));
    expect(refused.job.failure).toMatchObject({ reason: "backup_missing" });
    expect(refused.job.failure?.guidance.join()).not.toContain("safety_backup");
    expectUntouched(refused);
  });
});

describe("a restore that fails before that leaves all as it was", () => {
  test.each(failing)("at the verification, because %s", async (_, script, code) => {
    const failed = await restore({}, (world) => world.plan("env-restore", script, script, script));
    expect(outcomeOf(failed.job)).toBe(code);
    expectUntouched(failed);
    expect(failed.job.failure?.guidance.join()).not.toContain("safety_backup");
    expect(modesOf(failed)).toEqual(["verify", "verify", "verify", "clean"]);
  });

  test.each(failing)("at the safety backup, because %s", async (_, script, code) => {
    const failed = await restore({}, (world) => world.plan("backup-create", script, script, script));
    expect(outcomeOf(failed.job)).toBe(code);
    expectUntouched(failed);
    expect(failed.safety.status).toBe("failed");
    expect(failed.job.failure?.guidance.at(-1)).toContain("safety_backup=false");
    expect(failed.world.artifacts.openUploads()).toEqual([]);
    expect(modesOf(failed)).not.toContain("apply");
  });
});

const operations = ["openUpload", "completeUpload", "head"] as const;
const complaints = operations.flatMap((operation) => ["AccessDenied", "SlowDown"].map((code) => ({ operation, code })));

describe("every complaint of S3", () => {
  test.each(complaints)("$code at $operation, three times: waited out", async ({ operation, code }) => {
    expectRestored(await restore({}, (world) => world.artifacts.fail(operation, code, 3)));
  });

  test.each(complaints)("$code at $operation, for ever: nothing is touched", async ({ operation, code }) => {
    const failed = await restore({}, (world) => world.artifacts.fail(operation, code, 10_000));
    expect(outcomeOf(failed.job)).toBe("BACKUP_UPLOAD_FAILED");
    expect(failed.job.failure?.message).toContain(code);
    expectUntouched(failed);
    expect(modesOf(failed)).not.toContain("apply");
  });
});

describe("a cancel at every look", async () => {
  const { job: whole } = await restore();
  const looks = Array.from({ length: whole.wakeSeq + 1 }, (_, count) => count);
  const taken: boolean[] = [];

  test.each(looks)("after %i looks leaves all as it was, or is refused", async (count) => {
    const world = await makeBackupWorld();
    const backup = await makeBackup(world);
    const before = await world.environment(backup.environmentId);
    const run = await world.startRestore(backup);
    const isTaken = await world.cancelAfter(run, count);
    taken.push(isTaken);
    await runJob(world, run);
    const job = await expectSoundBackup(world, run);
    const environment = await world.environment(run.environmentId);
    expect(job.status).toBe(isTaken ? "cancelled" : "succeeded");
    expect(world.artifacts.openUploads()).toEqual([]);
    if (!isTaken) return expect(environment.release).toBe(releaseOf(job.id));
    expectUntouched({ environment, before });
    expect(modesOf({ world, job })).not.toContain("apply");
  });

  test("is taken until the restore itself may begin, and from then on refused", () => {
    const first = taken.indexOf(false);
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(whole.wakeSeq - 1);
    expect(taken.slice(first)).toEqual(taken.slice(first).fill(false));
  });
});
