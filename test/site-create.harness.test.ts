/** `site_create` through everything that can go wrong with it: twice, crashed, failed, lost, late, cancelled. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
import { describeOneRun } from "./harness/site-job.contract.ts";
import { begunOf, expectSoundSite, loseSettles, makeSiteWorld, type SiteWorld, stepsOf } from "./harness/site-world.ts";
import { runJob, type WorldOptions } from "./harness/world.ts";

const creation = async (options: WorldOptions = {}, prepare: (world: SiteWorld) => unknown = () => undefined) => {
  const { crashes = [], ...rest } = options;
  const world = await makeSiteWorld(rest);
  const passed = world.planCrashes(crashes);
  await prepare(world);
  const run = await world.createSite("acme");
  await runJob(world, run);
  await expectSoundSite(world, run);
  const labels = world.interrupts.points().slice(passed);
  const [job, site] = [await world.job(run.jobId), await world.site(run.siteId)];
  return { world, run, labels, job, site, environment: await world.environment(run.environmentId) };
};

const failing = (...scripts: readonly RunScript[]) =>
  creation({}, (world) => world.hosts.playbooks.plan("site-create", ...scripts));

test("ends with a site in service, whose WordPress was made as it was asked for", async () => {
  const { world, run, job, site, environment } = await creation();
  expect(job).toMatchObject({ status: "succeeded", progress: 100, attemptCount: 1, siteId: run.siteId });
  expect(stepsOf(job)).toEqual(["deploy succeeded"]);
  expect(site).toMatchObject({ status: "active", slug: "acme" });
  expect(environment).toMatchObject({ status: "active", wordpressVersion: "6.1.9", release: run.jobId.slice(-8) });
  expect(begunOf(world, "site-create")).toMatchObject([
    {
      id: `${run.jobId}-deploy-1`,
      vars: {
        environment: {
          id: run.environmentId,
          url: environment.previewUrl,
          type: "production",
          release: environment.release,
        },
        wordpress: { kind: "package" },
        site: { title: "Acme", admin_email: "ada@example.org" },
      },
    },
  ]);
});

describeOneRun("site-create", creation);

describe("a playbook that does not succeed", () => {
  const failed: RunScript = { end: { failedTask: "environment : Install WordPress" } };

  test("once is tried again, as another run", async () => {
    const { world, job } = await failing(failed);
    expect(job).toMatchObject({ status: "succeeded", attemptCount: 2 });
    expect(begunOf(world, "site-create").map(({ id }) => id.slice(-1))).toEqual(["1", "2"]);
  });

  test.each([
    ["fails at a task three times", [failed, failed, failed], "ANSIBLE_HOST_FAILED", 3],
    ["cannot be read", [{ end: { failedTask: "", exitCode: 5, recap: null } }], "ANSIBLE_SYNTAX_ERROR", 1],
    ["ends oddly", [{ end: { failedTask: "", exitCode: 99, recap: null } }], "ANSIBLE_UNKNOWN_EXIT", 1],
    ["says nothing of what it made", [{ end: { result: { version: 6 } } }], "ANSIBLE_UNEXPECTED_ERROR", 1],
    ["is cut off three times", Array<RunScript>(3).fill({ end: "is_cut_off" }), "ANSIBLE_PLAY_ERROR", 3],
    ["hangs", Array<RunScript>(3).fill({ end: "hangs" }), "ANSIBLE_TIMEOUT", 3],
  ] as const)("and %s leaves the site failed, with the way on", async (_what, scripts, code, attempts) => {
    const { job, site, environment, world, run } = await failing(...scripts);
    expect(job).toMatchObject({ status: "failed", failure: { code }, attemptCount: attempts });
    expect([site?.status, environment.status, environment.release]).toEqual(["failed", "failed", null]);
    expect(stepsOf(job)).toEqual(["deploy failed", "stop succeeded"]);
    const removal = await world.deleteSite(run.siteId, true);
    await runJob(world, removal);
    await expectSoundSite(world, removal);
    expect((await world.job(removal.jobId)).steps.map(({ name }) => name)).toEqual(["remove"]);
    expect(world.onNode().size).toBe(0);
    await expect(world.createSite("acme")).resolves.toBeDefined();
  });

  test("keeps the end of its output", async () => {
    expect((await failing(failed, failed, failed)).job.logTail.join("\n")).toContain("fatal: [localhost]");
  });
});

test("a node that falls silent for good fails the job and leaves the site to be looked at", async () => {
  const { job, site } = await creation({}, async (world) => {
    const { serverId } = await world.node(world.nodeId);
    await world.hosts.stop(serverId ?? 0);
  });
  expect(job).toMatchObject({ status: "failed", failure: { code: "ANSIBLE_HOST_UNREACHABLE" } });
  expect(site?.status).toBe("failed");
});

test("a node that restarts in the middle gets another run, which succeeds", async () => {
  const world = await makeSiteWorld();
  world.hosts.playbooks.plan("site-create", { seconds: 60 });
  const run = await world.createSite("acme");
  await world.runUntil(async () => false, 20_000);
  await world.hosts.reboot((await world.node(world.nodeId)).serverId ?? 0);
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect(await world.job(run.jobId)).toMatchObject({ status: "succeeded", attemptCount: 2 });
});

test("the job's time running out leaves the site failed", async () => {
  const world = await makeSiteWorld();
  world.hosts.playbooks.plan("site-create", { end: "hangs" });
  const run = await world.createSite("acme");
  await world.table.write({
    update: { pk: `JOB#${run.jobId}`, sk: "JOB" },
    set: { deadlineAtMs: world.clock.now() + 60_000 },
  });
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect((await world.job(run.jobId)).failure?.code).toBe("JOB_TIMEOUT");
});

describe("a cancel at every look", () => {
  test.each(Array.from({ length: 8 }, (_, looks) => looks))(
    "after %i looks nothing is left, the slug is free, and the timeline says so",
    async (looks) => {
      const world = await makeSiteWorld();
      const run = await world.createSite("acme");
      await world.runUntil(async () => (await world.job(run.jobId)).wakeSeq >= looks, 60_000);
      const asked = await world.cancel(run);
      await runJob(world, run);
      await expectSoundSite(world, run);
      const job = await world.job(run.jobId);
      expect(job.status).toBe(asked ? "cancelled" : "succeeded");
      expect((await world.site(run.siteId)) === undefined).toBe(asked);
      if (!asked) return;
      if (looks > 0) expect(stepsOf(job).slice(1)).toEqual(["stop succeeded", "remove succeeded"]);
      expect(world.onNode().size).toBe(0);
      const again = await world.createSite("acme");
      await runJob(world, again);
      await expectSoundSite(world, again);
    },
  );

  test("that cannot take everything back is a failure, and the site stays", async () => {
    const world = await makeSiteWorld();
    world.hosts.playbooks.plan("site-create", { seconds: 60 });
    world.hosts.playbooks.plan("env-delete", { end: { failedTask: "environment : Remove files" } });
    const run = await world.createSite("acme");
    await world.runUntil(async () => false, 20_000);
    expect(await world.cancel(run)).toBe(true);
    await runJob(world, run);
    await expectSoundSite(world, run);
    const job = await world.job(run.jobId);
    expect(job).toMatchObject({ status: "failed", failure: { code: "ANSIBLE_HOST_FAILED" } });
    expect(job.steps.at(-1)).toMatchObject({ name: "remove", status: "failed" });
    expect((await world.site(run.siteId))?.status).toBe("failed");
  });
});

test("five leases without a result end the job and leave the site failed, to be deleted", async () => {
  const world = await makeSiteWorld();
  const mend = loseSettles(world);
  const run = await world.createSite("acme");
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect((await world.job(run.jobId)).failure?.code).toBe("JOB_CRASHED");
  expect((await world.site(run.siteId))?.status).toBe("failed");
  mend();
  const removal = await world.deleteSite(run.siteId, false);
  await runJob(world, removal);
  await expectSoundSite(world, removal);
  expect(await world.site(run.siteId)).toBeUndefined();
});
