/** The host key of user_data is replaced on first contact, whatever happens in the middle of that. */
import { describe, expect, test } from "vitest";
import { hostKeyCommand, makeKeyPair, type SshCommand, type SshOutcome, type SshTarget } from "../shared/node/index.ts";
import type { Crash } from "./harness/interrupts.ts";
import { expectSound, serversOf } from "./harness/verdict.ts";
import { makeWorld, type Run, runJob, type World } from "./harness/world.ts";

const MINUTE_MS = 60_000;
const make = hostKeyCommand("root", { kind: "make" });
/** One connection of the worker's that was let in. */
interface Session {
  readonly kind: "look" | "make" | "install";
  readonly accepted: readonly string[];
  readonly answered: string;
  readonly atMs: number;
}

const isInstall = (command: SshCommand | undefined) =>
  typeof command === "string" && command.includes("systemctl reload ssh");
/** Runs of playbooks come after all that is told here. */
const isAboutRun = ([first]: readonly SshCommand[]) => typeof first === "object";
const kindOf = (commands: readonly SshCommand[]): Session["kind"] => {
  if (commands[0] === make) return "make";
  return isInstall(commands[0]) ? "install" : "look";
};

/** What a test does around a connection: `before` it, and `after` it has done what it came for. */
interface Meddling {
  readonly crashes?: readonly Crash[];
  readonly before?: (on: Connecting) => unknown;
  readonly after?: (on: Connecting) => unknown;
}
interface Connecting {
  /** Counted from 1 once the first boot is over: the first of them begins the rotation. */
  readonly n: number;
  readonly kind: Session["kind"];
  readonly world: World;
  readonly machine: NonNullable<ReturnType<World["hosts"]["machineOf"]>>;
  readonly target: SshTarget;
}

const BOOTED_MS = 3000;

const provision = async ({ crashes = [], before, after }: Meddling = {}) => {
  const world = await makeWorld({ crashes });
  const sessions: Session[] = [];
  const refusals: string[] = [];
  const { runOnHost } = world.deps;
  let n = 0;
  world.deps.runOnHost = async (target, commands): Promise<SshOutcome> => {
    const serverId = world.servers()[0]?.id ?? 0;
    const machine = world.hosts.machineOf(serverId);
    const isBooted = machine !== undefined && world.clock.now() - machine.bootedAtMs >= BOOTED_MS;
    if (isBooted || n > 0) n += 1;
    const on = machine && n > 0 ? { n, kind: kindOf(commands), world, machine, target } : undefined;
    if (on) await before?.(on);
    const outcome = await runOnHost(target, commands);
    const atMs = world.clock.now();
    if (!outcome.reached && n > 0) refusals.push(outcome.reason);
    if (outcome.reached && !isAboutRun(commands))
      sessions.push({ kind: kindOf(commands), accepted: target.hostKeys, answered: outcome.hostKey, atMs });
    if (on && outcome.reached) await after?.(on);
    return outcome;
  };
  const run = await world.order("web-1");
  await runJob(world, run);
  await expectSound(world, run);
  const [job, node] = [await world.job(run.jobId), await world.node(run.nodeId)];
  return { world, run, job, node, sessions, refusals };
};

const lineOf = ({ publicKey }: { publicKey: string }) => publicKey.split(" ").slice(0, 2).join(" ");
type Provisioned = Awaited<ReturnType<typeof provision>>;

/** The node has the key that its server answers with and keeps over a restart, and that key is not the given one. */
const expectRotated = async ({ world, job, node }: Provisioned) => {
  expect(job.failure ?? job.status).toBe("succeeded");
  const given = job.work.create?.hostKeys.map((line) => lineOf({ publicKey: line })) ?? [];
  const machine = world.hosts.machineOf(node.serverId ?? 0);
  expect(machine?.disk).toMatchObject({ nextHostKey: null, hostKey: machine?.hostPrivateKey });
  await world.clock.advance(10_000); // it may just be restarting
  const accepting = (hostKeys: readonly string[]) => world.hosts.run(targetOf(node, hostKeys), []);
  expect(given).toHaveLength(1);
  expect(await accepting(given)).toMatchObject({ reached: false, reason: "host_key_mismatch" });
  expect(await accepting(node.hostKeys)).toMatchObject({ reason: "auth_failed" }); // past the host key: ours was shown none
};

const targetOf = (node: Provisioned["node"], hostKeys: readonly string[]): SshTarget => ({
  host: node.publicIp ?? "",
  port: node.sshPort,
  user: node.sshUser,
  privateKey: makeKeyPair("nobody").privateKey,
  hostKeys,
});

