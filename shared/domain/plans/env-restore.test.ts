import { describe, expect, it } from "vitest";
import type { BackupRecord } from "../backup.ts";
import {
  backupJobId,
  endedRun,
  failedRun,
  type Look,
  makeBackup,
  makeRestoreState,
  makeRun,
  restoredId,
  walk,
} from "../testing/backups.ts";
import { envRestore } from "./env-restore.ts";
import type { RunFacts, State } from "./plan.ts";

const backup = makeBackup();
const there = { ok: true, value: { sizeBytes: 1000 } } as const;
const sent = {
  sha256: "cd".repeat(32),
  size_bytes: 500,
  parts: [{ number: 1, etag: "0".repeat(32), size_bytes: 500 }],
  wordpress_version: null,
};

const find: Look = { seen: { object: there } };
const absent = makeRun({ state: "absent" });
const startVerify: Look = { seen: { run: absent, readAddress: "https://s3.test/read" } };
const verified: Look = { seen: { run: endedRun({ mode: "verify", ok: true }) } };
const safety: Look[] = [
  {},
  {},
  { seen: { run: absent, partAddresses: ["https://s3.test/part"] } },
  { seen: { run: endedRun(sent) } },
  { seen: { object: { ok: true, value: { sizeBytes: 500 } }, run: endedRun(sent) } },
  { seen: { object: { ok: true, value: { sizeBytes: 500 } } } },
];
/** All until the restore itself: from here on there is no way back by cancel. */
const before: Look[] = [find, startVerify, verified, ...safety];
const startApply: Look = { seen: { run: absent } };
const applied: Look = { seen: { run: endedRun({ mode: "apply", ok: true, wordpress_version: "6.2" }) } };
const gone: Look = { seen: { run: endedRun({ mode: "clean", ok: true }) } };

const after = (looks: readonly Look[], begin: State = makeRestoreState()) => walk(envRestore, begin, looks);
const ended = (run: RunFacts): Look => ({ seen: { run } });
const statusOf = ({ subject }: State) => [subject?.environment.status, subject?.site.status];
const writesOf = (looks: readonly Look[]) => after(looks).moves.flatMap(({ write }) => (write ? [write] : []));

describe("a restore that goes well", () => {
  const { moves, last } = after([...before, startApply, applied, startApply, gone]);

  it("finds and verifies the backup, backs up what is there, restores, then takes the archive off the node", () => {
    const playbooks = moves.flatMap(({ write }) => (write?.kind === "start_run" ? [write.order] : []));
    expect(playbooks.map(({ playbook, vars }) => [playbook, "mode" in vars ? vars.mode : null])).toEqual([
      ["env-restore", "verify"],
      ["backup-create", null],
      ["env-restore", "apply"],
      ["env-restore", "clean"],
    ]);
    expect(last.job.steps.at(-1)).toMatchObject({ name: "clean_up", status: "succeeded" });
    expect(last.job).toMatchObject({ status: "succeeded", failure: null });
  });

  it("leaves the environment in service with the new release and its version", () => {
    expect(last.subject?.environment).toMatchObject({ status: "active", release: "000000d1", wordpressVersion: "6.2" });
    expect(last.subject?.site).toMatchObject({ status: "active", openJobId: null });
    expect(last.subject?.made).toMatchObject({ status: "completed", checksum: sent.sha256, scope: "full" });
  });

  it("takes an environment that had failed into service again", () => {
    const { last: healed } = after(
      [...before, startApply, applied, startApply, gone],
      makeRestoreState(backup, "failed"),
    );
    expect(statusOf(healed)).toEqual(["active", "active"]);
  });

  it("keeps the version that is known when the node does not say it", () => {
    const silent = ended(endedRun({ mode: "apply" }));
    expect(after([...before, startApply, silent]).last.subject?.environment.wordpressVersion).toBe("6.1.9");
  });
});

it("tells the node an address to read from where it must download, and nowhere else", () => {
  const told = writesOf([...before, startApply]).flatMap((write) =>
    write.kind === "start_run" && write.order.playbook === "env-restore" ? [write.order.vars] : [],
  );
  const known = { id: restoredId, scope: "full", sha256: backup.checksum, size_bytes: 1000 };
  expect(told.map(({ backup: about }) => about)).toEqual([
    { ...known, environment_id: backup.environmentId, url: "https://s3.test/read" },
    { ...known, environment_id: backup.environmentId, url: null },
  ]);
  expect(told.map(({ environment }) => environment.release)).toEqual(["000000d1", "000000d1"]);
});

