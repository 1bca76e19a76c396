import { rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { checkout } from "../aws/host.ts";
import { endCgroup, findMountedCgroups, subgroups } from "./cgroups.ts";
import { assertReleased } from "./machine.ts";
import { type Names, namesFor, prefixFor } from "./names.ts";
import { removeNetwork } from "./network.ts";
import { tryLock } from "./owner-lock.ts";

/**
 * Removes every trace of one local cloud's hosts, going by names alone: processes, mounts, links, route, table, groups, files.
 * Repeatable. Its owner must hold the lock.
 */
export async function removeAll(names: Names): Promise<void> {
  const own = join(await findMountedCgroups(), names.prefix);
  await Promise.all((await subgroups(own)).map((id) => endCgroup(join(own, id))));
  await endCgroup(own);
  await assertReleased(names.dir);
  await removeNetwork(names);
  await rm(names.dir, { recursive: true, force: true });
  await rmdir(dirname(names.dir)).catch(() => {}); // Others may have hosts.
}

/** The local cloud is running: its hosts are its own. */
export class StillRunning extends Error {}

/**
 * Removes what a killed local cloud has left behind. `folder` is that of the local cloud.
 *
 * @throws StillRunning, of one line, while that local cloud is running
 */
export async function sweep(folder: string): Promise<void> {
  const prefix = prefixFor(folder);
  const release = await tryLock(prefix);
  if (release === undefined) throw new StillRunning(`The local cloud in ${folder} is running: stop it first.`);
  try {
    await removeAll(namesFor(prefix));
  } finally {
    await release();
  }
}

if (import.meta.main) {
  const folder = resolve(checkout, process.argv[2] ?? ".local");
  await sweep(folder);
  console.log(`Nothing is left of the hosts of ${folder}.`);
}
