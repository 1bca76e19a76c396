import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { checkout } from "../aws/host.ts";
import { run } from "./command.ts";
import { sweep } from "./sweep.ts";
import { findLeftovers, knock, listMachine, makeSpec, openQuietly, targetOf, tell } from "./testing.ts";

const folder = (name: string) => `${import.meta.dirname}/${name}`;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A local cloud that boots two hosts and waits to be killed. */
const owner = (where: string) => `
  const { makeSpec, openQuietly, targetOf, knockUntil } = await import("${import.meta.dirname}/testing.ts");
  const hosts = await openQuietly(${JSON.stringify(where)});
  const specs = [1, 2].map((n) => makeSpec(hosts, n));
  await Promise.all(specs.map((spec) => hosts.boot(spec)));
  await Promise.all(specs.map((spec) => knockUntil(targetOf(spec), "reached")));
  console.log(JSON.stringify(hosts.subnet));
  await new Promise((resolve) => setTimeout(resolve, 600_000));
`;

async function startOwner(where: string) {
  const args = ["--input-type=module", "--eval", owner(where)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  expect(`${line}`).toContain("198.1");
  return child;
}

async function killOwner(child: Awaited<ReturnType<typeof startOwner>>): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

describe("nothing is left", () => {
  it("of 20 hosts that were started at once and let everybody in", async () => {
    const before = await listMachine();
    const hosts = await openQuietly(folder("twenty"));
    const specs = numbers(20).map((n) => makeSpec(hosts, n));
    await Promise.all(specs.map((spec) => hosts.boot(spec)));
    const names = await Promise.all(specs.map((spec) => tell(spec, "cloud-init status --wait >/dev/null; hostname")));
    expect(names).toEqual(specs.map(({ name }) => name));
    const states = await Promise.all(specs.map((spec) => tell(spec, "systemctl is-system-running --wait")));
    expect(new Set(states)).toEqual(new Set(["running"]));
    await hosts.closeAll();
    await hosts.closeAll();
    expect(await findLeftovers(before)).toEqual([]);
    await expect(hosts.boot(makeSpec(hosts, 1))).rejects.toThrow("closed");
  }, 180_000);

  it("of 40 hosts that came and went, at any moment of their start", async () => {
    const before = await listMachine();
    const hosts = await openQuietly(folder("forty"));
    const made = await listMachine();
    for (const n of numbers(40)) {
      const spec = makeSpec(hosts, (n % 5) + 1, { serverId: 115_000_000 + n });
      await hosts.boot(spec);
      await sleep((n * 37) % 700);
      if (n % 3 === 0) await hosts.stop(spec.serverId);
      await hosts.destroy(spec.serverId);
    }
    expect(await findLeftovers(made)).toEqual([]);
    await hosts.closeAll();
    expect(await findLeftovers(before)).toEqual([]);
  }, 180_000);

  it("of a killed owner, once somebody sweeps", async () => {
    const before = await listMachine();
    const where = folder("killed");
    await killOwner(await startOwner(where));
    expect((await findLeftovers(before, 0)).length).toBeGreaterThan(20);
    await run({ argv: [process.execPath, "local/hosts/sweep.ts", where], cwd: checkout, timeoutMs: 60_000 });
    expect(await findLeftovers(before)).toEqual([]);
  }, 120_000);

  it("of a killed owner, once the next one has come and gone", async () => {
    const before = await listMachine();
    const where = folder("killed");
    await killOwner(await startOwner(where));
    const hosts = await openQuietly(where);
    expect(await knock(targetOf(makeSpec(hosts, 1)))).not.toBe("reached");
    await hosts.boot(makeSpec(hosts, 1));
    expect(await tell(makeSpec(hosts, 1), "hostname")).toBe("web-1");
    await hosts.closeAll();
    expect(await findLeftovers(before)).toEqual([]);
  }, 120_000);
});

describe("two local clouds", () => {
  it("run side by side in networks of their own; ending or sweeping one leaves the other alone", async () => {
    const before = await listMachine();
    const [one, two] = await Promise.all([openQuietly(folder("one")), openQuietly(folder("two"))]);
    expect(one.subnet).not.toEqual(two.subnet);
    const [first, second] = [makeSpec(one, 1), makeSpec(two, 1)];
    await Promise.all([one.boot(first), two.boot(second)]);
    const bootId = "cat /proc/sys/kernel/random/boot_id";
    const ids = [await tell(first, bootId), await tell(second, bootId)];
    expect(await tell(first, `timeout 3 bash -c 'echo >/dev/tcp/${second.ipv4}/22' 2>&1 || echo no`)).toMatch(/no$/);
    await one.closeAll();
    await sweep(folder("one"));
    expect(await tell(second, bootId)).toBe(ids[1]);
    await two.closeAll();
    expect(await findLeftovers(before)).toEqual([]);
  }, 120_000);

  it("of one folder do not run together, and a running one is not swept", async () => {
    const hosts = await openQuietly(folder("one"));
    await expect(openQuietly(folder("one"))).rejects.toThrow("is running");
    await expect(sweep(folder("one"))).rejects.toThrow("is running");
    await hosts.closeAll();
  });
});
