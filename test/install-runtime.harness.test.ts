/** The playbook that makes a server a node, through everything that can go wrong with a run: in the provision that waits for it. */
import { describe, expect, test } from "vitest";
import type { RunScript } from "../local/stand-ins/index.ts";
import { runFailures } from "../shared/domain/failure.ts";
import type { SshCommand } from "../shared/node/index.ts";
import { changeRunLine } from "../shared/node/index.ts";
import { requestCancel } from "../shared/store/jobs.ts";
import type { Crash } from "./harness/interrupts.ts";
import { expectSound, serversOf } from "./harness/verdict.ts";
import { canaryToken, makeWorld, type Run, runJob, type World, type WorldOptions } from "./harness/world.ts";

const PLAYBOOK = "node-provision";

interface Story extends WorldOptions {
  readonly scripts?: readonly RunScript[];
  /** Once the playbook runs. */
  readonly meanwhile?: (world: World, run: Run) => Promise<unknown>;
}

const runsOf = (world: World) => world.hosts.playbooks.begun();
const hasBegun = async (world: World) => runsOf(world).length > 0;

const provision = async ({ scripts = [], meanwhile, ...options }: Story = {}) => {
  const world = await makeWorld(options);
  world.hosts.playbooks.plan(PLAYBOOK, ...scripts);
  const run = await world.order("web-1");
  if (meanwhile) {
    await world.runUntil(() => hasBegun(world), 600_000);
    await meanwhile(world, run);
  }
  await runJob(world, run);
  await expectSound(world, run);
  return { world, run, job: await world.job(run.jobId), node: await world.node(run.nodeId) };
};
type Provisioned = Awaited<ReturnType<typeof provision>>;

const stepOf = ({ job }: Provisioned) => job.steps.find(({ name }) => name === "install_runtime");
/** The runs that were begun, by the end of their ids: the attempt. No id is ever begun twice, or the stand-in throws. */
const attempts = ({ world, job }: Provisioned) =>
  runsOf(world).map(({ id }) => id.replace(`${job.id}-install_runtime-`, ""));

const expectActive = (made: Provisioned, began: readonly string[]) => {
  expect(made.job.failure ?? made.job.status).toBe("succeeded");
  expect(made.node).toMatchObject({ status: "active", probe: { runtime: true } });
  expect(attempts(made)).toEqual(began);
};

const expectGone = ({ world, run, job, node }: Provisioned, kind: keyof typeof runFailures) => {
  const { code, reason } = runFailures[kind];
  expect([job.status, job.failure?.code, job.failure?.reason]).toEqual(["failed", code, reason]);
  expect(node).toMatchObject({ status: "decommissioned", serverState: "gone" });
  expect(serversOf(world, run.nodeId)).toHaveLength(0);
};

test("is told where WordPress comes from, runs once, and is said in the timeline", async () => {
  const made = await provision();
  expectActive(made, ["1"]);
  expect(runsOf(made.world)).toMatchObject([
    { playbook: PLAYBOOK, vars: { wordpress: { kind: "package" } }, timeoutMinutes: 20 },
  ]);
  expect(stepOf(made)?.detail).toContain("PHP 8.2");
});

test("takes its time and shows what it is at", async () => {
  const made = await provision({
    scripts: [{ seconds: 19 * 60 }],
    meanwhile: async (world, run) => {
      await world.runUntil(async () => false, 60_000);
      const job = await world.job(run.jobId);
      expect(job.steps.find(({ status }) => status === "running")).toMatchObject({
        name: "install_runtime",
        detail: "node-provision : simulated",
      });
      expect(job.progress).toBeGreaterThanOrEqual(90);
    },
  });
  expectActive(made, ["1"]);
});

test("runs once when every step runs twice, and every delivery comes ten times", async () => {
  expectActive(await provision({ everyStepTwice: true }), ["1"]);
  const flooded = await provision({
    meanwhile: async (world, { jobId }) => {
      const { wakeSeq } = await world.job(jobId);
      for (let copies = 0; copies < 10; copies += 1) await world.queue.send({ v: 1, job_id: jobId, seq: wakeSeq }, 0);
    },
  });
  expectActive(flooded, ["1"]);
});

