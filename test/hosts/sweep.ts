/** Removes what tests on real hosts have left: a run that was interrupted does not get to its own cleaning up. */
import { resolve } from "node:path";
import { checkout } from "../../local/aws/host.ts";
import { hostsPossible, sweep } from "../../local/hosts/index.ts";

/** The folders of the local clouds that the tests open. */
const folders = [
  ...["life", "repository", "twenty", "forty", "killed", "one", "two"].map((name) => `local/hosts/${name}`),
  "test/hosts",
  ...["backup", "backup-faults", "environments", "playbooks", "runs"].map((name) => `test/hosts/${name}`),
  ...["e2e-hosts", "e2e-sites", "smoke"].map((name) => `.local/${name}`),
];

export async function sweepTests(): Promise<void> {
  if (!(await hostsPossible()).possible) return;
  for (const folder of folders) await sweep(resolve(checkout, folder));
}

if (import.meta.main) await sweepTests();
