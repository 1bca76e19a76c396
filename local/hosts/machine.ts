import { type StdioOptions, spawn } from "node:child_process";
import { mkdir, open, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostSpec } from "../hetzner/index.ts";
import type { Behaviour } from "../stand-ins/behaviour.ts";
import { endCgroup, findInit, findStarter, isPopulated, makeCgroup } from "./cgroups.ts";
import { plainEnvironment, run, tryRun } from "./command.ts";
import { type HostNames, hardwareAddressFor, linkFor, type Names } from "./names.ts";
import { rememberNeighbour } from "./network.ts";
import { until } from "./poll.ts";
import { writeSeed } from "./seed.ts";
import type { Subnet } from "./subnets.ts";

/** What one host stands on. */
export interface Machine {
  readonly names: Names;
  readonly host: HostNames;
  readonly subnet: Subnet;
  /** The host's control group, as a folder. */
  readonly cgroup: string;
  /** The group's name for someone who sees all groups at /sys/fs/cgroup. */
  readonly cgroupName: string;
  readonly spec: HostSpec;
  readonly behaviour: Behaviour;
  /** Folder of the image's root. */
  readonly image: string;
}

/** Of the size of the product's usual server; the machine gives only what is written. */
const diskBytes = 40 * 2 ** 30;

/** Few inodes, because their tables would be written; no journal, because this kernel outlives every power cut. */
const formatDisk = ["mkfs.ext4", "-q", "-O", "^has_journal", "-i", "65536", "-m", "0", "-E", "nodiscard"] as const;

