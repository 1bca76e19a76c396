/**
 * `restore_drill`: the backup is restored beside the live environment, looked at and removed again. The result is recorded
 * at the backup: it counts when it has been restored once.
 */
import type { ErrorReason } from "../../../contracts/errors.ts";
import { runFailure } from "../failure.ts";
import { moveOn } from "./moves.ts";
import type { Plan, State } from "./plan.ts";
import { clean, findBackup, restoredOf, restoreStep } from "./restore-steps.ts";
import { atRest, type SiteStep, sitePlan, withSubject } from "./site-plan.ts";
import type { StepResult } from "./step.ts";
import { stopIfAt } from "./store-backup.ts";

const withDrill = <S extends State>(state: S, succeeded: boolean): S =>
  withSubject(state, {
    restored: { ...restoredOf(state), drill: { atMs: state.nowMs, succeeded, jobId: state.job.id } },
  });

const unanswered = runFailure("drill_failed", "The backup was restored, but WordPress did not answer from it");

const run = restoreStep({
  name: "try_out",
  mode: "drill",
  progress: 10,
  done: (facts, { ok }) =>
    ok === true
      ? { kind: "done", state: withDrill(facts, true), detail: "WordPress answered from the backup" }
      : { kind: "failed", state: facts, failure: unanswered },
});

/** Here nothing was put back, because nothing was touched: the same finding has other words than in a restore. */
const inOwnWords = (result: StepResult): StepResult =>
  result.kind === "failed" && result.failure.reason === "health_check_failed"
    ? { ...result, failure: { ...unanswered, message: result.failure.message } }
    : result;

const tryOut: SiteStep = { ...run, decide: (facts) => inOwnWords(run.decide(facts)) };

/** Failures that say something of the backup. Any other (a silent node, a cancel) leaves it as proven as it was. */
const verdicts: readonly (ErrorReason | null)[] = [
  "checksum_mismatch",
  "backup_missing",
  "backup_invalid",
  "health_check_failed",
];

export const restoreDrill: Plan = sitePlan({
  steps: { find_backup: findBackup, try_out: tryOut },
  undo: { stop_try_out: stopIfAt("try_out"), clean },
  totalMinutes: 6 * 60,
  succeeded: (state) => moveOn(atRest(state, "unchanged"), 0),
  ended: (state, { failure }) => {
    const rested = atRest(state, "unchanged");
    return moveOn(verdicts.includes(failure?.reason ?? null) ? withDrill(rested, false) : rested, 0);
  },
});
