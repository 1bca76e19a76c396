/** `node_delete` through everything that can go wrong with it; and the tombstone it leaves when Hetzner refuses. */
import { describe, expect, test } from "vitest";
import { type Fault, faultKinds, statusOfCode } from "../local/hetzner/index.ts";
import { acquisitionFailures } from "../shared/domain/failure.ts";
import { errorTable } from "../shared/hetzner/index.ts";
import type { Crash } from "./harness/interrupts.ts";
import { expectSound, serversOf, sweepForADay } from "./harness/verdict.ts";
import { canaryToken, makeWorld, runJob, type World, type WorldOptions } from "./harness/world.ts";

/** An active node, then its deletion with the faults; crashes are counted from the deletion on. */
const deletion = async (
  options: WorldOptions = {},
  prepare: (world: World, serverId: number) => unknown = () => undefined,
) => {
  const { crashes = [], ...rest } = options;
  const world = await makeWorld(rest);
  const made = await world.order("web-1");
  await runJob(world, made);
  const { serverId } = await world.node(made.nodeId);
  if (serverId === null) throw new Error("no server");
  const pointsBefore = world.interrupts.points().length;
  world.interrupts.plan(crashes.map((crash) => ({ ...crash, point: crash.point + pointsBefore })));
  await prepare(world, serverId);
  const run = await world.remove(made.nodeId);
  await runJob(world, run);
  await expectSound(world, run);
  const labels = world.interrupts.points().slice(pointsBefore);
  return { world, run, serverId, labels, job: await world.job(run.jobId), node: await world.node(run.nodeId) };
};

/** As a person does it, with a tool of their own. */
const byHand = async (world: World, request: { method: string; path: string; body: unknown }): Promise<void> => {
  const answer = await world.simulator.wireFetch(`http://hetzner.test/v1${request.path}`, {
    method: request.method,
    headers: { authorization: `Bearer ${canaryToken}`, "content-type": "application/json", "user-agent": "by-hand" },
    body: JSON.stringify(request.body),
  });
  expect(answer.ok).toBe(true);
};

const protect = (world: World, id: number): Promise<void> =>
  byHand(world, {
    method: "POST",
    path: `/servers/${id}/actions/change_protection`,
    body: { delete: true, rebuild: true },
  });

const withFault = (fault: Fault) => deletion({}, (world) => world.simulator.plan(fault));

test("ends when Hetzner confirms that the server is gone, and frees the name", async () => {
  const { world, run, job, node } = await deletion();
  expect(job.status).toBe("succeeded");
  expect(node).toMatchObject({ status: "decommissioned", serverState: "gone" });
  expect(serversOf(world, run.nodeId)).toHaveLength(0);
  await expect(world.order("web-1")).resolves.toBeDefined();
});

test("succeeds when every step runs twice", async () => {
  const { job, world, run } = await deletion({ everyStepTwice: true });
  expect(job.status).toBe("succeeded");
  expect(serversOf(world, run.nodeId)).toHaveLength(0);
});

describe("a crash at every numbered outside call and write", async () => {
  const { labels } = await deletion();
  const crashes = labels.flatMap((label, index): (Crash & { label: string })[] => [
    { point: index + 1, label, when: "before" },
    { point: index + 1, label, when: "after" },
  ]);
  test.each(crashes)("$when $label ($point): the server is gone", async ({ point, when }) => {
    const { world, run, job } = await deletion({ crashes: [{ point, when }] });
    expect(job.status).toBe("succeeded");
    expect(serversOf(world, run.nodeId)).toHaveLength(0);
  });
});

const routes = [
  { method: "GET", route: "/servers/{id}" },
  { method: "DELETE", route: "/servers/{id}" },
] as const;
const cases = faultKinds.flatMap((kind) =>
  routes
    .filter((at) => kind.suits.some((suited) => suited.method === at.method && suited.route === at.route))
    .map((at) => ({ kind: kind.name, area: kind.area, ...at })),
);
/** Faults after which nothing is tried again until the sweeper's hour: a clear no. */
const refusals: readonly string[] = ["unknown_code", "odd_details", "token_revoked", "action_stuck"];
const small = (kind: string) => (kind === "oversized_body" ? { sizeBytes: 5_300_000 } : {});

