/** What one batch does with its messages, and what it leaves alone: the whole machinery, the simulator at the wire. */
import { describe, expect, it } from "vitest";
import { limits } from "../../shared/config.ts";
import { findJob, leaseJob, requestCancel } from "../../shared/store/jobs.ts";
import { keys } from "../../shared/store/keys.ts";
import { findProvider } from "../../shared/store/providers.ts";
import type { Table, Write } from "../../shared/store/table.ts";
import { makeWorld, type World } from "../../test/harness/world.ts";
import { workThrough } from "./batch.ts";
import type { WorkerDeps } from "./deps.ts";

const wholeMs = limits.workerTimeoutSeconds * 1000;

const messageFor = (jobId: string, seq: number, messageId = `message-for-${seq}`) => ({
  messageId,
  body: JSON.stringify({ v: 1, job_id: jobId, seq }),
});
type Message = ReturnType<typeof messageFor>;

const work = (world: World, messages: readonly Message[], change: Partial<WorkerDeps> = {}, remainingMs = wholeMs) =>
  world.clock.run(workThrough({ ...world.deps, ...change }, messages, remainingMs));
const requests = (world: World) => world.simulator.requests().map(({ method, path }) => `${method} ${path}`);
const seqOf = async (world: World, jobId: string) => (await world.job(jobId)).wakeSeq;
const looks = (world: World) => world.logLines.filter((line) => line.includes('"job_look"'));

/** Works on a job's own turns until its next look would do `until`. */
const workUntil = async (world: World, jobId: string, until: () => Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 60 && !(await until()); turn += 1) {
    const job = await world.job(jobId);
    await world.clock.advance(Math.max(0, (job.runAfterMs ?? 0) - world.clock.now()));
    await work(world, [messageFor(jobId, job.wakeSeq)]);
  }
  expect(await until()).toBe(true);
};
/** Up to the look that orders the server: the key is in the project, nothing is sent. */
const untilOrder = async (world: World, jobId: string): Promise<void> => {
  await workUntil(world, jobId, async () => (await world.job(jobId)).steps[0]?.status === "succeeded");
  expect(requests(world)).not.toContain("POST /servers");
};

describe("a message", () => {
  it.each([
    "",
    "{",
    "null",
    "[]",
    '"text"',
    '{"v":1}',
    '{"v":2,"job_id":"018f0000-0000-7000-8000-000000000001","seq":0}',
    '{"v":1,"job_id":"018f0000-0000-7000-8000-000000000001","seq":-1}',
    '{"v":1,"job_id":"018f0000-0000-7000-8000-000000000001","seq":0,"more":1}',
    '{"v":1,"job_id":"1","seq":0}',
  ])("that is not understood comes back and spoils nothing: %s", async (body) => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    const failed = await work(world, [{ messageId: "bad", body }, messageFor(jobId, 0)]);
    expect(failed).toEqual(["bad"]);
    expect(await seqOf(world, jobId)).toBe(1);
  });

  it("of a job that nobody knows is acknowledged", async () => {
    const world = await makeWorld();
    expect(await work(world, [messageFor("018f0000-0000-7000-8000-ffffffffffff", 0)])).toEqual([]);
  });

  it("of another turn is acknowledged and does nothing", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    const before = await world.job(jobId);
    expect(await work(world, [messageFor(jobId, 1), messageFor(jobId, 7)])).toEqual([]);
    expect(await world.job(jobId)).toEqual(before);
    expect(requests(world)).toEqual([]);
  });

  it("of a job that is being worked on comes back", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    const lease = { leaseId: "other", nowMs: world.clock.now(), leaseMs: 75_000, maxLeases: 5 };
    await leaseJob(world.table, { jobId, seq: 0, ...lease });
    expect(await work(world, [messageFor(jobId, 0, "busy")])).toEqual(["busy"]);
    expect(requests(world)).toEqual([]);
    await world.clock.advance(75_000);
    expect(await work(world, [messageFor(jobId, 0, "busy")])).toEqual([]);
  });

  it("that comes ten times in one batch is one look", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    const same = Array.from({ length: 10 }, (_, n) => messageFor(jobId, 0, `copy-${n}`));
    expect(await work(world, same)).toHaveLength(9);
    expect([await seqOf(world, jobId), looks(world).length]).toEqual([1, 1]);
  });

  it("is told in the log with the milliseconds of its look", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    let nowMs = world.clock.now();
    const clock = { ...world.clock, now: () => nowMs };
    const table: Table = {
      ...world.table,
      write: (...writes) => {
        nowMs += 250;
        return world.table.write(...writes);
      },
    };
    await work(world, [messageFor(jobId, 0)], { clock, table });
    const [line = "{}"] = looks(world);
    // Two writes, the lease and the settle.
    expect(JSON.parse(line)).toMatchObject({ job_id: jobId, look_ms: 500 });
  });

  it("that came after its job had ended is acknowledged", async () => {
    const world = await makeWorld();
    const run = await world.order("web-1");
    await world.runUntil(async () => (await world.job(run.jobId)).status === "succeeded", 3_600_000);
    const before = requests(world).length;
    const { wakeSeq } = await world.job(run.jobId);
    expect(await work(world, [messageFor(run.jobId, wakeSeq), messageFor(run.jobId, wakeSeq - 1)])).toEqual([]);
    expect(requests(world)).toHaveLength(before);
  });
});

