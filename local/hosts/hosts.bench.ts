/** `node local/hosts/hosts.bench.ts`: how long hosts take and how much memory, on this machine, now. Needs root. */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { checkout } from "../aws/host.ts";
import { findMountedCgroups } from "./cgroups.ts";
import type { RealHosts } from "./hosts.ts";
import { openHosts } from "./hosts.ts";
import { knockUntil, makeSpec, targetOf, tell } from "./testing.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function describeTimes(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => seconds(sorted[Math.round((sorted.length - 1) * share)] ?? 0);
  return `${at(0)} - ${at(1)}, median ${at(0.5)} (${times.length} runs)`;
}

/** Memory of all processes of a host; what several share counts in shares (proc(5), Pss). */
async function readPssMib(group: string): Promise<number> {
  const entries = await readdir(group, { recursive: true, withFileTypes: true });
  const files = entries
    .filter(({ name }) => name === "cgroup.procs")
    .map(({ parentPath }) => join(parentPath, "cgroup.procs"));
  const lists = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const pids = lists.flatMap((text) => text.split("\n")).filter((pid) => pid !== "");
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
      return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

async function readAvailableMib(): Promise<number> {
  return Number(/^MemAvailable:\s+(\d+)/m.exec(await readFile("/proc/meminfo", "utf8"))?.[1] ?? 0) / 1024;
}

async function measureOne(hosts: RealHosts): Promise<void> {
  const boots: number[] = [];
  const logins: number[] = [];
  const deletes: number[] = [];
  for (const n of numbers(10)) {
    const spec = makeSpec(hosts, n);
    const startedMs = performance.now();
    boots.push(await timed(() => hosts.boot(spec)));
    await knockUntil(targetOf(spec), "reached");
    logins.push(performance.now() - startedMs);
    await tell(spec, "cloud-init status --wait >/dev/null");
    deletes.push(await timed(() => hosts.destroy(spec.serverId)));
  }
  console.log(`boot answers after ${describeTimes(boots)}`);
  console.log(`boot to the first strict SSH login ${describeTimes(logins)}`);
  console.log(`destroy ${describeTimes(deletes)}`);
}

async function measureTwenty(hosts: RealHosts): Promise<void> {
  const specs = numbers(20).map((n) => makeSpec(hosts, n));
  const before = await readAvailableMib();
  const all = (work: (spec: (typeof specs)[number]) => Promise<unknown>) => Promise.all(specs.map(work));
  const startedMs = performance.now();
  const since = () => seconds(performance.now() - startedMs);
  await all((spec) => hosts.boot(spec));
  console.log(`20 at once: boot answered after ${since()}`);
  await all((spec) => knockUntil(targetOf(spec), "reached", 120_000));
  console.log(`20 at once: all let in by strict SSH after ${since()}`);
  await all((spec) => tell(spec, "cloud-init status --wait >/dev/null; systemctl is-system-running --wait"));
  console.log(`20 at once: all running and cloud-init done after ${since()}`);
  await new Promise((resolve) => setTimeout(resolve, 15_000)); // Sessions of the logins end.
  const groups = specs.map(({ serverId }) => `${hosts.prefix}/${serverId}`);
  const root = await findMountedCgroups();
  const sizes = await Promise.all(groups.map((group) => readPssMib(join(root, group))));
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  console.log(`idle host: ${mean.toFixed(0)} MiB of its processes (mean of 20)`);
  console.log(
    `idle host: ${((before - (await readAvailableMib())) / 20).toFixed(0)} MiB less available on the machine`,
  );
  console.log(`20 at once: destroyed in ${seconds(await timed(() => all(({ serverId }) => hosts.destroy(serverId))))}`);
}

const opened = performance.now();
const hosts = await openHosts({ folder: resolve(checkout, ".local/bench"), log: console.log });
console.log(`open ${seconds(performance.now() - opened)}`);
try {
  await measureOne(hosts);
  await measureTwenty(hosts);
} finally {
  console.log(`closeAll ${seconds(await timed(() => hosts.closeAll()))}`);
}
