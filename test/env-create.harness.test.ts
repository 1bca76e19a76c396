/** `env_create` through everything that can go wrong with it: the environment it is cloned from stays in service all the while. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
import { keys } from "../shared/store/keys.ts";
import { describeOneRun } from "./harness/site-job.contract.ts";
import {
  begunOf,
  expectSoundSite,
  loseSettles,
  type SiteWorld,
  stepsOf,
  unsuccessful,
  withSite,
  withStaging,
} from "./harness/site-world.ts";
import { runJob, type WorldOptions } from "./harness/world.ts";

const cloning = async (options: WorldOptions = {}, prepare: (world: SiteWorld) => unknown = () => undefined) => {
  const { crashes = [], ...rest } = options;
  const { world, made } = await withSite(rest);
  const source = await world.environment(made.environmentId);
  const passed = world.planCrashes(crashes);
  await prepare(world);
  const run = await world.clone(made.environmentId, "staging");
  await runJob(world, run);
  await expectSoundSite(world, run);
  const labels = world.interrupts.points().slice(passed);
  expect(await world.environment(made.environmentId)).toEqual(source);
  const [job, site] = [await world.job(run.jobId), await world.site(run.siteId)];
  return { world, run, made, labels, job, site, environment: await world.environment(run.environmentId) };
};

const failed: RunScript = { end: { failedTask: "environment : Copy the database" } };

test("ends with two environments in service, the second made from the first", async () => {
  const { world, run, made, job, site, environment } = await cloning();
  expect(job).toMatchObject({ status: "succeeded", environmentId: run.environmentId });
  expect(stepsOf(job)).toEqual(["clone succeeded"]);
  expect(site).toMatchObject({ status: "active", environmentIds: [made.environmentId, run.environmentId] });
  expect(environment).toMatchObject({
    status: "active",
    environmentType: "staging",
    sourceEnvironmentId: made.environmentId,
    release: run.jobId.slice(-8),
  });
  const source = await world.environment(made.environmentId);
  expect(begunOf(world, "env-create")).toMatchObject([
    { vars: { environment: { id: run.environmentId, type: "staging" }, source: { url: source.previewUrl } } },
  ]);
  expect(environment.previewUrl).toMatch(/^http:\/\/staging\.acme\./);
});

test("shows site and new environment as cloning while it works", async () => {
  const { world, made } = await withSite();
  const run = await world.clone(made.environmentId, "staging");
  expect((await world.site(run.siteId))?.status).toBe("cloning");
  expect((await world.environment(run.environmentId)).status).toBe("cloning");
  expect((await world.environment(made.environmentId)).status).toBe("active");
});

describeOneRun("env-create", cloning);

describe("a playbook that does not succeed", () => {
  test.each(unsuccessful(failed))(
    "and %s leaves the clone failed and the site in service",
    async (_what, scripts, code) => {
      const { world, run, job, site, environment } = await cloning({}, (one) =>
        one.hosts.playbooks.plan("env-create", ...scripts),
      );
      expect(job).toMatchObject({ status: "failed", failure: { code } });
      expect([site?.status, environment.status]).toEqual(["active", "failed"]);
      expect(stepsOf(job)).toEqual(["clone failed", "stop succeeded"]);
      const removal = await world.deleteEnvironment(run.environmentId);
      await runJob(world, removal);
      await expectSoundSite(world, removal);
      expect((await world.site(run.siteId))?.status).toBe("active");
    },
  );

  test("once is tried again, as another run", async () => {
    const { world, job } = await cloning({}, (one) => one.hosts.playbooks.plan("env-create", failed));
    expect(job).toMatchObject({ status: "succeeded", attemptCount: 2 });
    expect(begunOf(world, "env-create")).toHaveLength(2);
  });
});

describe("a cancel at every look", () => {
  test.each(Array.from({ length: 8 }, (_, looks) => looks))(
    "after %i looks the clone is gone and the site in service",
    async (looks) => {
      const { world, made } = await withSite();
      const run = await world.clone(made.environmentId, "staging");
      await world.runUntil(async () => (await world.job(run.jobId)).wakeSeq >= looks, 60_000);
      const asked = await world.cancel(run);
      await runJob(world, run);
      await expectSoundSite(world, run);
      const site = await world.site(run.siteId);
      expect((await world.job(run.jobId)).status).toBe(asked ? "cancelled" : "succeeded");
      expect(site).toMatchObject({ status: "active" });
      expect(site?.environmentIds).toHaveLength(asked ? 1 : 2);
      expect((await world.environment(run.environmentId)).removedAtMs !== null).toBe(asked);
    },
  );

  test("that cannot take everything back is a failure, and the clone stays, failed", async () => {
    const { world, made } = await withSite();
    world.hosts.playbooks.plan("env-create", { seconds: 60 });
    world.hosts.playbooks.plan("env-delete", failed);
    const run = await world.clone(made.environmentId, "staging");
    await world.runUntil(async () => false, 20_000);
    await world.cancel(run);
    await runJob(world, run);
    await expectSoundSite(world, run);
    expect((await world.job(run.jobId)).status).toBe("failed");
    expect((await world.environment(run.environmentId)).status).toBe("failed");
    expect((await world.site(run.siteId))?.status).toBe("active");
  });
});

test("five leases without a result end the job: the clone is failed, the site in service", async () => {
  const { world, made } = await withSite();
  loseSettles(world);
  const run = await world.clone(made.environmentId, "staging");
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect((await world.job(run.jobId)).failure?.code).toBe("JOB_CRASHED");
  expect((await world.site(run.siteId))?.status).toBe("active");
  expect((await world.environment(run.environmentId)).status).toBe("failed");
});

test("in a site whose primary environment has failed leaves the site failed", async () => {
  const { world, made, staging } = await withStaging();
  await world.table.write({ update: keys.environment(made.environmentId), set: { status: "failed" } });
  await world.table.write({ update: keys.site(made.siteId), set: { status: "failed" } });
  const run = await world.clone(staging.environmentId, "second");
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect((await world.job(run.jobId)).status).toBe("succeeded");
  expect((await world.environment(run.environmentId)).status).toBe("active");
  expect((await world.site(run.siteId))?.status).toBe("failed");
});
