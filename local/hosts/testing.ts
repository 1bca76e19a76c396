import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildUserData, type KeyPair, look, makeKeyPair, type SshTarget } from "../../shared/node/index.ts";
import type { HostSpec } from "../hetzner/index.ts";
import { findMountedCgroups, subgroups } from "./cgroups.ts";
import { run } from "./command.ts";
import { openHosts, type RealHosts } from "./hosts.ts";
import { baseDir } from "./names.ts";

const loginKey = makeKeyPair("test");
const hostKeys = Array.from({ length: 50 }, () => makeKeyPair("host"));

/** The host key that the n-th host of a test gets by its user_data. */
export const hostKeyOf = (n: number): KeyPair => hostKeys[n % hostKeys.length] ?? makeKeyPair("host");

export const openQuietly = (folder: string): Promise<RealHosts> => openHosts({ folder, log: () => {} });

/** The n-th server of a test, n from 1. */
export function makeSpec(hosts: Pick<RealHosts, "subnet">, n: number, changes: Partial<HostSpec> = {}): HostSpec {
  const name = changes.name ?? `web-${n}`;
  return {
    serverId: 115_000_000 + n,
    name,
    ipv4: `${hosts.subnet.prefix}.${n}`,
    userData: buildUserData({ hostKey: hostKeyOf(n), hostname: name }),
    authorizedKeys: [loginKey.publicKey],
    image: "debian-12",
    location: "nbg1",
    networkZone: "eu-central",
    ...changes,
  };
}

/** A login that accepts the n-th host key and no other. */
export function targetOf(spec: HostSpec, n = spec.serverId - 115_000_000): SshTarget {
  const { privateKey } = loginKey;
  return { host: spec.ipv4 ?? "", port: 22, user: "root", privateKey, hostKeys: [hostKeyOf(n).publicKey] };
}

/** Long enough for an installation on a machine that does other things as well. */
const limits = { connectTimeoutMs: 3_000, commandTimeoutMs: 300_000, totalTimeoutMs: 330_000 };

/** One try: the reason why the host is not reached, or "reached". */
export async function knock(target: SshTarget, connectTimeoutMs = 1_500): Promise<string> {
  const outcome = await look(target, [], { ...limits, connectTimeoutMs });
  return outcome.reached ? "reached" : outcome.reason;
}

/** Knocks until the answer is the expected one; otherwise answers with the last one after `withinMs`. */
export async function knockUntil(target: SshTarget, expected: string, withinMs = 30_000): Promise<string> {
  const startedMs = performance.now();
  for (;;) {
    const answer = await knock(target);
    if (answer === expected || performance.now() - startedMs > withinMs) return answer;
    await sleep(50);
  }
}

export interface Said {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for the host to let us in and runs one command. Throws when it is not reached within 30 s. */
export async function ask(spec: HostSpec, command: string, target: SshTarget = targetOf(spec)): Promise<Said> {
  const startedMs = performance.now();
  for (;;) {
    const outcome = await look(target, [command], limits);
    const [result] = outcome.reached ? outcome.results : [];
    if (result !== undefined) return result;
    if (!outcome.reached && performance.now() - startedMs > 30_000) throw new Error(`not reached: ${outcome.reason}`);
    await sleep(50);
  }
}

/** Standard output of one command, without white space at its ends. */
export async function tell(spec: HostSpec, command: string): Promise<string> {
  return (await ask(spec, command)).stdout.trim();
}

/** What there is on the machine that hosts could have left, one line each. */
export async function listMachine(): Promise<Set<string>> {
  const root = await findMountedCgroups();
  const lists = await Promise.all([
    listed("link", await run({ argv: ["ip", "-oneline", "link", "show"] }), /^\d+: ([^:@\s]+)/gm),
    listed("route", await run({ argv: ["ip", "route", "show", "table", "all"] }), /^(.*)$/gm),
    listed("neighbour", await run({ argv: ["ip", "neighbour", "show", "nud", "permanent"] }), /^(.*)$/gm),
    listed("table", await run({ argv: ["nft", "list", "tables"] }), /^(.*)$/gm),
    listed("mount", await readFile("/proc/self/mounts", "utf8"), /^(.*)$/gm),
    listed("socket", await readFile("/proc/net/unix", "utf8"), /(@pressluft.*)$/gm),
    listed("loop", await run({ argv: ["losetup", "--list", "--noheadings", "--output", "BACK-FILE"] }), /^(.*)$/gm),
    (await listGroups(root)).map((path) => `cgroup ${path}`),
    listProcesses(),
    ...["/run/netns", "/run/systemd/nspawn", "/run/systemd/nspawn/propagate", "/run/systemd/nspawn/locks"].map(
      listFolder,
    ),
    listFolder("/tmp").then((files) => files.filter((file) => /nspawn|plh/.test(file))), // Others use it too.
    ...[baseDir, `${baseDir}/hosts`, `${baseDir}/images`].map(listFolder),
  ]);
  return new Set(lists.flat());
}

const listed = (kind: string, text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, line = ""]) => (line.trim() === "" ? [] : [`${kind} ${line.trim()}`]));

async function listFolder(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).map((name) => `file ${join(folder, name)}`);
}

async function listGroups(path: string): Promise<string[]> {
  const below = await subgroups(path);
  const all = await Promise.all(below.map((name) => listGroups(join(path, name))));
  return [...below.map((name) => join(path, name)), ...all.flat()];
}

/** Processes in namespaces other than ours, with those namespaces: no part of a host lives in ours but its first script. */
async function listProcesses(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const kinds = ["net", "mnt", "pid", "uts", "ipc", "cgroup"];
  const namespaces = (pid: string) =>
    Promise.all(kinds.map((kind) => readlink(`/proc/${pid}/ns/${kind}`).catch(() => "")));
  const ours = await namespaces("self");
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const other = (await namespaces(pid)).filter((namespace) => namespace !== "" && !ours.includes(namespace));
      const name = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
      return other.length === 0
        ? []
        : [`process ${pid} ${name}`, ...other.map((namespace) => `namespace ${namespace}`)];
    }),
  );
  return lines.flat();
}

/** What is there now and was not before. The kernel may take some seconds to clear a namespace away. */
export async function findLeftovers(before: ReadonlySet<string>, withinMs = 10_000): Promise<string[]> {
  const startedMs = performance.now();
  for (;;) {
    const added = [...(await listMachine())].filter((line) => !before.has(line));
    if (added.length === 0 || performance.now() - startedMs > withinMs) return added;
    await sleep(200);
  }
}
