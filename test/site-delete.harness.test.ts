/** `site_delete` through everything that can go wrong with it: nothing is removed before the last backup is stored. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
import { readinessReasonsOf } from "../shared/domain/node.ts";
import { deleteRefusal } from "../shared/domain/plans/start.ts";
import { keys } from "../shared/store/keys.ts";
import {
  begunOf,
  crashesAt,
  expectSoundSite,
  loseSettles,
  type SiteWorld,
  stepsOf,
  withStaging,
} from "./harness/site-world.ts";
import { expectSound } from "./harness/verdict.ts";
import { runJob, type WorldOptions } from "./harness/world.ts";

interface Asked extends WorldOptions {
  readonly withBackup?: boolean;
}

const deletion = async (options: Asked = {}, prepare: (world: SiteWorld) => unknown = () => undefined) => {
  const { crashes = [], withBackup = true, ...rest } = options;
  const { world, made, staging } = await withStaging(rest);
  const passed = world.planCrashes(crashes);
  await prepare(world);
  const run = await world.deleteSite(made.siteId, withBackup);
  await runJob(world, run);
  await expectSoundSite(world, run);
  const labels = world.interrupts.points().slice(passed);
  const [job, site] = [await world.job(run.jobId), await world.site(run.siteId)];
  return { world, run, made, staging, labels, job, site };
};

const lost = (world: SiteWorld) => world.loseNode();
const forgetting = (options: Asked = {}) => deletion({ ...options, withBackup: false }, lost);
const failed: RunScript = { end: { failedTask: "environment : Remove files" } };
const unstored: RunScript = { end: { failedTask: "backup : Backup is stored" } };

test("ends with everything off the node, a last full backup of the primary environment, and the slug free", async () => {
  const { world, made, staging, job, site } = await deletion();
  expect(stepsOf(job).at(-1)).toBe("remove succeeded");
  expect(site).toBeUndefined();
  expect(world.onNode().size).toBe(0);
  expect(await world.backup(job.madeBackupId)).toMatchObject({
    environmentId: made.environmentId,
    scope: "full",
    status: "completed",
  });
  const removed = begunOf(world, "site-delete");
  expect(removed).toMatchObject([
    { vars: { environments: [{ id: made.environmentId }, { id: staging.environmentId }] } },
  ]);
  expect(removed[0]?.atMs).toBeGreaterThan(begunOf(world, "backup-create")[0]?.atMs ?? Number.POSITIVE_INFINITY);
  const again = await world.createSite("acme");
  await runJob(world, again);
  await expectSoundSite(world, again);
});

test("without a backup makes none", async () => {
  const { world, job, site } = await deletion({ withBackup: false });
  expect(stepsOf(job)).toEqual(["remove succeeded"]);
  expect([site, job.madeBackupId]).toEqual([undefined, null]);
  expect(begunOf(world, "backup-create")).toEqual([]);
});

test.each([true, false])("succeeds when every step runs twice (with a backup: %s)", async (withBackup) => {
  const { world, job } = await deletion({ everyStepTwice: true, withBackup });
  expect(job.status).toBe("succeeded");
  expect(begunOf(world, "site-delete")).toHaveLength(1);
});

describe("a crash at every numbered outside call and write", async () => {
  const { labels } = await deletion();
  test.each(crashesAt(labels))("$when $label ($point): backed up and gone", async ({ point, when }) => {
    const { world, job, site } = await deletion({ crashes: [{ point, when }] });
    expect(job.status).toBe("succeeded");
    expect(site).toBeUndefined();
    expect(begunOf(world, "site-delete")).toHaveLength(1);
    expect((await world.backup(job.madeBackupId)).status).toBe("completed");
  });
});

describe("what does not succeed", () => {
  test("is a backup: nothing is removed, the site is in service as before, and the way without one is said", async () => {
    const { world, job, site, run } = await deletion({}, (one) =>
      one.hosts.playbooks.plan("backup-create", unstored, unstored, unstored),
    );
    expect(job).toMatchObject({ status: "failed", failure: { code: "BACKUP_UPLOAD_FAILED" } });
    expect(job.failure?.guidance.join(" ")).toContain("final_backup=false");
    expect(site?.status).toBe("active");
    expect((await world.environment(run.environmentId)).status).toBe("active");
    expect((await world.backup(job.madeBackupId)).status).toBe("failed");
    expect(begunOf(world, "site-delete")).toEqual([]);
  });

  test.each([
    ["a task, three times", [failed, failed, failed], "ANSIBLE_HOST_FAILED"],
    ["a playbook that hangs", Array<RunScript>(3).fill({ end: "hangs" }), "ANSIBLE_TIMEOUT"],
  ] as const)("is %s: the site stays, failed, to be deleted again", async (_what, scripts, code) => {
    const { world, run, job, site } = await deletion({ withBackup: false }, (one) =>
      one.hosts.playbooks.plan("site-delete", ...scripts),
    );
    expect(job).toMatchObject({ status: "failed", failure: { code } });
    expect(site?.status).toBe("failed");
    const again = await world.deleteSite(run.siteId, false);
    await runJob(world, again);
    await expectSoundSite(world, again);
    expect(await world.site(run.siteId)).toBeUndefined();
  });
});

describe("a cancel at every look", async () => {
  const { job } = await deletion();
  test.each(Array.from({ length: job.wakeSeq + 1 }, (_, looks) => looks))(
    "after %i looks is taken while it is backed up, and refused once it is being removed",
    async (looks) => {
      const { world, made } = await withStaging();
      const run = await world.deleteSite(made.siteId, true);
      await world.runUntil(async () => (await world.job(run.jobId)).wakeSeq >= looks, 3_600_000);
      const isFinal = (await world.job(run.jobId)).finalAtMs !== null;
      const asked = await world.cancel(run);
      expect(asked).toBe(!isFinal);
      await runJob(world, run);
      await expectSoundSite(world, run);
      expect((await world.job(run.jobId)).status).toBe(asked ? "cancelled" : "succeeded");
      expect((await world.site(run.siteId))?.status).toBe(asked ? "active" : undefined);
      expect(begunOf(world, "site-delete")).toHaveLength(asked ? 0 : 1);
    },
  );
});

test("five leases without a result end the job and leave the site failed", async () => {
  const { world, made } = await withStaging();
  loseSettles(world);
  const run = await world.deleteSite(made.siteId, false);
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect((await world.job(run.jobId)).failure?.code).toBe("JOB_CRASHED");
  expect((await world.site(run.siteId))?.status).toBe("failed");
});

describe("on a lost node", () => {
  test("forgets the environments, touches nothing there, says what is left, and the node can be deleted", async () => {
    const { world, run, made, staging, job, site } = await forgetting();
    expect(stepsOf(job)).toEqual(["forget_environments succeeded"]);
    expect(job.steps[0]?.detail).toContain("still there until the node is deleted");
    expect([site, begunOf(world, "site-delete").length]).toEqual([undefined, 0]);
    for (const { environmentId } of [made, staging])
      expect((await world.environment(environmentId)).removedAtMs).not.toBeNull();
    const node = await world.node(run.nodeId);
    expect(node).toMatchObject({ environmentCount: 0, forgottenEnvironments: 2, status: "unreachable" });
    expect(deleteRefusal(node)).toBeNull();
    const removal = await world.remove(run.nodeId);
    await runJob(world, removal);
    await expectSound(world, removal);
    expect(await world.node(run.nodeId)).toMatchObject({ status: "decommissioned", serverState: "gone" });
    expect(world.servers()).toEqual([]);
  });

  test("never logs in to it, not even when it fails: another deletion ends it", async () => {
    const { world, made } = await withStaging();
    await world.loseNode();
    const passed = world.planCrashes();
    const run = await world.deleteSite(made.siteId, false);
    await world.runUntil(async () => (await world.job(run.jobId)).finalAtMs !== null, 3_600_000);
    await world.table.write({ update: keys.job(run.jobId), set: { deadlineAtMs: world.clock.now() } });
    await runJob(world, run);
    await expectSoundSite(world, run);
    expect(await world.job(run.jobId)).toMatchObject({ status: "failed", failure: { code: "JOB_TIMEOUT" } });
    expect((await world.site(run.siteId))?.status).toBe("active");
    expect((await world.node(run.nodeId)).forgottenEnvironments).toBe(0);
    const again = await world.deleteSite(run.siteId, false);
    await runJob(world, again);
    await expectSoundSite(world, again);
    expect(await world.site(run.siteId)).toBeUndefined();
    expect(world.interrupts.points().slice(passed)).not.toContain("ssh");
  });

  test("that comes back meanwhile: it stays as it is, and takes no sites again", async () => {
    const { world, made } = await withStaging();
    await world.loseNode();
    const run = await world.deleteSite(made.siteId, false);
    const { serverId } = await world.node(run.nodeId);
    const spec = world.hosts.machineOf(serverId ?? 0)?.spec;
    if (spec === undefined) throw new Error("no machine");
    await world.hosts.boot(spec);
    await world.table.write({ update: keys.node(run.nodeId), set: { status: "active" }, add: { stateVersion: 1 } });
    await runJob(world, run);
    await expectSoundSite(world, run);
    expect(readinessReasonsOf(await world.node(run.nodeId))).toEqual(["environments_forgotten"]);
    expect(begunOf(world, "site-delete")).toEqual([]);
  });

  test("succeeds when every step runs twice", async () => {
    const { world, job, run } = await forgetting({ everyStepTwice: true });
    expect(job.status).toBe("succeeded");
    expect((await world.node(run.nodeId)).forgottenEnvironments).toBe(2);
  });

  describe("a crash at every numbered outside call and write", async () => {
    const { labels } = await forgetting();
    test.each(crashesAt(labels))("$when $label ($point): forgotten once", async ({ point, when }) => {
      const { world, job, site, run } = await forgetting({ crashes: [{ point, when }] });
      expect([job.status, site]).toEqual(["succeeded", undefined]);
      expect((await world.node(run.nodeId)).forgottenEnvironments).toBe(2);
    });
  });

  test.each([0, 1])("a cancel after %i looks leaves it as it was, or comes too late", async (looks) => {
    const { world, made } = await withStaging();
    await world.loseNode();
    const run = await world.deleteSite(made.siteId, false);
    await world.runUntil(async () => (await world.job(run.jobId)).wakeSeq >= looks, 3_600_000);
    const asked = await world.cancel(run);
    await runJob(world, run);
    await expectSoundSite(world, run);
    expect(asked).toBe(looks === 0);
    expect((await world.job(run.jobId)).status).toBe(asked ? "cancelled" : "succeeded");
    expect((await world.site(run.siteId))?.status).toBe(asked ? "active" : undefined);
  });
});