describe("every fault of the simulator, once, at every request", () => {
  test.each(cases)("$kind at $method $route", async ({ kind, method, route }) => {
    const { world, run, job } = await withFault({ kind, method, route, ...small(kind) });
    if (refusals.includes(kind)) expect(job.failure?.code).toBe("PROVIDER_RELEASE_FAILED");
    else expect(job.failure ?? "succeeded").toBe("succeeded");
    await sweepForADay(world, run);
    await expectSound(world, run);
    const left = serversOf(world, run.nodeId).length;
    expect(left).toBe(["token_revoked", "action_stuck"].includes(kind) ? 1 : 0);
  });
});

describe("every fault that stays, at every request", () => {
  test.each(cases)("$kind at $method $route for ever", async ({ kind, method, route }) => {
    const { world, run } = await withFault({ kind, method, route, times: 10_000, ...small(kind) });
    await world.runUntil(async () => false, 3 * 3_600_000);
    await expectSound(world, run);
  });
});

describe("every row of the error table as the answer to the deletion", () => {
  const statuses = new Map<string, number>(Object.entries(statusOfCode));
  const rows = errorTable.map((row) => ({ code: row.code, class: row.class, status: statuses.get(row.code) ?? 422 }));
  test.each(rows)("$code: $class", async ({ code, class: faultClass, status }) => {
    const fault: Fault = { kind: "error", method: "DELETE", route: "/servers/{id}", code, status, times: 10_000 };
    const { world, run, job, node } = await withFault(fault);
    expect(job.failure?.code).toBe("PROVIDER_RELEASE_FAILED");
    const stillThere = code === "not_found" ? "timeout" : acquisitionFailures[faultClass].reason;
    expect([job.failure?.reason, node.deletionBlockedReason]).toEqual([stillThere, stillThere]);
    expect(node.serverState).toBe("still_billing");
    world.simulator.clearPlan();
    await sweepForADay(world, run);
    expect(serversOf(world, run.nodeId)).toHaveLength(0);
    expect((await world.node(run.nodeId)).status).toBe("decommissioned");
  });
});

test("a protected server is left, shown as still billing, and deleted by the sweeper once it is unprotected", async () => {
  const { world, run, job, node, serverId } = await deletion({}, protect);
  expect(job.failure).toMatchObject({ code: "PROVIDER_RELEASE_FAILED", reason: "protected" });
  expect(node).toMatchObject({ serverState: "still_billing", deletionBlockedReason: "protected" });
  world.simulator.unprotect(serverId);
  await sweepForADay(world, run);
  expect(serversOf(world, run.nodeId)).toHaveLength(0);
  expect((await world.node(run.nodeId)).status).toBe("decommissioned");
});

test("a server whose labels were removed is not touched", async () => {
  const { world, job, node, serverId } = await deletion({}, (made, id) =>
    byHand(made, { method: "PUT", path: `/servers/${id}`, body: { labels: {} } }),
  );
  expect(job.failure).toMatchObject({ code: "PROVIDER_RELEASE_FAILED", reason: "labels_removed" });
  expect(node.serverState).toBe("still_billing");
  expect(world.servers().map((server) => server.id)).toEqual([serverId]);
});

test("a server that somebody deleted already is confirmed gone", async () => {
  const { job } = await deletion({}, (world, id) => void world.simulator.deleteByHand(id));
  expect(job.status).toBe("succeeded");
});

test("a deletion can be asked for again while the server is still billing", async () => {
  const { world, run, serverId } = await deletion({}, protect);
  world.simulator.unprotect(serverId);
  const again = await world.remove(run.nodeId);
  await runJob(world, again);
  await expectSound(world, again);
  expect((await world.job(again.jobId)).status).toBe("succeeded");
});

test("a refusal met after the total time still says what to do about the refusal", async () => {
  const world = await makeWorld();
  const made = await world.order("web-1");
  await runJob(world, made);
  const run = await world.remove(made.nodeId);
  await world.clock.advance(61 * 60_000);
  world.simulator.plan({
    kind: "error",
    method: "GET",
    route: "/servers/{id}",
    code: "unauthorized",
    status: 401,
    times: 9,
  });
  await runJob(world, run);
  expect((await world.job(run.jobId)).failure).toMatchObject({
    code: "PROVIDER_RELEASE_FAILED",
    reason: "credential_rejected",
  });
});
