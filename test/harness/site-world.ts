/** A world with a ready node, and sites asked for on it as the API does; what must be true after every job of a site. */
import { expect } from "vitest";
import * as z from "zod";
import type { RunScript } from "../../local/stand-ins/index.ts";
import { type JobRecord, jobRecord } from "../../shared/domain/job.ts";
import { forgetStep } from "../../shared/domain/plans/site-delete.ts";
import { cancelledUnbegun, decideCancel } from "../../shared/domain/plans/start.ts";
import {
  type SiteStart,
  startEnvCreate,
  startEnvDelete,
  startSiteCreate,
  startSiteDelete,
} from "../../shared/domain/plans/start-site.ts";
import { type EnvironmentRecord, environmentRecord, isResting, siteStatusOf } from "../../shared/domain/site.ts";
import { requestCancel, settleUnleased } from "../../shared/store/jobs.ts";
import { keys } from "../../shared/store/keys.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { startSiteJob } from "../../shared/store/site-requests.ts";
import { findBackup, findEnvironment, findEnvironments, findSite, findSubject } from "../../shared/store/sites.ts";
import type { Crash } from "./interrupts.ts";
import { expectSound } from "./verdict.ts";
import { installation, makeWorld, type Run, runJob, type WorldOptions } from "./world.ts";

export interface SiteRun extends Run {
  readonly siteId: string;
  readonly environmentId: string;
}

type World = Awaited<ReturnType<typeof makeWorld>>;
export type SiteWorld = Awaited<ReturnType<typeof makeSiteWorld>>;

let counted = 0;
/** Its release is made of its last digits, its user of more. */
export const freshId = (): string => {
  counted += 1;
  return `018f0000-0000-7000-9000-${counted.toString(16).padStart(12, "0")}`;
};

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("not in the table");
  return value;
};

const removal = z.object({ environments: z.array(z.object({ id: z.string() })) });
const making = z.object({ environment: z.object({ id: z.string() }) });

/** Everything that may be on the node: what a run began to make is there until a removal of it has succeeded. */
const findOnNode = (world: World, removed: ReadonlySet<string>): Set<string> => {
  const there = new Set<string>();
  for (const { id, playbook, vars } of world.hosts.playbooks.begun()) {
    if (playbook === "site-create" || playbook === "env-create") there.add(making.parse(vars).environment.id);
    if (removed.has(id)) for (const one of removal.parse(vars).environments) there.delete(one.id);
  }
  return there;
};

/** The ids of the runs that have removed something, as they end. */
const noteRemovals = (world: World): ReadonlySet<string> => {
  const removed = new Set<string>();
  for (const playbook of ["env-delete", "site-delete"]) {
    world.hosts.playbooks.usually(playbook, {
      end: ({ id }) => {
        removed.add(id);
        return { result: {} };
      },
    });
  }
  return removed;
};

/** As the API does it: at once, written down, or refused (false). */
const cancel = async (world: World, { jobId, siteId, environmentId }: SiteRun): Promise<boolean> => {
  const nowMs = world.clock.now();
  const job = await world.job(jobId);
  const decision = decideCancel(job);
  if (decision === "not_cancellable" || decision === "over") return false;
  if (decision === "ask") return requestCancel(world.table, jobId, nowMs);
  const node = await world.node(job.nodeId);
  const subject = must(await findSubject(world.table, { ...job, siteId, environmentId }));
  const before = { job, node, subject };
  const { removed, ...after } = cancelledUnbegun({ nowMs, ...before });
  return settleUnleased(world.table, { before, after, removed });
};

/** Its server is off for good, and the probes have told so. */
const loseNode = async (world: World, nodeId: string): Promise<void> => {
  const { serverId } = await world.node(nodeId);
  await world.hosts.stop(serverId ?? 0);
  await world.table.write({ update: keys.node(nodeId), set: { status: "unreachable" }, add: { stateVersion: 1 } });
};