describe("a backup that cannot be restored", () => {
  const refusedBy = (change: Partial<BackupRecord>) => {
    const begin = makeRestoreState(makeBackup(change));
    return walk(envRestore, begin, [find, {}]);
  };

  it.each([
    ["of another environment", { environmentId: "018f0000-0000-7000-8000-0000000000e9" }, "backup_invalid"],
    ["without a checksum", { checksum: null }, "backup_missing"],
    ["that never completed", { status: "failed" }, "backup_missing"],
    ["whose time is over", { retentionUntilMs: 1 }, "backup_missing"],
    ["of another size", { sizeBytes: 999 }, "checksum_mismatch"],
  ] as const)("is refused when it is one %s, before anything is asked of the node", (_, change, reason) => {
    const { moves, last } = refusedBy(change);
    expect(last.job).toMatchObject({ status: "failed", failure: { code: "BACKUP_CHECKSUM_MISMATCH", reason } });
    expect(moves.map(({ write }) => write)).toEqual([undefined, undefined]);
    expect(statusOf(last)).toEqual(["active", "active"]);
    expect(last.subject?.environment.release).toBe("0000abcd");
    expect(last.subject?.made?.status).toBe("failed");
  });

  it("is refused when S3 does not have it", () => {
    const { last } = after([{ seen: { object: { ok: true, value: null } } }, {}]);
    expect(last.job.failure).toMatchObject({ code: "BACKUP_CHECKSUM_MISMATCH", reason: "backup_missing" });
  });

  it("is waited for while S3 is silent, and given up in other words", () => {
    const silent: Look = { seen: { object: { ok: false, complaint: "S3 is silent" } } };
    const late: Look = { ...silent, afterMs: 16 * 60_000 };
    expect(after([silent]).last.job.status).toBe("running");
    const { last } = after([silent, late, late, late, {}]);
    expect(last.job.failure).toMatchObject({
      code: "BACKUP_UPLOAD_FAILED",
      reason: "timeout",
      message: "S3 is silent",
    });
  });

  it.each([
    ["Backup is intact", "checksum_mismatch"],
    ["Backup is of this environment and complete", "backup_invalid"],
  ])("is refused by the node at %s, and taken off it", (task, reason) => {
    const looks = [find, startVerify, ended(failedRun(`restore : ${task}`))];
    const { last } = after([...looks, ended(failedRun("x")), startApply, gone]);
    expect(last.job).toMatchObject({ status: "failed", failure: { code: "BACKUP_CHECKSUM_MISMATCH", reason } });
    expect(last.job.attemptCount).toBe(1);
    expect(statusOf(last)).toEqual(["active", "active"]);
    expect(last.job.steps.slice(-2)).toMatchObject([
      { name: "stop_verify_backup", status: "succeeded" },
      { name: "clean", status: "succeeded" },
    ]);
  });

  it("leaves an environment failed that was failed before", () => {
    const begin = makeRestoreState(makeBackup({ checksum: null }), "failed");
    expect(statusOf(walk(envRestore, begin, [find, {}]).last)).toEqual(["failed", "failed"]);
  });
});

/** The restore fails and the way back is gone. */
const failing = (run: RunFacts, begin?: State) =>
  after([...before, startApply, ended(run), ended(run), startApply, gone], begin).last;

describe("a restore that fails in the restore itself", () => {
  it("is rolled back by the playbook when the site does not answer, and says so", () => {
    const last = failing(failedRun("restore : Restored site answers"));
    expect(last.job).toMatchObject({
      status: "failed",
      failure: { code: "ANSIBLE_HOST_FAILED", reason: "health_check_failed" },
      attemptCount: 1,
    });
    expect(last.job.failure?.guidance[0]).toContain("put back");
    expect(last.subject?.environment).toMatchObject({ status: "active", release: "0000abcd" });
  });

  it.each([
    ["the backup was damaged on the node meanwhile", "Backup is intact", "checksum_mismatch"],
    ["it cannot be unpacked", "Backup is unpacked", "backup_invalid"],
    ["the disk is too full", "There is room on the disk", "task_failed"],
    ["what it copies from is gone", "Environment is there", "task_failed"],
    ["MariaDB does not answer", "Node has room and services for it", "task_failed"],
  ])("is as before when %s", (_, task, reason) => {
    const last = failing(failedRun(`restore : ${task}`));
    expect(last.job).toMatchObject({ status: "failed", failure: { reason }, attemptCount: 1 });
    expect(statusOf(last)).toEqual(["active", "active"]);
  });

  it("is as before too when an earlier step needed another attempt", () => {
    const cutOff = ended(makeRun({ state: "interrupted" }));
    const damaged = ended(failedRun("restore : Backup is intact"));
    const verifiedLate = [find, startVerify, cutOff, { ...startVerify, afterMs: 60_000 }, verified];
    const { last } = after([...verifiedLate, ...safety, startApply, damaged, damaged, startApply, gone]);
    expect(last.job).toMatchObject({ status: "failed", attemptCount: 2 });
    expect(statusOf(last)).toEqual(["active", "active"]);
  });

  it("is no longer as before, for all that is known, when that is found after an attempt that was cut off", () => {
    const again: Look = { ...startApply, afterMs: 60_000 };
    const damaged = ended(failedRun("restore : Backup is intact"));
    const looks = [
      ...before,
      startApply,
      ended(makeRun({ state: "interrupted" })),
      again,
      damaged,
      damaged,
      startApply,
    ];
    expect(statusOf(after([...looks, gone]).last)).toEqual(["failed", "failed"]);
  });

  it("leaves a failed environment when anything else fails three times", () => {
    const failed = ended(failedRun("restore : Switch"));
    const again: Look = { ...startApply, afterMs: 5 * 60_000 };
    const looks = [...before, startApply, failed, again, failed, again, failed, failed, startApply, gone];
    const { last } = after(looks);
    expect(last.job).toMatchObject({ status: "failed", attemptCount: 3, failure: { reason: "task_failed" } });
    expect(statusOf(last)).toEqual(["failed", "failed"]);
    expect(last.subject?.made?.status).toBe("completed");
  });

  it("leaves a failed environment when the total time is over", () => {
    const late: Look = { seen: { run: makeRun() }, afterMs: 6 * 3_600_000 };
    const { last } = after([...before, startApply, late, ended(makeRun({ state: "interrupted" })), startApply, gone]);
    expect(last.job.failure?.code).toBe("JOB_TIMEOUT");
    expect(statusOf(last)).toEqual(["failed", "failed"]);
  });

  it("is not cleaned up while its run could not be ended", () => {
    const silent = ended({ reached: false, reason: "timeout" });
    const late: Look = { ...silent, afterMs: 11 * 60_000 };
    const over: Look = { seen: { run: makeRun() }, afterMs: 6 * 3_600_000 };
    const { moves, last } = after([...before, startApply, over, silent, late, late]);
    expect(last.job.steps.slice(-2)).toMatchObject([
      { name: "stop_restore", status: "failed" },
      { name: "clean", status: "failed" },
    ]);
    expect(moves.slice(-3).map(({ write }) => write)).toEqual([undefined, undefined, undefined]);
  });
});