describe("four looks", () => {
  test("make, record, install, and drop the old key: each over a session with a recorded key", async () => {
    const provisioned = await provision();
    await expectRotated(provisioned);
    const { sessions, job, node } = provisioned;
    const rotating = sessions.slice(sessions.findIndex(({ kind }) => kind === "make") - 1);
    const [given] = job.work.create?.hostKeys ?? [];
    const [made] = node.hostKeys;
    const [old, both] = [[given], [lineOf({ publicKey: given ?? "" }), made]];
    expect(rotating.map(({ kind, accepted }) => [kind, accepted])).toEqual([
      ["look", old],
      ["make", old],
      ["look", old],
      ["look", both],
      ["install", both],
      ["look", both],
      ["look", [made]], // the hand-over's own
    ]);
    expect(rotating.map(({ answered }) => answered === made)).toEqual([false, false, false, false, false, true, true]);
  });

  test("are one step of the timeline, between the first boot and what is installed", async () => {
    const { job } = await provision();
    const names = job.steps.map(({ name }) => name);
    expect(names.slice(-4)).toEqual(["cloud_init", "rotate_host_key", "install_runtime", "hand_over"]);
  });

  test("ask Hetzner nothing", async () => {
    const { world, sessions } = await provision();
    const made = sessions.find(({ kind }) => kind === "make");
    expect(world.simulator.requests().filter(({ atMs }) => atMs > (made?.atMs ?? 0))).toEqual([]);
  });
});

/** Every connection of the rotation: four looks and two changes. */
const connections = Array.from({ length: 6 }, (_, index) => ({ n: index + 1 }));

describe("a crash", async () => {
  const { world } = await provision();
  const labels = world.interrupts.points();
  const sshPoints = labels.flatMap((label, index) => (label === "ssh" ? [index + 1] : [])).slice(-6);
  /** From the first connection of the rotation to the end of the job: what is read, what is done, what is settled. */
  const points = labels.map((_label, index) => index + 1).filter((point) => point >= (sshPoints[0] ?? 0));

  test("is tried at six connections and at every write between them", () => {
    expect(sshPoints).toHaveLength(6);
    expect(points.length).toBeGreaterThan(20);
  });

  test.each(points)("at point %i, once before and once after it has taken effect, in one run", async (point) => {
    const crashes: Crash[] = [
      { point, when: "before" },
      { point: point + 9, when: "after" },
    ];
    await expectRotated(await provision({ crashes }));
  });

  test("between any two looks, all in one run", async () => {
    const between: Crash[] = sshPoints.map((point, index) => ({ point: point + 3 * index, when: "after" }));
    await expectRotated(await provision({ crashes: between }));
  });
});

describe("a server that restarts", () => {
  test.each(connections)("just before connection $n", async ({ n: at }) => {
    const before = ({ n, world, machine }: Connecting) => (n === at ? world.hosts.boot(machine.spec) : undefined);
    const provisioned = await provision({ before });
    await expectRotated(provisioned);
    expect(provisioned.refusals).toContain("refused");
  });

  test.each(connections)(
    "just after connection $n, so that what was installed answers by itself",
    async ({ n: at }) => {
      const after = ({ n, world, machine }: Connecting) => (n === at ? world.hosts.boot(machine.spec) : undefined);
      await expectRotated(await provision({ after }));
    },
  );

  test("before sshd was told to load the key that was put in place", async () => {
    let given = "";
    const provisioned = await provision({
      before: ({ kind, machine }) => {
        if (kind === "install") given = machine.hostPrivateKey;
      },
      after: ({ kind, machine, world }) => {
        if (kind !== "install" || given === "") return;
        machine.hostPrivateKey = given;
        return world.hosts.boot(machine.spec);
      },
    });
    await expectRotated(provisioned);
    expect(provisioned.sessions.filter(({ kind }) => kind === "install")).toHaveLength(1);
  });
});

test("both keys are accepted while they answer in turn, and only the new one in the end", async () => {
  let given = "";
  let turns = 0;
  const provisioned = await provision({
    before: ({ kind, machine }) => {
      if (kind === "make") given = machine.hostPrivateKey;
      if (given === "" || machine.disk.hostKey === given || turns >= 5) return;
      turns += 1;
      machine.hostPrivateKey = turns % 2 === 1 ? given : machine.disk.hostKey;
    },
  });
  await expectRotated(provisioned);
  const installs = provisioned.sessions.filter(({ kind }) => kind === "install");
  expect(provisioned.refusals).toEqual([]);
  expect(installs.length).toBeGreaterThan(1);
});