/** A node that is ready, and nothing on it. Crashes are counted from the next thing that is asked for. */
export const makeSiteWorld = async (options: Omit<WorldOptions, "crashes"> = {}) => {
  const world = await makeWorld(options);
  const made = await world.order("web-1");
  await runJob(world, made);
  const { nodeId } = made;
  const removed = noteRemovals(world);

  const begin = async (start: SiteStart): Promise<SiteRun> => {
    const nowMs = world.clock.now();
    const audit = { id: freshId(), atMs: nowMs, actor: "test", action: "test", nodeId, jobId: start.job.id };
    const started = await startSiteJob(world.table, { start, audit, idempotency: null, nowMs });
    if (started.kind !== "started") throw new Error(`not started: ${JSON.stringify(started)}`);
    await world.queue.send({ v: 1, job_id: start.job.id, seq: 0 }, 0);
    return { nodeId, jobId: start.job.id, siteId: start.site.after.id, environmentId: start.job.environmentId ?? "" };
  };
  const opening = async () => {
    const [node, jobId] = [must(await findNode(world.table, nodeId)), freshId()];
    return { jobId, installation, node, nowMs: world.clock.now() };
  };
  const openingOn = async (environmentId: string) => {
    const environment = must(await findEnvironment(world.table, environmentId));
    return { ...(await opening()), environment, site: must(await findSite(world.table, environment.siteId)) };
  };

  return {
    ...world,
    nodeId,
    /** Starts a job as the API does. */
    begin,
    /** What a start needs to know of an environment and what is around it, under the id of a new job. */
    openingOn,
    onNode: () => findOnNode(world, removed),
    site: (id: string) => findSite(world.table, id),
    environment: async (id: string) => must(await findEnvironment(world.table, id)),
    backup: async (id: string | null) => must(await findBackup(world.table, id ?? "")),
    createSite: async (slug: string, name = "Acme"): Promise<SiteRun> => {
      const ids = { siteId: freshId(), environmentId: freshId(), adminEmail: "ada@example.org" };
      return begin(startSiteCreate({ ...(await opening()), ...ids, name, slug, previewDomain: "{ip}.sslip.io:8088" }));
    },
    clone: async (sourceId: string, slug: string): Promise<SiteRun> => {
      const request = { name: "Staging", slug, type: "staging", promotion_preset: "content-protect" } as const;
      const ids = { environmentId: freshId(), previewDomain: "{ip}.sslip.io:8088" };
      return begin(startEnvCreate({ ...(await openingOn(sourceId)), ...ids }, request));
    },
    deleteEnvironment: async (id: string): Promise<SiteRun> => begin(startEnvDelete(await openingOn(id))),
    deleteSite: async (siteId: string, withBackup: boolean): Promise<SiteRun> => {
      const site = must(await findSite(world.table, siteId));
      const on = await openingOn(site.primaryEnvironmentId);
      const found = await findEnvironments(world.table, site.environmentIds);
      const others = found.filter(({ id }) => id !== on.environment.id);
      return begin(startSiteDelete({ ...on, others, backupId: withBackup ? freshId() : null }));
    },
    loseNode: () => loseNode(world, nodeId),
    /** Is it taken? */
    cancel: (run: SiteRun): Promise<boolean> => cancel(world, run),
    /** Points passed from now on are counted from 1, and crash as told. */
    planCrashes: (crashes: WorldOptions["crashes"] = []): number => {
      const passed = world.interrupts.points().length;
      world.interrupts.plan(crashes.map((crash) => ({ ...crash, point: crash.point + passed })));
      return passed;
    },
  };
};

/** A crash before and after every point that was passed. */
export const crashesAt = (labels: readonly string[]): (Crash & { label: string })[] =>
  labels.flatMap((label, index) => [
    { point: index + 1, label, when: "before" as const },
    { point: index + 1, label, when: "after" as const },
  ]);

/** The runs of a playbook that have begun, in their order. */
export const begunOf = (world: SiteWorld, playbook: string) =>
  world.hosts.playbooks.begun().filter((run) => run.playbook === playbook);

/** Every process ends just before its settle, but for one that fails the job. Answers with what puts that right. */
export const loseSettles = ({ deps: { table } }: SiteWorld): (() => void) => {
  const { write } = table;
  table.write = (...writes) => {
    const [first] = writes;
    const settles = first !== undefined && "update" in first && first.set?.wakeSeq !== undefined;
    return settles && first.set?.status !== "failed" ? Promise.reject(new Error("out of memory")) : write(...writes);
  };
  return () => {
    table.write = write;
  };
};

/** How a playbook does not succeed, attempt by attempt, and the code of its job. `failed` is a run that fails at a task. */
export const unsuccessful = (failed: RunScript): readonly (readonly [string, readonly RunScript[], string])[] => [
  ["fails at a task three times", [failed, failed, failed], "ANSIBLE_HOST_FAILED"],
  ["cannot be read", [{ end: { failedTask: "", exitCode: 5, recap: null } }], "ANSIBLE_SYNTAX_ERROR"],
  ["hangs", Array<RunScript>(3).fill({ end: "hangs" }), "ANSIBLE_TIMEOUT"],
];

