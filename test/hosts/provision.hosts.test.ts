/** node_provision and node_delete with real servers: logins, cloud-init, sshd and the rotation of host keys are real. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHosts, type RealHosts } from "../../local/hosts/index.ts";
import { sshLimits } from "../../shared/config.ts";
import { hostKeyCommand, look } from "../../shared/node/index.ts";
import { expectSound, serversOf, sweepForADay } from "../harness/verdict.ts";
import { managedKey, type Run, runJob } from "../harness/world.ts";
import { makeRealWorld, type RealWorld, type RealWorldOptions } from "./real-world.ts";

let hosts: RealHosts;
beforeAll(async () => {
  hosts = await openHosts({ folder: import.meta.dirname, log: (line) => process.stderr.write(`${line}\n`) });
}, 900_000);
afterAll(() => hosts?.closeAll());

interface Story extends RealWorldOptions {
  readonly name: string;
  /** What goes wrong. */
  readonly plan?: (world: RealWorld) => void;
}

const provision = async ({ name, plan, ...options }: Story) => {
  const world = await makeRealWorld(hosts, options);
  plan?.(world);
  const run = await world.order(name);
  await runJob(world, run);
  await expectSound(world, run);
  return { world, run, job: await world.job(run.jobId), node: await world.node(run.nodeId) };
};
type Provisioned = Awaited<ReturnType<typeof provision>>;

/** Neither Hetzner nor this machine has anything of the node (any more). */
const expectNothingLeft = async ({ world, run }: { world: RealWorld; run: Run }) => {
  expect(await world.node(run.nodeId)).toMatchObject({ status: "decommissioned" });
  expect(serversOf(world, run.nodeId)).toHaveLength(0);
  await world.simulator.close();
  expect(await world.hostsLeft()).toEqual([]);
};

const remove = async (made: Provisioned) => {
  const removal = await made.world.remove(made.run.nodeId);
  await runJob(made.world, removal);
  await expectNothingLeft({ ...made, run: removal });
};

const logIn = ({ node }: Pick<Provisioned, "node">, hostKeys: readonly string[], command = "true") =>
  look(
    { host: node.publicIp ?? "", port: node.sshPort, user: "root", privateKey: managedKey.privateKey, hostKeys },
    [command],
    sshLimits,
  );

/** The server answers with a host key that nobody gave it, and with no other. */
const expectOwnHostKey = async ({ job, node }: Provisioned) => {
  expect(job.failure ?? job.status).toBe("succeeded");
  const given = job.work.create?.hostKeys ?? [];
  expect(given.length).toBeGreaterThan(0);
  expect(await logIn({ node }, node.hostKeys)).toMatchObject({ reached: true });
  expect(await logIn({ node }, given)).toMatchObject({ reached: false, reason: "host_key_mismatch" });
};

test("a node is provisioned, keeps its own host key over a restart, and is deleted with its host", async () => {
  const made = await provision({ name: "web-1" });
  await expectOwnHostKey(made);
  const { world, node } = made;
  const bootId = async () => {
    const seen = await logIn(made, node.hostKeys, "cat /proc/sys/kernel/random/boot_id");
    return seen.reached ? seen.results[0]?.stdout : undefined;
  };
  const before = await bootId();
  await world.hosts.reboot(node.serverId ?? 0);
  await expect.poll(bootId, { timeout: 30_000 }).not.toSatisfy((id) => id === undefined || id === before);
  await expectOwnHostKey(made);
  await remove(made);
});

describe("a process that stops while the host key is rotated", () => {
  const make = hostKeyCommand("root", { kind: "make" });

  /** Stops at the n-th login, counted from the one that makes the new key. */
  const stopAt = (n: number, when: "before" | "after") => (world: RealWorld) => {
    const { interrupts, deps } = world;
    const { runOnHost } = deps;
    let logins = 0;
    deps.runOnHost = async (target, commands) => {
      if (logins > 0 || commands[0] === make) logins += 1;
      if (logins === n) interrupts.plan([{ point: interrupts.points().length + 1, when }]);
      return runOnHost(target, commands);
    };
  };

  // Make, see and record, see, install, see it answer: each is cut off on a server of its own.
  const logins = [1, 2, 3, 4, 5];

  test.each(["before", "after"] as const)("%s any of its logins converges", async (when) => {
    const runs = logins.map((n) => provision({ name: `stops-${when}-${n}`, plan: stopAt(n, when) }));
    for (const made of await Promise.all(runs)) {
      expect(made.world.interrupts.crashes()).toBe(1);
      await expectOwnHostKey(made);
      await remove(made);
    }
  });
});

test.concurrent("two creates whose answers were lost make one server, which is adopted with the key it was given", async () => {
  const route = { method: "POST", route: "/servers" } as const;
  const made = await provision({
    name: "twice",
    plan: ({ simulator }) => {
      simulator.plan({ kind: "lost_before_commit", ...route });
      simulator.plan({ kind: "lost_after_commit", ...route, nth: 2 });
    },
  });
  expect(made.job.work.create?.sends).toBe(2);
  expect(made.job.work.create?.hostKeys).toHaveLength(2);
  await expectOwnHostKey(made);
  await runJob(made.world, await made.world.remove(made.run.nodeId));
  await sweepForADay(made.world, made.run); // The first of the two could still commit.
  await expectNothingLeft(made);
});

test.concurrent("a first boot that fails ends the job, and the server goes", async () => {
  const made = await provision({ name: "web-cloud-init-error" });
  expect(made.job).toMatchObject({ status: "failed", failure: { code: "PROVIDER_ACQUISITION_FAILED" } });
  expect(made.job.failure?.message).toContain("cloud-init");
  await expectNothingLeft(made);
});

test.concurrent("a host that dies while it is provisioned ends the job in time, and the server goes", async () => {
  const made = await provision({ name: "web-dies", lateMs: 240_000 });
  expect(made.job).toMatchObject({ status: "failed", failure: { reason: "timeout" } });
  await expectNothingLeft(made);
});

test.concurrent("sshd that comes after a minute is waited for", { timeout: 180_000 }, async () => {
  const made = await provision({ name: "web-ssh-late", paceMs: Number.POSITIVE_INFINITY });
  await expectOwnHostKey(made);
  const step = made.job.steps.find(({ name }) => name === "connect_ssh");
  expect((step?.finishedAtMs ?? 0) - (step?.startedAtMs ?? 0)).toBeGreaterThan(50_000);
  await remove(made);
});

test.concurrent("a host behind a broken link is waited for, and the job ends when the link is mended", async () => {
  const made = await provision({
    name: "web-link",
    plan: (world) => {
      const { runOnHost } = world.deps;
      let looks = 0;
      world.deps.runOnHost = async (target, commands) => {
        looks += 1;
        const serverId = world.servers()[0]?.id ?? 0;
        if (looks === 1) await world.hosts.fault?.(serverId, "link_down");
        if (looks === 4) await world.hosts.fault?.(serverId, "link_up");
        return runOnHost(target, commands);
      };
    },
  });
  await expectOwnHostKey(made);
  await remove(made);
});