describe("a man in the middle with a third key", () => {
  const thief = makeKeyPair("thief");

  test.each(connections)("at connection $n for a minute is refused and changes nothing", async ({ n: at }) => {
    let untilMs = 0;
    let real = "";
    const before = ({ n, world, machine }: Connecting) => {
      const nowMs = world.clock.now();
      if (n === at) [untilMs, real] = [nowMs + MINUTE_MS, machine.hostPrivateKey];
      if (untilMs > 0) machine.hostPrivateKey = nowMs < untilMs ? thief.privateKey : real;
      if (nowMs >= untilMs) untilMs = 0;
    };
    const provisioned = await provision({ before });
    await expectRotated(provisioned);
    expect(provisioned.refusals.length).toBeGreaterThan(3);
    expect(new Set(provisioned.refusals)).toEqual(new Set(["host_key_mismatch"]));
    expect(provisioned.sessions.map(({ answered }) => answered)).not.toContain(lineOf(thief));
  });

  test.each(connections)(
    "from connection $n on for ever: the job fails and its server is removed",
    async ({ n: at }) => {
      const before = ({ n, machine }: Connecting) => {
        if (n >= at) machine.hostPrivateKey = thief.privateKey;
      };
      const { world, run, job, sessions } = await provision({ before });
      expect(job.failure).toMatchObject({ code: "PROVIDER_ACQUISITION_TIMEOUT", reason: "timeout" });
      expect(job.failure?.message).toContain("host_key_mismatch");
      expect(sessions.map(({ answered }) => answered)).not.toContain(lineOf(thief));
      expect(serversOf(world, run.nodeId)).toHaveLength(0);
    },
  );

  test("with the key from user_data is refused once the rotation is over", async () => {
    let given = "";
    const { world, node } = await provision({
      before: ({ kind, machine }) => {
        if (kind === "make") given = machine.hostPrivateKey;
      },
    });
    const machine = world.hosts.machineOf(node.serverId ?? 0);
    if (machine === undefined) throw new Error("no machine");
    machine.hostPrivateKey = given;
    const outcome = await world.hosts.run(targetOf(node, node.hostKeys), []);
    expect(outcome).toMatchObject({ reached: false, reason: "host_key_mismatch" });
  });
});

describe("a key that gets lost", () => {
  test.each([3, 4, 5, 6])("beside the old one, just before connection %i, is made again", async (at) => {
    const before = ({ n, machine }: Connecting) => {
      if (n === at) machine.disk.nextHostKey = null;
    };
    await expectRotated(await provision({ before }));
  });

  test("after it was loaded, in a power cut that brings back the old file, is replaced by a third", async () => {
    let old = "";
    let brought = false;
    const provisioned = await provision({
      before: ({ kind, machine }) => {
        if (kind === "make" && old === "") old = machine.disk.hostKey;
      },
      after: ({ kind, machine }) => {
        if (kind !== "install" || brought) return;
        brought = true;
        machine.disk.hostKey = old;
      },
    });
    await expectRotated(provisioned);
    expect(provisioned.sessions.filter(({ kind }) => kind === "make")).toHaveLength(2);
  });
});

describe("a server that will not take a key of its own", () => {
  const expectGivenUp = async ({ world, run, job, sessions }: Provisioned & { run: Run }) => {
    expect(job.failure).toMatchObject({ code: "PROVIDER_ACQUISITION_FAILED", reason: "host_key_not_rotated" });
    const step = job.steps.find(({ name }) => name === "rotate_host_key");
    expect(step?.status).toBe("failed");
    const tookMs = (step?.finishedAtMs ?? 0) - (step?.startedAtMs ?? 0);
    expect([tookMs >= 10 * MINUTE_MS, tookMs <= 11 * MINUTE_MS]).toEqual([true, true]);
    expect(sessions.length, "connections").toBeLessThan(200);
    expect(serversOf(world, run.nodeId)).toHaveLength(0);
  };

  test("because sshd goes on with the old one, fails with a reason of its own after ten minutes", async () => {
    let given = "";
    const stubborn = ({ machine }: Connecting) => {
      if (given === "") given = machine.hostPrivateKey;
      machine.hostPrivateKey = given;
    };
    const provisioned = await provision({ before: stubborn, after: stubborn });
    await expectGivenUp(provisioned);
    expect(provisioned.job.failure?.message).toContain("does not answer with it");
  });

  test("because no key can be made, says so", async () => {
    const provisioned = await provision({
      after: ({ machine }) => {
        machine.disk.nextHostKey = null;
      },
    });
    await expectGivenUp(provisioned);
    expect(provisioned.job.failure?.message).toContain("no new host key");
  });
});