describe("a lost lease", () => {
  /** Somebody else leases the job right before the write that `isIt` knows; our own lease has run out by then. */
  const stealing = (world: World, jobId: string, isIt: (write: Write | undefined) => boolean) => {
    const { table } = world.deps;
    let dump: ReturnType<World["table"]["dump"]> = [];
    const stolen: Table = {
      ...table,
      write: async (...writes) => {
        if (!isIt(writes[0])) return table.write(...writes);
        const { wakeSeq } = await world.job(jobId);
        await world.clock.advance(0);
        const later = world.clock.now() + limits.leaseSeconds * 1000;
        await leaseJob(world.table, {
          jobId,
          seq: wakeSeq,
          leaseId: "thief",
          nowMs: later,
          leaseMs: 75_000,
          maxLeases: 5,
        });
        dump = world.table.dump();
        return table.write(...writes);
      },
    };
    return { table: stolen, dumpAtTheft: () => dump };
  };

  it("settles nothing: the job, its node and its name stay as the other one has them", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    const { table, dumpAtTheft } = stealing(
      world,
      jobId,
      (write) => write !== undefined && "update" in write && write.set?.wakeSeq !== undefined,
    );
    expect(await work(world, [messageFor(jobId, 0)], { table })).toEqual([]);
    expect(await world.job(jobId)).toMatchObject({ leaseId: "thief", wakeSeq: 0 });
    expect(world.table.dump().filter(({ pk }) => !pk.startsWith("PROVIDER"))).toEqual(
      dumpAtTheft().filter(({ pk }) => !pk.startsWith("PROVIDER")),
    );
    expect(world.queue.sent()).toHaveLength(1);
  });

  it("orders no server", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    await untilOrder(world, jobId);
    const { table } = stealing(
      world,
      jobId,
      (write) => write !== undefined && "update" in write && write.set?.work !== undefined,
    );
    await work(world, [messageFor(jobId, await seqOf(world, jobId))], { table });
    expect(requests(world)).not.toContain("POST /servers");
    expect(await world.job(jobId)).toMatchObject({ leaseId: "thief", work: { create: null } });
  });
});

describe("a write to the outside", () => {
  it.each([
    [limits.outsideWriteReserveSeconds * 1000, true],
    [limits.outsideWriteReserveSeconds * 1000 - 1, false],
  ])("with %d ms left of the invocation leaves: %s", async (remainingMs, leaves) => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    await untilOrder(world, jobId);
    const seq = await seqOf(world, jobId);
    expect(await work(world, [messageFor(jobId, seq)], {}, remainingMs)).toEqual([]);
    expect(requests(world).includes("POST /servers")).toBe(leaves);
    expect(await seqOf(world, jobId)).toBe(seq + 1);
  });

  it("that could not leave leaves the job as it was, due now", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    await untilOrder(world, jobId);
    const before = await world.job(jobId);
    await work(world, [messageFor(jobId, before.wakeSeq)], {}, 29_999);
    const after = await world.job(jobId);
    expect(after.work).toEqual(before.work);
    expect(after.runAfterMs).toBe(world.clock.now());
    expect(after.leaseId).toBeNull();
  });
});

describe("one job's trouble", () => {
  it("is its own: a job without a node comes back, the others go on", async () => {
    const world = await makeWorld();
    const [broken, good] = [await world.order("web-1"), await world.order("web-2")];
    await world.table.write({ delete: keys.node(broken.nodeId) });
    expect(await work(world, [messageFor(broken.jobId, 0, "broken"), messageFor(good.jobId, 0)])).toEqual(["broken"]);
    expect(await seqOf(world, good.jobId)).toBe(1);
  });

  it("ends after five leases as JOB_CRASHED, by code that calls no plan", async () => {
    const world = await makeWorld();
    const { jobId, nodeId } = await world.order("web-1");
    const broken = {
      makeHostKey: () => {
        throw new Error("broken");
      },
    };
    for (let lease = 0; lease < 5; lease += 1) {
      expect(await work(world, [messageFor(jobId, 0, "again")], broken)).toEqual(["again"]);
      await world.clock.advance(limits.leaseSeconds * 1000);
    }
    expect(await work(world, [messageFor(jobId, 0)], broken)).toEqual([]);
    expect(await world.job(jobId)).toMatchObject({ status: "failed", failure: { code: "JOB_CRASHED" } });
    expect(await world.node(nodeId)).toMatchObject({ status: "decommissioned", openJobId: null });
  });

  it("is not that the next message cannot be sent: the sweeper sends it", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    const queue = { send: () => Promise.reject(new Error("the queue does not answer")) };
    expect(await work(world, [messageFor(jobId, 0)], { queue })).toEqual([]);
    expect(await seqOf(world, jobId)).toBe(1);
    expect(world.logLines.join()).toContain("job_not_woken");
  });
});

