/** `env_delete` through everything that can go wrong with it. It has no way back once its playbook may have begun. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
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

const deletion = async (options: WorldOptions = {}, prepare: (world: SiteWorld) => unknown = () => undefined) => {
  const { crashes = [], ...rest } = options;
  const { world, made, staging } = await withStaging(rest);
  const other = await world.environment(made.environmentId);
  const passed = world.planCrashes(crashes);
  await prepare(world);
  const run = await world.deleteEnvironment(staging.environmentId);
  await runJob(world, run);
  await expectSoundSite(world, run);
  const labels = world.interrupts.points().slice(passed);
  expect(await world.environment(made.environmentId)).toEqual(other);
  const [job, site] = [await world.job(run.jobId), await world.site(run.siteId)];
  return { world, run, made, labels, job, site, environment: await world.environment(run.environmentId) };
};

const failed: RunScript = { end: { failedTask: "environment : Remove the database" } };

test("ends with the environment off the node, and the other in service", async () => {
  const { world, run, made, job, site, environment } = await deletion();
  expect(stepsOf(job)).toEqual(["remove succeeded"]);
  expect(site).toMatchObject({ status: "active", environmentIds: [made.environmentId] });
  expect(environment.removedAtMs).not.toBeNull();
  const user = `pl_${run.environmentId.slice(-12)}`;
  expect(begunOf(world, "env-delete")).toMatchObject([{ vars: { environments: [{ id: run.environmentId, user }] } }]);
  expect([...world.onNode()]).toEqual([made.environmentId]);
});

test("of the last environment leaves a site without any, which can be deleted", async () => {
  const { world, made } = await withSite();
  const run = await world.deleteEnvironment(made.environmentId);
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect(await world.site(run.siteId)).toMatchObject({ status: "active", environmentIds: [] });
  const removal = await world.deleteSite(run.siteId, true);
  await runJob(world, removal);
  await expectSoundSite(world, removal);
  expect(await world.site(run.siteId)).toBeUndefined();
});

describeOneRun("env-delete", deletion);

describe("a playbook that does not succeed", () => {
  test.each(unsuccessful(failed))("and %s leaves it failed, to be deleted again", async (_what, scripts, code) => {
    const { world, run, job, site, environment } = await deletion({}, (one) =>
      one.hosts.playbooks.plan("env-delete", ...scripts),
    );
    expect(job).toMatchObject({ status: "failed", failure: { code } });
    expect([site?.status, environment.status, environment.removedAtMs]).toEqual(["active", "failed", null]);
    const again = await world.deleteEnvironment(run.environmentId);
    await runJob(world, again);
    await expectSoundSite(world, again);
    expect((await world.environment(run.environmentId)).removedAtMs).not.toBeNull();
  });
});

describe("a cancel at every look", () => {
  test.each(Array.from({ length: 7 }, (_, looks) => looks))(
    "after %i looks is taken before anything is removed, or refused",
    async (looks) => {
      const { world, staging } = await withStaging();
      const run = await world.deleteEnvironment(staging.environmentId);
      await world.runUntil(async () => (await world.job(run.jobId)).wakeSeq >= looks, 60_000);
      const asked = await world.cancel(run);
      await runJob(world, run);
      await expectSoundSite(world, run);
      const environment = await world.environment(run.environmentId);
      expect((await world.job(run.jobId)).status).toBe(asked ? "cancelled" : "succeeded");
      expect([environment.status, environment.removedAtMs === null]).toEqual(["active", asked]);
      expect(begunOf(world, "env-delete")).toHaveLength(asked ? 0 : 1);
      expect(asked).toBe(looks === 0);
    },
  );

  test("that comes in during the look which passes the point of no return is taken", async () => {
    const { world, staging } = await withStaging();
    const run = await world.deleteEnvironment(staging.environmentId);
    const write = world.deps.table.write;
    let asked = false;
    world.deps.table.write = async (...writes) => {
      const [first] = writes;
      const passes = first !== undefined && "update" in first && typeof first.set?.finalAtMs === "number";
      if (passes && !asked) asked = await world.cancel(run);
      return write(...writes);
    };
    await runJob(world, run);
    await expectSoundSite(world, run);
    expect(asked).toBe(true);
    expect((await world.job(run.jobId)).status).toBe("cancelled");
    expect((await world.environment(run.environmentId)).status).toBe("active");
    expect(begunOf(world, "env-delete")).toHaveLength(0);
  });

  test("at once puts a failed environment back to failed", async () => {
    const { world, run } = await deletion({}, (one) => one.hosts.playbooks.plan("env-delete", failed, failed, failed));
    const again = await world.deleteEnvironment(run.environmentId);
    expect(await world.cancel(again)).toBe(true);
    await expectSoundSite(world, again);
    expect((await world.environment(run.environmentId)).status).toBe("failed");
  });
});

test("five leases without a result end the job and leave the environment failed", async () => {
  const { world, staging } = await withStaging();
  loseSettles(world);
  const run = await world.deleteEnvironment(staging.environmentId);
  await runJob(world, run);
  await expectSoundSite(world, run);
  expect((await world.job(run.jobId)).failure?.code).toBe("JOB_CRASHED");
  expect((await world.environment(run.environmentId)).status).toBe("failed");
});