describe("a worker that dies at any of its points while the playbook runs", async () => {
  const { world: whole } = await provision();
  const first = await (async () => {
    const world = await makeWorld();
    await world.order("web-1");
    await world.runUntil(() => hasBegun(world), 600_000);
    return world.interrupts.points().length;
  })();
  const points = whole.interrupts.points().map((label, index) => ({ point: index + 1, label }));
  const around = points.filter(({ point }) => point > first - 12);
  const crashes = around.flatMap(({ point, label }): (Crash & { label: string })[] => [
    { point, label, when: "before" },
    { point, label, when: "after" },
  ]);
  test.each(crashes)("$when $label ($point): one run, one active node", async ({ point, when }) => {
    expectActive(await provision({ crashes: [{ point, when }] }), ["1"]);
  });
});

/** Every end of ansible-playbook that means something of its own, and whether it is tried again. */
const ends: [string, NonNullable<RunScript["end"]>, keyof typeof runFailures, boolean][] = [
  ["a task fails", { failedTask: "node : Install packages" }, "task_failed", true],
  ["a play cannot run", { failedTask: "x", exitCode: 1, recap: null }, "play_error", true],
  ["a host is unreachable", { failedTask: "x", exitCode: 4, recap: "unreachable" }, "unreachable", true],
  ["its time is over", { failedTask: "x", exitCode: 124, recap: null }, "timeout", true],
  ["it must be killed", { failedTask: "x", exitCode: 137, recap: null }, "timeout", true],
  ["it cannot be read", { failedTask: "x", exitCode: 4, recap: null }, "syntax_error", false],
  ["Ansible breaks", { failedTask: "x", exitCode: 250, recap: null }, "unexpected_error", false],
  ["Ansible is not there", { failedTask: "x", exitCode: 127, recap: null }, "unknown_exit", false],
  ["its result is odd", { result: { php_version: 8 } }, "unexpected_error", false],
  ["it is killed", "is_cut_off", "interrupted", true],
];

describe("an end as a value:", () => {
  test.each(ends)("%s, each time", async (_what, end, kind, retried) => {
    const made = await provision({ scripts: [{ end }, { end }, { end }] });
    expectGone(made, kind);
    expect(attempts(made)).toEqual(retried ? ["1", "2", "3"] : ["1"]);
    if (kind !== "unexpected_error" || typeof end !== "object" || "failedTask" in end) {
      expect(made.job.logTail.join("\n")).toContain("TASK [");
    }
  });

  test.each(ends.filter(([, , , retried]) => retried))("%s, once", async (_what, end) => {
    expectActive(await provision({ scripts: [{ end }] }), ["1", "2"]);
  });

  test("it never ends: three attempts of their time each, none beside another", async () => {
    const made = await provision({ scripts: [{ end: "hangs" }, { end: "hangs" }, { end: "hangs" }] });
    expectGone(made, "timeout");
    const began = runsOf(made.world).map(({ atMs }) => atMs);
    expect(attempts(made)).toEqual(["1", "2", "3"]);
    for (const [index, atMs] of began.slice(1).entries())
      expect(atMs - (began[index] ?? 0)).toBeGreaterThan(20 * 60_000);
  });
});

