/**
 * `env_restore`: the backup is verified on the node, what is there is backed up, then a new release takes the old one's
 * place. Until that last step nothing of the environment is touched; the playbook itself goes back when the restored site
 * does not answer.
 */
import type { ErrorReason } from "../../../contracts/errors.ts";
import { releaseOf } from "../site.ts";
import { moveOn } from "./moves.ts";
import type { Facts, Plan, State } from "./plan.ts";
import { clean, findBackup, restoreStep } from "./restore-steps.ts";
import { atRest, type Ending, sitePlan, subjectOf, withSubject } from "./site-plan.ts";
import { stopIfAt, storeBackup } from "./store-backup.ts";

const verify = restoreStep({
  name: "verify_backup",
  mode: "verify",
  progress: 5,
  done: (facts) => ({ kind: "done", state: facts, detail: "The backup is whole, complete and of this environment" }),
});

const safety = storeBackup({ prefix: "safety_", from: 25, to: 60 });

const withRestored = (facts: Facts, wordpressVersion: string | null): Facts => {
  const { environment } = subjectOf(facts);
  const restored = { release: releaseOf(facts.job.id), updatedAtMs: facts.nowMs };
  const version = wordpressVersion ?? environment.wordpressVersion;
  return withSubject(facts, { environment: { ...environment, ...restored, wordpressVersion: version } });
};

const restore = restoreStep({
  name: "restore",
  mode: "apply",
  progress: 60,
  done: (facts, { wordpress_version = null }) => {
    const state = withRestored(facts, wordpress_version);
    return { kind: "done", state, detail: `${subjectOf(facts).environment.previewUrl} answers from the backup` };
  },
});

/** The playbook says these before it changes anything; in a later attempt an earlier one may have changed something. */
const saidBefore: readonly (ErrorReason | null)[] = ["checksum_mismatch", "backup_invalid", "backup_missing"];

/** Is the environment what it was before the job? The playbook has gone back by itself when the health check failed. */
const isUnchanged = ({ job }: State, { failure }: Ending): boolean => {
  if (job.finalAtMs === null || failure?.reason === "health_check_failed") return true;
  return saidBefore.includes(failure?.reason ?? null) && job.attemptCount === 1;
};

export const envRestore: Plan = sitePlan({
  steps: { find_backup: findBackup, verify_backup: verify, ...safety.steps, restore: { ...restore, final: true } },
  undo: { stop_verify_backup: stopIfAt("verify_backup"), ...safety.undo, stop_restore: stopIfAt("restore"), clean },
  totalMinutes: 6 * 60,
  succeeded: (state) => moveOn(atRest(state, "active"), 0),
  ended: (state, ending) => moveOn(atRest(state, isUnchanged(state, ending) ? "unchanged" : "failed"), 0),
});
