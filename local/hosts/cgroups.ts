import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./poll.ts";

/** Where the machine has its second version of control groups: beside the first, or alone. null: it has none. */
export function findCgroupRoot(mounts: string): string | null {
  for (const line of mounts.split("\n")) {
    const [, path, type] = line.split(" ");
    if (type === "cgroup2" && path !== undefined) return path;
  }
  return null;
}

/** The same for this machine. Throws when it has none. */
export async function findMountedCgroups(): Promise<string> {
  const root = findCgroupRoot(await readFile("/proc/self/mounts", "utf8"));
  if (root === null) throw new Error("Control groups of version 2 are not mounted.");
  return root;
}

export async function makeCgroup(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
}

/** Whether any process is in the group or below it. */
export async function isPopulated(path: string): Promise<boolean> {
  return /^populated 1$/m.test(await readFile(join(path, "cgroup.events"), "utf8").catch(() => ""));
}

/** Ends every process in the group and below it, and removes it. Repeatable. Throws when processes stay. */
export async function endCgroup(path: string): Promise<void> {
  await writeFile(join(path, "cgroup.kill"), "1").catch(() => {});
  if (!(await until(async () => !(await isPopulated(path)), 20_000)))
    throw new Error(`Processes in ${path} do not end.`);
  await removeCgroup(path);
}

/** Removes a group without processes, with those below it. */
async function removeCgroup(path: string): Promise<void> {
  for (const name of await subgroups(path)) await removeCgroup(join(path, name));
  // The kernel counts the dead a moment longer than it shows them.
  const gone = await until(() => rmdir(path).then(() => true, isMissing), 5_000);
  if (!gone) throw new Error(`The cgroup ${path} cannot be removed.`);
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

export async function subgroups(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** The first process of the host in the group, as the machine numbers it; undefined while it has none. */
export async function findInit(path: string): Promise<number | undefined> {
  for (const folder of ["payload/init.scope", "payload"]) {
    const text = await readFile(join(path, folder, "cgroup.procs"), "utf8").catch(() => "");
    for (const pid of text.split("\n").filter((line) => line !== "")) {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      if (/^NSpid:.*\t1$/m.test(status)) return Number(pid);
    }
  }
  return undefined;
}

/** Some process that sees the host's mounts from outside: the script that started it. */
export async function findStarter(path: string): Promise<number | undefined> {
  const text = await readFile(join(path, "cgroup.procs"), "utf8").catch(() => "");
  const [pid] = text.split("\n").filter((line) => line !== "");
  return pid === undefined ? undefined : Number(pid);
}