/** Steps with how they ended, in one word each. */
export const stepsOf = ({ steps }: JobRecord): string[] => steps.map(({ name, status }) => `${name} ${status}`);

/** A site in service. */
export const withSite = async (options: Omit<WorldOptions, "crashes"> = {}) => {
  const world = await makeSiteWorld(options);
  const made = await world.createSite("acme");
  await runJob(world, made);
  return { world, made };
};

/** A site in service with a staging environment beside the primary one. */
export const withStaging = async (options: Omit<WorldOptions, "crashes"> = {}) => {
  const { world, made } = await withSite(options);
  const staging = await world.clone(made.environmentId, "staging");
  await runJob(world, staging);
  return { world, made, staging };
};

const environmentsIn = (world: SiteWorld): EnvironmentRecord[] =>
  world.table.dump().flatMap((item) => (item.sk === "ENVIRONMENT" ? [environmentRecord.parse(item)] : []));

/** Those that a job removed without the node. */
const forgottenIn = (world: SiteWorld): EnvironmentRecord[] => {
  const jobs = world.table.dump().flatMap((item) => (item.sk === "JOB" ? [jobRecord.parse(item)] : []));
  const forgetting = jobs.filter(({ steps }) => steps.some(({ name }) => name === forgetStep));
  const isIts = ({ lastJobId }: EnvironmentRecord) => forgetting.some(({ id }) => id === lastJobId);
  return environmentsIn(world).filter((one) => one.removedAtMs !== null && isIts(one));
};

/** A run is over when the next one on the same node begins. */
const expectOneAtATime = (world: SiteWorld, serverId: number | null): void => {
  const runs = [...(world.hosts.machineOf(serverId ?? 0)?.disk.runs.values() ?? [])];
  for (const [index, run] of runs.entries()) {
    const next = runs[index + 1];
    if (next === undefined) return;
    const endsAtMs = run.cutOffAtMs ?? (run.script.end === "hangs" ? Number.POSITIVE_INFINITY : undefined);
    const ended =
      endsAtMs === undefined ? run.ending !== null || run.script.end === "is_cut_off" : endsAtMs <= next.startedAtMs;
    expect(ended, `${next.id} began beside ${run.id}`).toBe(true);
  }
};

/**
 * Beside what holds for every job: node and site are free, no status of passage is left, the node counts the environments
 * that are there and those that it has forgotten, none that are removed otherwise is on it, and a site that is gone has
 * left its slug.
 */
export const expectSoundSite = async (world: SiteWorld, run: SiteRun): Promise<void> => {
  await expectSound(world, run);
  const [node, site] = await Promise.all([world.node(run.nodeId), world.site(run.siteId)]);
  const environments = environmentsIn(world);
  const there = environments.filter(({ removedAtMs }) => removedAtMs === null);
  expect(node.environmentCount).toBe(there.length);
  expect(there.filter(({ status }) => !isResting(status))).toEqual([]);
  for (const { id } of there.filter(({ status }) => status === "active")) expect(world.onNode()).toContain(id);
  const forgotten = forgottenIn(world).map(({ id }) => id);
  expect(node.forgottenEnvironments).toBe(forgotten.length);
  for (const { id } of environments.filter(({ removedAtMs }) => removedAtMs !== null)) {
    if (forgotten.includes(id)) expect(world.onNode()).toContain(id);
    else expect(world.onNode()).not.toContain(id);
  }
  for (const item of world.table.dump().filter(({ sk }) => sk === "BACKUP"))
    expect(["completed", "failed"]).toContain(item.status);
  const own = there.filter(({ siteId }) => siteId === run.siteId);
  const claims = world.table.dump().filter(({ siteId, sk }) => sk === "SLUG" && siteId === run.siteId);
  expect(claims).toHaveLength(site === undefined ? 0 : 1);
  if (site === undefined) expect(own).toEqual([]);
  else {
    expect(site.openJobId).toBeNull();
    expect(site.status).toBe(siteStatusOf(site, environments));
    expect([...site.environmentIds].sort()).toEqual(own.map(({ id }) => id).sort());
    expect(await world.table.get(keys.siteSlug(site.slug))).toMatchObject({ siteId: site.id });
  }
  expectOneAtATime(world, node.serverId);
};
