/**
 * `env_restore`: the backup is verified on the node, what is there is backed up unless that was refused, then a new
 * release takes the old one's place. Until that step, `restore`, nothing of the environment is touched; the playbook
 * itself goes back when the restored site does not answer. Last, the archive leaves the node.
 */
import type { RunFailureKind } from "../failure.ts";
import { releaseOf } from "../site.ts";
import { moveOn, withJob, withWork } from "./moves.ts";
import type { Facts, Plan, State } from "./plan.ts";
import { clean, cleanUp, findBackup, restoreStep } from "./restore-steps.ts";
import { judgeExit } from "./run-exit.ts";
import { atRest, type Ending, type SiteStep, sitePlan, subjectOf, withSubject } from "./site-plan.ts";
import type { StepResult } from "./step.ts";
import { stopIfAt, storeBackup } from "./store-backup.ts";

const verify = restoreStep({
  name: "verify_backup",
  mode: "verify",
  progress: 5,
  done: (facts) => ({ kind: "done", state: facts, detail: "The backup is whole, complete and of this environment" }),
});

const safety = storeBackup({ prefix: "safety_", from: 25, to: 60 });

/** Steps that a restore without a safety backup does without. */
export const safetyBackupSteps: readonly string[] = Object.keys(safety.steps);

const withRestored = (facts: Facts, wordpressVersion: string | null): Facts => {
  const { environment } = subjectOf(facts);
  const restored = { release: releaseOf(facts.job.id), updatedAtMs: facts.nowMs };
  const version = wordpressVersion ?? environment.wordpressVersion;
  return withSubject(facts, { environment: { ...environment, ...restored, wordpressVersion: version } });
};

const apply = restoreStep({
  name: "restore",
  mode: "apply",
  progress: 60,
  done: (facts, { wordpress_version = null }) => {
    const state = withRestored(facts, wordpress_version);
    return { kind: "done", state, detail: `${subjectOf(facts).environment.previewUrl} answers from the backup` };
  },
});

/** The playbook says these before it changes anything. */
const saidBefore: readonly RunFailureKind[] = [
  "checksum_mismatch",
  "backup_invalid",
  "environment_gone",
  "not_unpacked",
  "no_room",
];

const isRefused = ({ run }: Facts): boolean => {
  const judged = run?.reached && run.state === "ended" ? judgeExit(run) : null;
  return judged !== null && saidBefore.includes(judged.kind);
};

/** Refused in the attempt that began it, whatever the steps before needed: in a later one something may be changed. */
const withRefusal = (facts: Facts, result: StepResult): StepResult => {
  const { attemptCount, work } = facts.job;
  if (result.kind !== "failed" || work.restore?.attempt !== attemptCount || !isRefused(facts)) return result;
  return { ...result, state: withWork(result.state, { restore: { attempt: attemptCount, isRefused: true } }) };
};

const begun = (facts: Facts): Facts => {
  const { attemptCount: attempt, work } = facts.job;
  return work.restore === null ? withWork(facts, { restore: { attempt, isRefused: false } }) : facts;
};

const restore: SiteStep = {
  ...apply,
  final: true,
  decide: (facts) => {
    const ours = begun(facts);
    return withRefusal(ours, apply.decide(ours));
  },
};

/** Is the environment what it was before the job? The playbook has gone back by itself when the health check failed. */
const isUnchanged = ({ job }: State, { failure }: Ending): boolean =>
  job.finalAtMs === null || failure?.reason === "health_check_failed" || job.work.restore?.isRefused === true;

const WITHOUT_BACKUP =
  "If the environment can no longer be read, restore with safety_backup=false: its release then stays on the node as the only copy.";

/** What cannot be backed up can still be restored over: that is said where the safety backup failed. */
const withGuidance = (state: State): State => {
  const { failure, steps } = state.job;
  const isSafety = steps.some(({ name, status }) => status === "failed" && safetyBackupSteps.includes(name));
  if (failure === null || !isSafety) return state;
  return withJob(state, { failure: { ...failure, guidance: [...failure.guidance, WITHOUT_BACKUP] } });
};

export const envRestore: Plan = sitePlan({
  steps: { find_backup: findBackup, verify_backup: verify, ...safety.steps, restore, clean_up: cleanUp },
  undo: { stop_verify_backup: stopIfAt("verify_backup"), ...safety.undo, stop_restore: stopIfAt("restore"), clean },
  totalMinutes: 6 * 60,
  succeeded: (state) => moveOn(atRest(state, "active"), 0),
  ended: (state, ending) => moveOn(atRest(withGuidance(state), isUnchanged(state, ending) ? "unchanged" : "failed"), 0),
});