describe("in the middle of it", () => {
  const serverOf = (world: World) => world.servers()[0]?.id ?? 0;

  test("the node restarts: cut off, and another attempt succeeds", async () => {
    const made = await provision({
      scripts: [{ seconds: 60 }],
      meanwhile: (world) => world.hosts.reboot(serverOf(world)),
    });
    expectActive(made, ["1", "2"]);
  });

  test.each([30, 600])("the link is down for %i s: the run goes on and is the only one", async (seconds) => {
    const made = await provision({
      scripts: [{ seconds: 60 }],
      meanwhile: async (world) => {
        await world.hosts.fault(serverOf(world), "link_down");
        await world.runUntil(async () => false, seconds * 1000);
        await world.hosts.fault(serverOf(world), "link_up");
      },
    });
    expectActive(made, ["1"]);
  });

  test("the link goes down for good: the job ends and the server goes", async () => {
    const made = await provision({
      scripts: [{ seconds: 60 }],
      meanwhile: (world) => world.hosts.fault(serverOf(world), "link_down"),
    });
    expectGone(made, "unreachable");
  });

  test("somebody deletes the server: the job ends without another attempt", async () => {
    const made = await provision({
      scripts: [{ seconds: 600 }],
      meanwhile: async (world) => {
        await world.hosts.fault(serverOf(world), "link_down");
        const hetzner = world.deps.hetznerFor(canaryToken, () => undefined);
        await world.clock.run(hetzner.servers.delete(serverOf(world)));
      },
    });
    expect(made.job.failure?.reason).toBe("not_found");
    expect(attempts(made)).toEqual(["1"]);
  });

  test("it is cancelled: nothing is left", async () => {
    const made = await provision({
      scripts: [{ seconds: 600 }],
      meanwhile: (world, { jobId }) => requestCancel(world.table, jobId, world.clock.now()),
    });
    expect(made.job.status).toBe("cancelled");
    expect(serversOf(made.world, made.run.nodeId)).toHaveLength(0);
  });
});

describe("a connection that drops while the run is started", () => {
  const isStart = (commands: readonly SshCommand[]) =>
    commands.some((one) => typeof one === "object" && one.command === changeRunLine("root"));

  test.each(["before", "after"] as const)("%s the node has heard of it: one run", async (when) => {
    const world = await makeWorld();
    const { runOnHost } = world.deps;
    let drops = 2;
    world.deps.runOnHost = async (target, commands) => {
      const isDropped = isStart(commands) && drops > 0;
      if (isDropped) drops -= 1;
      if (!isDropped || when === "after") {
        const outcome = await runOnHost(target, commands);
        if (!isDropped) return outcome;
      }
      return { reached: false, reason: "closed", message: "" };
    };
    const run = await world.order("web-1");
    await runJob(world, run);
    await expectSound(world, run);
    expect((await world.job(run.jobId)).status).toBe("succeeded");
    expect(runsOf(world)).toHaveLength(1);
  });

  test("each time: the job ends with the reason, and the server goes", async () => {
    const world = await makeWorld();
    const { runOnHost } = world.deps;
    world.deps.runOnHost = async (target, commands) =>
      isStart(commands)
        ? { reached: true, hostKey: "", results: [{ exitCode: 24, stdout: "", stderr: "" }] }
        : runOnHost(target, commands);
    const run = await world.order("web-1");
    await runJob(world, run);
    await expectSound(world, run);
    const job = await world.job(run.jobId);
    expect(job.failure).toMatchObject({
      code: "ANSIBLE_UNEXPECTED_ERROR",
      message: expect.stringContaining("systemd"),
    });
    expect(job.attemptCount).toBe(1);
    expect(serversOf(world, run.nodeId)).toHaveLength(0);
  });
});

test("a node without the mark of its runtime is not handed over", async () => {
  const world = await makeWorld();
  const { runOnHost } = world.deps;
  world.deps.runOnHost = async (target, commands) => {
    const outcome = await runOnHost(target, commands);
    if (!outcome.reached) return outcome;
    const results = outcome.results.map((result, index) =>
      commands[index] === "test -e /var/lib/pressluft/runtime.json" ? { ...result, exitCode: 1 } : result,
    );
    return { ...outcome, results };
  };
  const run = await world.order("web-1");
  await runJob(world, run);
  await expectSound(world, run);
  expect((await world.job(run.jobId)).failure).toMatchObject({ code: "ANSIBLE_UNEXPECTED_ERROR" });
  expect(serversOf(world, run.nodeId)).toHaveLength(0);
});
