/** Orders of unknown outcome beside a known server, a foreign server, a replaced token, a failing AWS: nothing is lost. */
import { describe, expect, test } from "vitest";
import { tokenSecretName } from "../shared/domain/provider.ts";
import { requestCancel } from "../shared/store/jobs.ts";
import { changeProvider, findProvider } from "../shared/store/providers.ts";
import { expectSound, serversOf, sweepForADay } from "./harness/verdict.ts";
import { canaryToken, installation, makeWorld, type Run, runJob, type World } from "./harness/world.ts";

const create = { method: "POST", route: "/servers" } as const;
const posts = (world: World) =>
  world.simulator.requests().filter(({ method, path }) => method === "POST" && path === "/servers").length;
const isSent = (world: World, run: Run) => async () => (await world.job(run.jobId)).work.create !== null;
const isKnown = (world: World, run: Run) => async () => (await world.job(run.jobId)).work.serverId !== null;

const expectNothingLeft = async (world: World, run: Run): Promise<void> => {
  await expectSound(world, run);
  await sweepForADay(world, run);
  await expectSound(world, run);
  expect(serversOf(world, run.nodeId)).toHaveLength(0);
  expect((await world.node(run.nodeId)).status).toBe("decommissioned");
};

describe("an order that commits after another one's server was removed", () => {
  test("by a cancel", async () => {
    const world = await makeWorld();
    world.simulator.plan({ kind: "commits_late", ...create, seconds: 200 });
    const run = await world.order("web-1");
    await world.runUntil(isKnown(world, run), 180_000);
    await requestCancel(world.table, run.jobId, world.clock.now());
    await runJob(world, run);
    await expectNothingLeft(world, run);
  });

  test("by a cancel after an adoption", async () => {
    const world = await makeWorld();
    world.simulator.plan({ kind: "commits_late", ...create, seconds: 150 });
    const run = await world.order("web-1");
    await world.runUntil(async () => posts(world) === 1, 60_000);
    world.simulator.plan({ kind: "commits_late", ...create, seconds: 400 });
    await world.runUntil(isKnown(world, run), 400_000);
    await requestCancel(world.table, run.jobId, world.clock.now());
    await runJob(world, run);
    await expectNothingLeft(world, run);
  });

  test("by the sweeper", async () => {
    const world = await makeWorld();
    world.simulator.plan({ kind: "commits_late", ...create, seconds: 350 });
    const run = await world.order("web-1");
    await world.runUntil(async () => posts(world) === 1, 60_000);
    world.simulator.plan({ kind: "commits_late", ...create, seconds: 3000 });
    await runJob(world, run);
    await expectNothingLeft(world, run);
  });

  test("by the node's deletion", async () => {
    const world = await makeWorld();
    world.simulator.plan({ kind: "commits_late", ...create, seconds: 200 });
    const made = await world.order("web-1");
    await runJob(world, made);
    expect((await world.node(made.nodeId)).status).toBe("active");
    const run = await world.remove(made.nodeId);
    await runJob(world, run);
    await expectNothingLeft(world, run);
  });
});

test("a foreign server seen while an order is under way hides no late server", async () => {
  const world = await makeWorld();
  const foreign = world.simulator.addServer({ project: "ours", name: "web-1" });
  world.simulator.plan({ kind: "commits_late", ...create, seconds: 90 });
  const run = await world.order("web-1");
  await world.runUntil(isSent(world, run), 60_000);
  await world.runUntil(async () => false, 20_000);
  world.simulator.deleteByHand(foreign);
  await runJob(world, run);
  expect((await world.job(run.jobId)).failure?.reason).toBe("name_conflict");
  await expectNothingLeft(world, run);
});

const replaceToken = async (world: World): Promise<void> => {
  const name = tokenSecretName(installation, "018f0000-0000-7000-8000-0000000000cc");
  const old = (await findProvider(world.table, "hetzner"))?.tokenSecret ?? "";
  await world.vault.create(name, canaryToken, { description: "token" });
  await changeProvider(world.table, { id: "hetzner", nowMs: world.clock.now() }, (now) => ({
    ...now,
    tokenSecret: name,
  }));
  await world.vault.destroy(old);
};

describe("a token that is replaced while jobs run", () => {
  test("between the worker's two reads fails no job", async () => {
    const world = await makeWorld();
    const read = world.deps.readSecret;
    let replaced = false;
    world.deps.readSecret = async (name) => {
      if (!replaced && name.includes("/token/") && world.servers().length > 0) {
        replaced = true;
        await replaceToken(world);
      }
      return read(name);
    };
    const run = await world.order("web-1");
    await runJob(world, run);
    expect(replaced).toBe(true);
    expect((await world.job(run.jobId)).failure ?? "succeeded").toBe("succeeded");
  });

  test.each([
    ["GET", "/actions"],
    ["POST", "/servers"],
  ])("and refused at %s %s afterwards fails no job", async (method, route) => {
    const world = await makeWorld();
    const hetznerFor = world.deps.hetznerFor;
    let replaced = false;
    world.deps.hetznerFor = (token, seen) => {
      const client = hetznerFor(token, seen);
      const swapFirst = async <T>(at: string, call: () => Promise<T>): Promise<T> => {
        if (at === route && !replaced) {
          replaced = true;
          await replaceToken(world);
        }
        return call();
      };
      return {
        ...client,
        actions: { ...client.actions, list: (ids) => swapFirst("/actions", () => client.actions.list(ids)) },
        servers: { ...client.servers, create: (input) => swapFirst("/servers", () => client.servers.create(input)) },
      };
    };
    world.simulator.plan({ kind: "error", method, route, code: "unauthorized", status: 401 });
    const run = await world.order("web-1");
    await runJob(world, run);
    expect(replaced).toBe(true);
    expect((await world.job(run.jobId)).failure ?? "succeeded").toBe("succeeded");
  });
});

test("one job's unreadable SSH key spoils no other job", async () => {
  const world = await makeWorld();
  const first = await world.order("web-1");
  await world.runUntil(async () => (await world.node(first.nodeId)).publicIp !== null, 120_000);
  const read = world.deps.readSecret;
  world.deps.readSecret = async (name) => {
    if (name.includes("/ssh-key/")) throw new Error("AccessDenied");
    return read(name);
  };
  const second = await world.order("web-2");
  await runJob(world, second);
  expect((await world.job(second.jobId)).failure?.code).toBe("PROVIDER_ACQUISITION_TIMEOUT");
  await expectSound(world, second);
});

test("a quarter of an hour without the secret store fails no job", async () => {
  const world = await makeWorld();
  const run = await world.order("web-1");
  await world.runUntil(isKnown(world, run), 120_000);
  const read = world.deps.readSecret;
  const untilMs = world.clock.now() + 15 * 60_000;
  world.deps.readSecret = async (name) => {
    if (world.clock.now() < untilMs) throw new Error("InternalServiceError");
    return read(name);
  };
  await runJob(world, run);
  expect((await world.job(run.jobId)).status).toBe("succeeded");
});

test("a cancel that comes just before the order leaves keeps it from leaving", async () => {
  const world = await makeWorld();
  const makeHostKey = world.deps.makeHostKey;
  const run = await world.order("web-1");
  let asked = Promise.resolve(false);
  world.deps.makeHostKey = () => {
    asked = requestCancel(world.table, run.jobId, world.clock.now());
    return makeHostKey();
  };
  await runJob(world, run);
  expect(await asked).toBe(true);
  expect((await world.job(run.jobId)).status).toBe("cancelled");
  expect(posts(world)).toBe(0);
});