describe("a credential that Hetzner refuses", () => {
  /** A stored connection counts from 1; 0 is what nobody has stored. */
  const makeConnected = async () => {
    const world = await makeWorld();
    await world.table.write({ update: keys.provider("hetzner"), set: { version: 1 } });
    return { world, jobId: (await world.order("web-1")).jobId };
  };

  it.each([
    ["unauthorized", 401, "credential_rejected"],
    ["token_readonly", 403, "token_readonly"],
  ])("as %s is told to the provider at once", async (code, status, reason) => {
    const { world, jobId } = await makeConnected();
    world.simulator.plan({
      kind: "error",
      method: code === "unauthorized" ? "GET" : "POST",
      route: "/ssh_keys",
      code,
      status,
      times: 100,
    });
    expect(await work(world, [messageFor(jobId, 0)])).toEqual([]);
    expect(await findProvider(world.table, "hetzner")).toMatchObject({ status: "degraded", statusReason: reason });
    expect(await world.job(jobId)).toMatchObject({ failure: { code: "PROVIDER_ACQUISITION_UNAVAILABLE", reason } });
  });

  it("was the token's before: a newer one is not blamed", async () => {
    const { world, jobId } = await makeConnected();
    world.simulator.plan({
      kind: "error",
      method: "GET",
      route: "/ssh_keys",
      code: "unauthorized",
      status: 401,
      times: 100,
    });
    const settles = (write: Write | undefined) => write !== undefined && "update" in write && write.set?.wakeSeq === 1;
    const table: Table = {
      ...world.deps.table,
      write: async (...writes) => {
        const newer = { update: keys.provider("hetzner"), set: { tokenSecret: "new" }, add: { version: 1 } };
        if (settles(writes[0])) await world.table.write(newer);
        return world.deps.table.write(...writes);
      },
    };
    expect(await work(world, [messageFor(jobId, 0)], { table })).toEqual([]);
    expect(await findProvider(world.table, "hetzner")).toMatchObject({ status: "connected", tokenSecret: "new" });
  });

  it("that is stored nowhere ends the job without a request", async () => {
    const { world, jobId } = await makeConnected();
    await work(world, [messageFor(jobId, 0)], { readSecret: async () => undefined });
    expect(await world.job(jobId)).toMatchObject({ status: "failed", failure: { reason: "credential_rejected" } });
    expect(requests(world)).toEqual([]);
  });
});

describe("a batch", () => {
  it("reads for all its jobs together: one request for the key, one for all actions", async () => {
    const world = await makeWorld();
    const runs = await Promise.all(["web-1", "web-2", "web-3"].map((name) => world.order(name)));
    await work(
      world,
      runs.map(({ jobId }) => messageFor(jobId, 0, jobId)),
    );
    expect(requests(world).filter((one) => one === "GET /ssh_keys")).toHaveLength(1);
    await world.clock.advance(60_000);
    for (let turn = 0; turn < 10; turn += 1) {
      const before = requests(world).length;
      const messages = await Promise.all(
        runs.map(async ({ jobId }) => messageFor(jobId, await seqOf(world, jobId), jobId)),
      );
      await work(world, messages);
      await world.clock.advance(5_000);
      const actions = requests(world)
        .slice(before)
        .filter((one) => one.startsWith("GET /actions"));
      expect(actions.length).toBeLessThanOrEqual(1);
    }
    expect(requests(world).filter((one) => one.startsWith("GET /actions")).length).toBeGreaterThan(0);
  });

  it("that meets a cancel just before its success does not succeed", async () => {
    const world = await makeWorld();
    const { jobId } = await world.order("web-1");
    await workUntil(world, jobId, async () => (await world.job(jobId)).steps[3]?.status === "succeeded");
    const { table } = world.deps;
    const cancelling: Table = {
      ...table,
      write: async (...writes) => {
        const [write] = writes;
        if (write !== undefined && "update" in write && write.set?.status === "succeeded")
          await requestCancel(world.table, jobId, 1);
        return table.write(...writes);
      },
    };
    for (let turn = 0; turn < 20 && (await findJob(world.table, jobId))?.cancelRequestedAtMs === null; turn += 1) {
      await world.clock.advance(10_000);
      await work(world, [messageFor(jobId, await seqOf(world, jobId))], { table: cancelling });
    }
    expect(await world.job(jobId)).toMatchObject({ status: "running", cancelRequestedAtMs: 1 });
    await world.deps.queue.send({ v: 1, job_id: jobId, seq: await seqOf(world, jobId) }, 0);
    await world.runUntil(async () => (await world.job(jobId)).status !== "running", 3_600_000);
    expect((await world.job(jobId)).status).toBe("cancelled");
    expect(world.servers()).toEqual([]);
  });
});