/** Makes the host's files: the seed, the disk, and where both are mounted. Does nothing when they are there. */
export async function makeFiles({ host, spec, behaviour }: Machine, machineId: string): Promise<void> {
  if (await exists(host.dir)) return;
  const unfinished = `${host.dir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  for (const folder of ["seed", "disk", "root"]) await mkdir(join(unfinished, folder), { recursive: true });
  for (const { path, text, mode } of writeSeed({ spec, behaviour, machineId })) {
    const file = join(unfinished, "seed", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode });
  }
  await writeFile(join(unfinished, "disk.img"), "", { mode: 0o600 });
  await truncate(join(unfinished, "disk.img"), diskBytes);
  await run({ argv: [...formatDisk, join(unfinished, "disk.img")] });
  await rename(unfinished, host.dir);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const script = fileURLToPath(new URL("host.sh", import.meta.url));
const startTimeoutMs = 20_000;

/**
 * Starts a host that is off. Resolves when its disk is mounted and it belongs to its group; its own start then takes its time.
 *
 * @throws Error with the last words of the start when it fails
 */
export async function powerOn(machine: Machine): Promise<void> {
  const { names, host, spec, cgroup } = machine;
  await makeCgroup(cgroup);
  if (spec.ipv4 !== null) await rememberNeighbour(names, spec.ipv4, hardwareAddressFor(spec.ipv4));
  const consoleLog = join(host.dir, "console.log");
  if (await start(machine, consoleLog)) return;
  await endCgroup(cgroup);
  const lines = (await readFile(consoleLog, "utf8")).trim().split("\n");
  throw new Error(`Host ${host.id} did not start: ${lines.slice(-3).join(" | ")}`);
}

/** Whether the script got as far as to say "on". It goes on without this process. */
async function start(machine: Machine, consoleLog: string): Promise<boolean> {
  await using file = await open(consoleLog, "a", 0o600);
  const argv = ["--mount", "--propagation", "private", script, ...scriptArguments(machine)];
  const stdio: StdioOptions = ["ignore", "pipe", file.fd];
  const child = spawn("unshare", argv, { env: plainEnvironment, detached: true, stdio });
  child.unref();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, startTimeoutMs, false);
  child.stdout?.once("data", () => resolve(true));
  child.once("error", () => resolve(false));
  child.once("exit", () => resolve(false));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.stdout?.destroy();
  }
}

function scriptArguments({ names, host, subnet, cgroupName, spec, behaviour, image }: Machine): string[] {
  const { ipv4 } = spec;
  const own = [host.dir, image, cgroupName, host.machine, `${behaviour.bootDelayMs / 1000}`];
  if (ipv4 === null) return own;
  return [...own, names.bridge, linkFor(names, ipv4), ipv4, subnet.gateway, hardwareAddressFor(ipv4)];
}

export const isOn = ({ cgroup }: Machine): Promise<boolean> => isPopulated(cgroup);

/** Ends the host as a power cut does: no process gets to do anything, and no packet tells of it. Repeatable. */
export async function cutPower(machine: Machine): Promise<void> {
  const { names, spec, cgroup, host } = machine;
  if (!(await exists(cgroup))) return;
  const link = spec.ipv4 === null ? undefined : linkFor(names, spec.ipv4);
  if (link !== undefined) await tryRun(["ip", "link", "set", link, "down"]);
  await endCgroup(cgroup);
  await assertReleased(host.dir);
  if (link !== undefined) await tryRun(["ip", "link", "delete", link]);
}

/** The kernel lets go of disks a moment after the last process; two mounts of one disk would destroy it. */
export async function assertReleased(dir: string): Promise<void> {
  if (!(await until(async () => (await findLoops(dir)).length === 0, 20_000)))
    throw new Error(`A disk in ${dir} is still in use.`);
}

async function findLoops(dir: string): Promise<string[]> {
  const names = (await readdir("/sys/block")).filter((name) => name.startsWith("loop"));
  const files = await Promise.all(
    names.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => "")),
  );
  return files.filter((file) => file.startsWith(`${dir}/`));
}

/** In systemd's words SIGRTMIN+4 and SIGRTMIN+5 (man 1 systemd); SIGRTMIN is 34 in Linux programs. */
const orders = { poweroff: 38, reboot: 39 } as const;
const orderlyTimeoutMs = 30_000;

/** Asks the host to end what runs and go off; cuts its power if it has not within 30 s. */
export async function shutDown(machine: Machine): Promise<void> {
  await obey(machine, "poweroff", async () => !(await isOn(machine)));
  await cutPower(machine);
}

/** Asks the host to end what runs and start again: resolves when it does. After 30 s it is power cycled. */
export async function restart(machine: Machine): Promise<void> {
  if (!(await isOn(machine))) return;
  const before = await findInit(machine.cgroup);
  const isAnother = async () => {
    const init = await findInit(machine.cgroup);
    return (init !== undefined && init !== before) || !(await isOn(machine));
  };
  // A host whose first process was killed from outside is off by now, and an order to restart must not leave it so.
  if (before !== undefined && (await obey(machine, "reboot", isAnother)) && (await isOn(machine))) return;
  await cutPower(machine);
  await powerOn(machine);
}

/** Repeats the order, because a host that has just started does not hear it yet. */
async function obey(machine: Machine, order: keyof typeof orders, isDone: () => Promise<boolean>): Promise<boolean> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < orderlyTimeoutMs) {
    if (await isDone()) return true;
    const init = await findInit(machine.cgroup);
    if (init !== undefined) signal(init, orders[order]);
    if (await until(isDone, 1_000, 20)) return true;
  }
  return false;
}

function signal(pid: number, number: number): void {
  try {
    process.kill(pid, number);
  } catch {
    // ESRCH: it has just ended.
  }
}

/** Forgets the host with its disk. It must be off. */
export async function removeFiles({ host }: Machine): Promise<void> {
  await rm(host.dir, { recursive: true, force: true });
}

/** A link that is down loses every packet in both directions and tells nobody; it stays so over power cycles. */
export async function setLink({ names, host, spec }: Machine, state: "up" | "down"): Promise<void> {
  const mark = join(host.dir, "link-down");
  if (state === "down") await writeFile(mark, "");
  else await rm(mark, { force: true });
  if (spec.ipv4 !== null) await tryRun(["ip", "link", "set", linkFor(names, spec.ipv4), state]);
}

/** Reserves all but 8 MiB, which takes no space on the machine, and writes the rest full. Outside the host's tree. */
const fillDisk = `cd "$1"; rest=$((8 * 1024 * 1024)); free=$(($(stat -f -c '%a * %S' .)))
[ "$free" -le "$rest" ] || fallocate -l $((free - rest)) full-1
for size in 64k 4k; do dd if=/dev/zero of="full-$size" bs=$size conv=fsync status=none 2>/dev/null || :; done`;

/** Fills the host's disk to the last block, or frees that again. Throws when the host is off. */
export async function setDisk({ cgroup, host }: Machine, state: "full" | "free"): Promise<void> {
  const starter = await findStarter(cgroup);
  if (starter === undefined) throw new Error(`Host ${host.id} is off: its disk can be filled only while it is on.`);
  const work = state === "full" ? fillDisk : 'rm -f "$1/full-1" "$1/full-64k" "$1/full-4k"';
  await run({ argv: ["nsenter", `--mount=/proc/${starter}/ns/mnt`, "sh", "-c", work, "sh", join(host.dir, "disk")] });
}
