import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findCgroupRoot } from "./cgroups.ts";
import { plainEnvironment, run } from "./command.ts";
import { findImageProblem } from "./images.ts";

/** Program -> Debian package that brings it. */
const tools: Readonly<Record<string, string>> = {
  debootstrap: "debootstrap",
  flock: "util-linux",
  ip: "iproute2",
  "mkfs.ext4": "e2fsprogs",
  mount: "mount",
  nft: "nftables",
  nsenter: "util-linux",
  setpriv: "util-linux",
  sysctl: "procps",
  "systemd-nspawn": "systemd-container",
  unshare: "util-linux",
};

/** What the machine is, as far as hosts depend on it. */
export interface MachineFacts {
  readonly platform: string;
  readonly isRoot: boolean;
  /** Effective capabilities, as the hexadecimal number in /proc/self/status. */
  readonly capabilities: string;
  /** /proc/filesystems */
  readonly fileSystems: string;
  /** /proc/self/mounts */
  readonly mounts: string;
  readonly hasLoopDevices: boolean;
  readonly hasApt: boolean;
  readonly missingTools: readonly string[];
  /** Why there can be no image; null: there can. */
  readonly imageProblem: string | null;
}

export type Possible = { readonly possible: true } | { readonly possible: false; readonly reason: string };

/** Whether real hosts can run, and if not, the first thing that is in the way. */
export function decidePossible(facts: MachineFacts): Possible {
  const no = (reason: string): Possible => ({ possible: false, reason });
  if (facts.platform !== "linux") return no("real hosts need Linux");
  if (!facts.isRoot) return no("real hosts need root");
  if (!hasCapabilities(facts.capabilities)) return no("root lacks CAP_SYS_ADMIN or CAP_NET_ADMIN, as in a container");
  if (!/\boverlay$/m.test(facts.fileSystems)) return no("this kernel has no overlayfs");
  if (findCgroupRoot(facts.mounts) === null) return no("control groups of version 2 are not mounted");
  if (!facts.hasLoopDevices) return no("this machine has no loop devices (/dev/loop-control)");
  if (facts.missingTools.length > 0 && !facts.hasApt) {
    return no(`${facts.missingTools.join(", ")} missing and there is no apt-get to install them`);
  }
  return facts.imageProblem === null ? { possible: true } : no(facts.imageProblem);
}

/** CAP_NET_ADMIN is number 12, CAP_SYS_ADMIN 21 (man 7 capabilities). */
function hasCapabilities(hexadecimal: string): boolean {
  const wanted = (1n << 12n) | (1n << 21n);
  return /^[0-9a-f]+$/.test(hexadecimal) && (BigInt(`0x${hexadecimal}`) & wanted) === wanted;
}

/** Whether this machine can run real hosts, perhaps after `installTools`. */
export async function hostsPossible(): Promise<Possible> {
  const isThere = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  const read = (path: string) => readFile(path, "utf8").catch(() => "");
  return decidePossible({
    platform: process.platform,
    isRoot: process.geteuid?.() === 0,
    capabilities: /^CapEff:\s*(\S+)$/m.exec(await read("/proc/self/status"))?.[1] ?? "",
    fileSystems: await read("/proc/filesystems"),
    mounts: await read("/proc/self/mounts"),
    hasLoopDevices: await isThere("/dev/loop-control"),
    hasApt: await isThere("/usr/bin/apt-get"),
    missingTools: await findMissing(),
    imageProblem: await findImageProblem(),
  });
}

async function findMissing(): Promise<string[]> {
  const folders = plainEnvironment.PATH.split(":");
  const isInstalled = async (tool: string) => {
    const looks = folders.map((folder) =>
      access(join(folder, tool), constants.X_OK).then(
        () => true,
        () => false,
      ),
    );
    return (await Promise.all(looks)).includes(true);
  };
  const found = await Promise.all(Object.keys(tools).map(async (tool) => ((await isInstalled(tool)) ? [] : [tool])));
  return found.flat();
}

/** Installs the programs that are missing, with apt. Throws an Error of one line that says what to do by hand. */
export async function installTools(log: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const missing = await findMissing();
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tools[tool] ?? tool))];
  log(`Installing ${packages.join(", ")} with apt ...`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const common = { env, timeoutMs: 300_000 };
  try {
    await run({ argv: ["apt-get", "update", "-q"], ...common, signal });
    // Not to be cut off: dpkg that is killed leaves the machine half configured.
    await run({ argv: ["apt-get", "install", "-q", "-y", "--no-install-recommends", ...packages], ...common });
    signal?.throwIfAborted();
  } catch (error) {
    signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : "";
    throw new Error(`Real hosts need: apt-get install ${packages.join(" ")}. That failed here: ${why}`);
  }
}
