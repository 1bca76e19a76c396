import { describe, expect, it } from "vitest";
import {
  backupJobId,
  endedRun,
  failedRun,
  type Look,
  makeBackup,
  makeDrillState,
  makeRun,
  walk,
} from "../testing/backups.ts";
import type { RunFacts } from "./plan.ts";
import { restoreDrill } from "./restore-drill.ts";

const there = { ok: true, value: { sizeBytes: 1000 } } as const;
const find: Look = { seen: { object: there } };
const start: Look = { seen: { run: makeRun({ state: "absent" }), readAddress: "https://s3.test/read" } };
const ended = (run: RunFacts): Look => ({ seen: { run } });
const gone = ended(endedRun({ mode: "clean", ok: true }));
const wayBack = (run: RunFacts): Look[] => [ended(run), { seen: { run: makeRun({ state: "absent" }) } }, gone];
const tried = makeBackup({ drill: { atMs: 1, succeeded: true, jobId: "an earlier job" } });

const drilled = (run: RunFacts) => {
  const looks = [find, start, ended(run), ...wayBack(run)];
  return walk(restoreDrill, makeDrillState(tried), looks).last;
};

describe("a drill that goes well", () => {
  const { moves, last } = walk(restoreDrill, makeDrillState(tried), [
    find,
    start,
    ended(endedRun({ mode: "drill", ok: true, posts: 3 })),
  ]);

  it("runs the playbook in its mode, under a release of its own", () => {
    const [order] = moves.flatMap(({ write }) => (write?.kind === "start_run" ? [write.order] : []));
    expect(order?.vars).toMatchObject({
      mode: "drill",
      environment: { release: "000000d1" },
      backup: { url: "https://s3.test/read" },
    });
  });

  it("is recorded at the backup, and changes nothing of environment and site", () => {
    expect(last.job.status).toBe("succeeded");
    expect(last.subject?.restored?.drill).toEqual({ atMs: last.nowMs, succeeded: true, jobId: backupJobId });
    expect(last.subject?.environment).toMatchObject({
      status: "active",
      release: "0000abcd",
      wordpressVersion: "6.1.9",
    });
    expect(last.subject?.site).toMatchObject({ status: "active", openJobId: null });
  });
});

describe("a drill that fails", () => {
  it.each([
    ["the backup is damaged", failedRun("restore : Backup is intact"), "checksum_mismatch"],
    ["it is not complete", failedRun("restore : Backup is of this environment and complete"), "backup_invalid"],
    ["it cannot be unpacked", failedRun("restore : Backup is unpacked"), "backup_invalid"],
    ["WordPress does not answer", failedRun("restore : Restored site answers"), "health_check_failed"],
    ["the playbook says so", endedRun({ mode: "drill", ok: false }), "health_check_failed"],
    ["the playbook does not say how it went", endedRun({ mode: "drill" }), "health_check_failed"],
  ])("is recorded when %s, and the environment stays in service", (_, run, reason) => {
    const last = drilled(run);
    expect(last.job).toMatchObject({ status: "failed", failure: { reason }, attemptCount: 1 });
    expect(last.subject?.restored?.drill).toEqual({ atMs: last.nowMs, succeeded: false, jobId: backupJobId });
    expect(last.subject?.environment).toMatchObject({ status: "active", release: "0000abcd" });
    expect(last.job.steps.at(-1)).toMatchObject({ name: "clean", status: "succeeded" });
  });

  it("does not say that something was put back: nothing was changed", () => {
    const { failure } = drilled(failedRun("restore : Restored site answers")).job;
    expect(failure?.guidance.join(" ")).toContain("changed nothing of the live environment");
    expect(failure?.guidance.join(" ")).not.toContain("put back");
  });

  it("is recorded when S3 has lost the backup", () => {
    const lost: Look = { seen: { object: { ok: true, value: null } } };
    const { last } = walk(restoreDrill, makeDrillState(tried), [lost, {}]);
    expect(last.subject?.restored?.drill).toMatchObject({ succeeded: false });
  });
});

describe("a drill that proves nothing", () => {
  it("leaves what is known of the backup when it is cancelled", () => {
    const { last } = walk(restoreDrill, makeDrillState(tried), [find, start]);
    const asked = { ...last, job: { ...last.job, cancelRequestedAtMs: last.nowMs } };
    const cutOff = makeRun({ state: "interrupted" });
    const { last: over } = walk(restoreDrill, asked, [{}, ...wayBack(cutOff)]);
    expect(over.job.status).toBe("cancelled");
    expect(over.subject?.restored?.drill).toEqual(tried.drill);
  });

  it("leaves it when the node is too full, at the first attempt", () => {
    const last = drilled(failedRun("restore : There is room on the disk"));
    expect(last.job).toMatchObject({ status: "failed", failure: { reason: "task_failed" }, attemptCount: 1 });
    expect(last.job.failure?.guidance[0]).toContain("Free space");
    expect(last.subject?.restored?.drill).toEqual(tried.drill);
  });

  it("leaves it when a task fails three times", () => {
    const failed = failedRun("restore : Archive is fetched");
    const again = (afterMs: number): Look[] => [{ ...start, afterMs }, ended(failed)];
    const looks = [find, start, ended(failed), ...again(60_000), ...again(300_000), ...wayBack(failed)];
    const { last } = walk(restoreDrill, makeDrillState(tried), looks);
    expect(last.job).toMatchObject({ status: "failed", failure: { reason: "task_failed" }, attemptCount: 3 });
    expect(last.subject?.restored?.drill).toEqual(tried.drill);
  });
});
