/** Removes what tests on real hosts have left: a run that was interrupted does not get to its own cleaning up. */
import { resolve } from "node:path";
import { checkout } from "../../local/aws/host.ts";
import { hostsPossible, StillRunning, sweep } from "../../local/hosts/index.ts";

/** The folders of the local clouds that the tests open. */
const folders = [
  ...["life", "repository", "twenty", "forty", "killed", "one", "two"].map((name) => `local/hosts/${name}`),
  "test/hosts",
  ...["backup", "backup-faults", "environments", "interruptions", "playbooks", "runs"].map(
    (name) => `test/hosts/${name}`,
  ),
  ...["e2e-hosts", "e2e-sites", "smoke"].map((name) => `.local/${name}`),
];

export async function sweepTests(): Promise<void> {
  if (!(await hostsPossible()).possible) return;
  const left = await sweepIdle(folders, (folder) => sweep(resolve(checkout, folder)));
  if (left.length > 0) process.stderr.write(`Hosts are running in ${left.join(", ")}: they were left alone.\n`);
}

/**
 * Sweeps each folder, and answers those whose hosts are running.
 *
 * @throws AggregateError of what else went wrong, when all folders have had their turn
 */
export async function sweepIdle(
  all: readonly string[],
  sweepOne: (folder: string) => Promise<void>,
): Promise<readonly string[]> {
  const left: string[] = [];
  const errors: unknown[] = [];
  for (const folder of all) {
    try {
      await sweepOne(folder);
    } catch (error) {
      if (error instanceof StillRunning) left.push(folder);
      else errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `Not all was swept: ${errors.join("; ")}`);
  return left;
}

if (import.meta.main) await sweepTests();
