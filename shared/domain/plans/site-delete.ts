/** `site_delete`: a last full backup of the primary environment, unless that was refused; then all of the site goes. */
import type { Failure } from "../job.ts";
import { moveOn, withJob } from "./moves.ts";
import type { Move, Plan, State } from "./plan.ts";
import { atRest, type Ending, sitePlan, subjectOf } from "./site-plan.ts";
import { presentOf, removeStep, stopRunOf, withoutEnvironments } from "./site-steps.ts";
import { storeBackup } from "./store-backup.ts";

const lastBackup = storeBackup({ prefix: "final_", from: 2, to: 60 });

/** Steps that a deletion without a backup does without. */
export const finalBackupSteps: readonly string[] = Object.keys(lastBackup.steps);

/** A site may have lost its last environment: then that one is asked for again, which is fine. */
const remove = removeStep({
  name: "remove",
  playbook: "site-delete",
  environments: (subject) => (presentOf(subject).length === 0 ? [subject.environment] : presentOf(subject)),
});

const withoutSite = (state: State): Move => {
  const rested = atRest(state, "active");
  return { ...moveOn(withoutEnvironments(rested, presentOf(subjectOf(rested))), 0), removed: "site" };
};

const WITHOUT_BACKUP = "Nothing was deleted. To delete the site without a last backup, ask with final_backup=false.";

/** A site that cannot be backed up can still be deleted: that is said where the backup failed. */
const backupFailed = (state: State, failure: Failure): State =>
  withJob(state, { failure: { ...failure, guidance: [...failure.guidance, WITHOUT_BACKUP] } });

const ended = (state: State, { failure }: Ending): Move => {
  if (state.job.finalAtMs !== null) return moveOn(atRest(state, "failed"), 0);
  return moveOn(atRest(failure === null ? state : backupFailed(state, failure), "unchanged"), 0);
};

export const siteDelete: Plan = sitePlan({
  steps: { ...lastBackup.steps, remove: { ...remove, progress: 60, final: true } },
  undo: { ...lastBackup.undo, stop: { ...stopRunOf("remove"), when: ({ job }) => job.finalAtMs !== null } },
  // The backup may take as long as any other.
  totalMinutes: 6 * 60 + 90,
  succeeded: withoutSite,
  ended,
});
