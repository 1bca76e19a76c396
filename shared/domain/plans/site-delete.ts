/**
 * `site_delete`: a last full backup of the primary environment, unless that was refused; then all of the site goes. On a
 * node that is lost it is one step alone, which forgets the environments and touches nothing there.
 */
import type { Failure } from "../job.ts";
import { moveOn, withJob, withNode } from "./moves.ts";
import type { Move, Plan, State } from "./plan.ts";
import { atRest, type Ending, type SiteStep, sitePlan, subjectOf } from "./site-plan.ts";
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

/** The only step of a deletion on a lost node; other deletions do without it. */
export const forgetStep = "forget_environments";

const forgets = ({ job }: State): boolean => job.steps.some(({ name }) => name === forgetStep);

const LEFT =
  "The server could not be reached and was not touched: what is on its disk is still there until the node is deleted";

const forget: SiteStep = {
  minutes: 1,
  progress: 50,
  final: true,
  needs: () => ({}),
  decide: (facts) => ({ kind: "done", state: facts, detail: LEFT }),
};

const withoutSite = (state: State): Move => {
  const rested = atRest(state, "active");
  const gone = presentOf(subjectOf(rested));
  const { forgottenEnvironments } = state.node;
  const more = forgets(state) ? gone.length : 0;
  const known = withNode(rested, { forgottenEnvironments: forgottenEnvironments + more });
  return { ...moveOn(withoutEnvironments(known, gone), 0), removed: "site" };
};

const WITHOUT_BACKUP = "Nothing was deleted. To delete the site without a last backup, ask with final_backup=false.";

/** A site that cannot be backed up can still be deleted: that is said where the backup failed. */
const backupFailed = (state: State, failure: Failure): State =>
  withJob(state, { failure: { ...failure, guidance: [...failure.guidance, WITHOUT_BACKUP] } });

/** From here on something may be gone from the node. */
const isRemoving = (state: State): boolean => state.job.finalAtMs !== null && !forgets(state);

const ended = (state: State, { failure }: Ending): Move => {
  if (isRemoving(state)) return moveOn(atRest(state, "failed"), 0);
  return moveOn(atRest(failure === null ? state : backupFailed(state, failure), "unchanged"), 0);
};

const plan = sitePlan({
  steps: { ...lastBackup.steps, remove: { ...remove, progress: 60, final: true }, [forgetStep]: forget },
  undo: { ...lastBackup.undo, stop: { ...stopRunOf("remove"), when: isRemoving } },
  // The backup may take as long as any other.
  totalMinutes: 6 * 60 + 90,
  succeeded: withoutSite,
  ended,
});

export const siteDelete: Plan = { ...plan, steps: plan.steps.filter((name) => name !== forgetStep) };
