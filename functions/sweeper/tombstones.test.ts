/** What a sweep does about servers that nothing works on any more: the simulator at the wire. */
import { describe, expect, it } from "vitest";
import { toItem } from "../../shared/store/items.ts";
import { keys } from "../../shared/store/keys.ts";
import { nodeItem } from "../../shared/store/nodes.ts";
import { makeWorld, type World } from "../../test/harness/world.ts";
import { sweepTombstones } from "./tombstones.ts";

const hourMs = 3_600_000;
const requests = (world: World, from = 0) =>
  world.simulator
    .requests()
    .slice(from)
    .map(({ method, path }) => `${method} ${path}`);

/** An active node whose deletion Hetzner refused: its server is protected and its tombstone stands. */
const makeBilling = async () => {
  const world = await makeWorld();
  const { nodeId, jobId } = await world.order("web-1");
  await world.runUntil(async () => (await world.job(jobId)).status === "succeeded", hourMs);
  const { serverId } = await world.node(nodeId);
  if (serverId === null) throw new Error("no server");
  world.simulator.plan({
    kind: "error",
    method: "DELETE",
    route: "/servers/{id}",
    code: "protected",
    status: 422,
    times: 1,
  });
  const removal = await world.remove(nodeId);
  await world.runUntil(async () => (await world.job(removal.jobId)).status === "failed", hourMs);
  const stone = await world.tombstone(nodeId);
  if (stone === undefined) throw new Error("no tombstone");
  const from = world.simulator.requests().length;
  const sweep = () => world.clock.run(sweepTombstones(world.deps));
  const untilDue = async () =>
    world.clock.advance(((await world.tombstone(nodeId))?.nextLookAtMs ?? 0) - world.clock.now());
  return { world, nodeId, serverId, stone, from, sweep, untilDue };
};

/** More due tombstones than one sweep takes, all of them before the given one. */
const putBefore = async (
  world: World,
  nodeId: string,
  node: (id: string) => Record<string, unknown>,
): Promise<void> => {
  const stone = await world.tombstone(nodeId);
  for (let index = 0; index < 20; index += 1) {
    const id = `018f0000-0000-7000-8000-0000000f${index.toString(16).padStart(4, "0")}`;
    const record = { ...stone, nodeId: id, nextLookAtMs: 0 };
    await world.table.write({
      put: toItem(keys.tombstone(id), record, { work_pk: "TOMBSTONES#OPEN", work_sk: new Date(0).toISOString() }),
    });
    await world.table.write({ put: toItem(keys.node(id), node(id)) });
  }
};

describe("a sweep", () => {
  it.each(["a node whose job is open", "a node that cannot be read"])(
    "is not held up by twenty tombstones of %s",
    async (which) => {
      const { world, nodeId, sweep, untilDue } = await makeBilling();
      const node = await world.node(nodeId);
      await putBefore(world, nodeId, (id) =>
        which.includes("job") ? { ...node, id, openJobId: "job" } : { broken: true },
      );
      await untilDue();
      await sweep();
      await sweep();
      expect(await world.node(nodeId)).toMatchObject({ deletionBlockedReason: "busy" });
    },
  );

  it("asks nothing before a tombstone is due", async () => {
    const { world, stone, sweep, from } = await makeBilling();
    await world.clock.advance(stone.nextLookAtMs - world.clock.now() - 1);
    expect(await sweep()).toBe(0);
    expect(requests(world, from)).toEqual([]);
  });

  it("deletes the server, believes it only when it is gone, then closes and frees the name", async () => {
    const { world, nodeId, serverId, sweep, untilDue, from } = await makeBilling();
    await untilDue();
    expect(await sweep()).toBe(0);
    expect(requests(world, from)).toEqual([`GET /servers/${serverId}`, `DELETE /servers/${serverId}`]);
    expect(await world.node(nodeId)).toMatchObject({ serverState: "still_billing", deletionBlockedReason: "busy" });
    await untilDue();
    expect(await sweep()).toBe(1);
    expect(await world.node(nodeId)).toMatchObject({
      status: "decommissioned",
      serverState: "gone",
      deletionBlockedReason: null,
    });
    expect(await world.tombstone(nodeId)).toBeUndefined();
    expect(await world.table.get(keys.nodeName("web-1"))).toBeUndefined();
  });

  it("leaves a server without our labels alone and says why", async () => {
    const { world, nodeId, serverId, sweep, untilDue, from } = await makeBilling();
    await world.table.write({
      put: toItem(
        keys.tombstone(nodeId),
        { ...(await world.tombstone(nodeId)), installation: "another" },
        { work_pk: "TOMBSTONES#OPEN", work_sk: "2026" },
      ),
    });
    await untilDue();
    expect(await sweep()).toBe(0);
    expect(requests(world, from)).toEqual([`GET /servers/${serverId}`]);
    expect(await world.node(nodeId)).toMatchObject({ deletionBlockedReason: "labels_removed" });
    expect(world.servers()).toHaveLength(1);
  });

  it("keeps a tombstone while Hetzner cannot be asked: no answer never means that a server is gone", async () => {
    const { world, nodeId, sweep, untilDue } = await makeBilling();
    for (const [code, status] of [
      ["unauthorized", 401],
      ["rate_limit_exceeded", 429],
      ["service_error", 503],
    ] as const) {
      world.simulator.plan({ kind: "error", method: "GET", route: "/servers/{id}", code, status, times: 1 });
      await untilDue();
      expect(await sweep()).toBe(0);
      expect(await world.node(nodeId)).toMatchObject({ serverState: "still_billing" });
    }
    expect(await world.tombstone(nodeId)).toMatchObject({
      reason: "provider_unavailable",
      serverId: expect.any(Number),
    });
  });

  it("without a token keeps it and says so", async () => {
    const { world, nodeId, untilDue, from } = await makeBilling();
    await untilDue();
    await world.clock.run(sweepTombstones({ ...world.deps, readSecret: async () => undefined }));
    expect(requests(world, from)).toEqual([]);
    expect(await world.node(nodeId)).toMatchObject({ deletionBlockedReason: "credential_rejected" });
  });

  it("does not take the server from under a site", async () => {
    const { world, nodeId, untilDue, from } = await makeBilling();
    const node = await world.node(nodeId);
    await world.table.write({ put: nodeItem({ ...node, environmentCount: 1 }) });
    await untilDue();
    await world.clock.run(sweepTombstones(world.deps));
    expect(requests(world, from)).toEqual([]);
    expect(await world.node(nodeId)).toMatchObject({ serverState: "still_billing" });
  });

  it("leaves a node to the job that has it", async () => {
    const { world, nodeId, untilDue, from } = await makeBilling();
    const node = await world.node(nodeId);
    await world.table.write({ put: nodeItem({ ...node, openJobId: "job-9" }) });
    await untilDue();
    await world.clock.run(sweepTombstones(world.deps));
    expect(requests(world, from)).toEqual([]);
  });
});
