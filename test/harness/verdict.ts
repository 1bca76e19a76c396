/** What must be true of every run, whatever went wrong in it. */
import { expect } from "vitest";
import { jobErrorRetried } from "../../contracts/errors.ts";
import { isOpen } from "../../shared/domain/job.ts";
import { belongsToNode } from "../../shared/domain/node.ts";
import { type AnyWorld, canaryToken, installation, type Run } from "./world.ts";

const HOUR_MS = 3_600_000;

/** The servers at Hetzner that carry a node's labels. */
export const serversOf = (world: AnyWorld, nodeId: string) =>
  world.servers().filter((server) => belongsToNode(server.labels, { installation, node: nodeId }));

/**
 * Ended; one server or none; nothing at Hetzner without a node in use or a tombstone; an active node with one host key, and not
 * the one it was ordered with; a failure that says what to do; no secret.
 */
export const expectSound = async (world: AnyWorld, run: Run): Promise<void> => {
  const [job, node, tombstone] = await Promise.all([
    world.job(run.jobId),
    world.node(run.nodeId),
    world.tombstone(run.nodeId),
  ]);
  const servers = serversOf(world, run.nodeId);
  expect(isOpen(job)).toBe(false);
  expect(node.openJobId).toBeNull();
  expect(servers.length).toBeLessThanOrEqual(1);
  if (servers.length === 1) {
    const isInUse = node.status === "active" || node.status === "unreachable";
    const accounted = (isInUse && node.serverId === servers[0]?.id) || tombstone !== undefined;
    expect(accounted, "a server at Hetzner that no node in use and no tombstone stands for").toBe(true);
  }
  if (node.status === "active") {
    expect(node.hostKeys).toHaveLength(1);
    for (const given of job.work.create?.hostKeys ?? []) expect(given).not.toContain(node.hostKeys[0]);
  }
  if (node.status === "decommissioned") expect(node.serverState).toMatch(/^(none|gone)$/);
  expect(tombstone !== undefined).toBe(["still_billing", "unknown"].includes(node.serverState));
  if (job.status === "failed") {
    expect(Object.keys(jobErrorRetried)).toContain(job.failure?.code);
    expect(job.failure?.message).not.toBe("");
    expect(job.failure?.guidance.join("")).not.toBe("");
  }
  expectNoSecrets(world);
};

const expectNoSecrets = (world: AnyWorld): void => {
  const everything = JSON.stringify([world.table.dump(), world.queue.sent(), world.logLines]);
  expect(everything).not.toContain(canaryToken.slice(0, 20));
  expect(everything).not.toContain("PRIVATE KEY");
};

/** A day and more of sweeps, time enough for every look at an unresolved create; then a day in which nothing acts. */
export const sweepForADay = async (world: AnyWorld, { nodeId }: Run): Promise<void> => {
  await world.runUntil(async () => (await world.tombstone(nodeId)) === undefined, 26 * HOUR_MS);
  await world.clock.advance(24 * HOUR_MS);
};