describe("a clean-up after the restore that does not succeed", () => {
  const restored = [...before, startApply, applied];
  const late = (look: Look, afterMs = 21 * 60_000): Look => ({ ...look, afterMs });
  const failed = ended(failedRun("restore : Remove the archive"));
  const silent = ended({ reached: false, reason: "timeout" });
  const hours = 6 * 3_600_000;

  it.each([
    [
      "fails three times",
      [startApply, failed, late(startApply), failed, late(startApply), failed],
      "Remove the archive",
    ],
    [
      "cannot be started for a silent node",
      [silent, late(silent), late(silent, 30 * 60_000), late(silent, 30 * 60_000)],
      "SSH",
    ],
    ["is not begun in the job's total time", [late({}, hours)], "total time"],
    ["does not end in the job's total time", [startApply, late(ended(makeRun()), hours)], "total time"],
  ])("is noted at its step, and the restore is done: it %s", (_, looks: Look[], detail) => {
    const { last } = after([...restored, ...looks]);
    expect(last.job).toMatchObject({ status: "succeeded", failure: null, progress: 100 });
    expect(last.job.steps.at(-1)).toMatchObject({ name: "clean_up", status: "failed" });
    expect(last.job.steps.at(-1)?.detail).toContain(detail);
    expect(statusOf(last)).toEqual(["active", "active"]);
    expect(last.subject?.environment.release).toBe("000000d1");
  });
});

describe("a cancel", () => {
  const cancelledAfter = (looks: readonly Look[]) => {
    const { last } = after(looks);
    return { ...last, job: { ...last.job, cancelRequestedAtMs: last.nowMs } };
  };
  const undoOf = (looks: readonly Look[]) =>
    walk(envRestore, cancelledAfter(looks), [{}])
      .last.job.steps.slice(8)
      .map(({ name }) => name);

  it.each([
    ["before anything", [], []],
    ["while the backup is verified", [find, startVerify], ["stop_verify_backup", "clean"]],
    ["while the safety backup is sent", before.slice(0, 6), ["stop_safety_send_parts", "safety_abort_upload", "clean"]],
    ["between safety backup and restore", before.slice(0, 8), ["safety_abort_upload", "clean"]],
  ])("takes back what was begun %s", (_, looks: Look[], expected) => {
    expect(undoOf(looks)).toEqual(expected);
  });

  it("leaves all as it was", () => {
    const looks = [ended(makeRun({ state: "interrupted" })), startApply, gone];
    const { last } = walk(envRestore, cancelledAfter([find, startVerify]), [{}, ...looks]);
    expect(last.job).toMatchObject({ status: "cancelled", failure: null });
    expect(last.subject?.environment).toMatchObject({ status: "active", release: "0000abcd" });
  });

  it("is not taken once the restore itself may begin: that is settled before anything of it leaves", () => {
    const { moves } = after(before);
    expect(moves.at(-1)?.write).toBeUndefined();
    const { last } = walk(envRestore, cancelledAfter(before), [startApply, applied, startApply, gone]);
    expect(last.job).toMatchObject({ status: "succeeded", id: backupJobId });
  });
});
