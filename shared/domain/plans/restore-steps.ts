/** Steps that a restore and a drill share: the backup is looked for, and `env-restore` runs in one of its modes. */
import { type BackupRecord, isRestorable } from "../backup.ts";
import { type RunFailureKind, runFailure } from "../failure.ts";
import { environmentVars, type PlaybookResult, type PlaybookVars, playbookResults } from "../playbooks.ts";
import { releaseOf } from "../site.ts";
import type { Facts, State } from "./plan.ts";
import { playbookStep, runIdOf } from "./playbook-step.ts";
import { type SiteStep, subjectOf } from "./site-plan.ts";
import { PLAYBOOK_MINUTES, RUN_MINUTES } from "./site-steps.ts";
import type { StepResult } from "./step.ts";
import { ARCHIVE_MINUTES, ARCHIVE_RUN_MINUTES, BUCKET_MINUTES, waitForBucket } from "./store-backup.ts";

type Mode = PlaybookVars["env-restore"]["mode"];
type Known = BackupRecord & { checksum: string; sizeBytes: number };

/** @throws TypeError when the job restores no backup: it was started wrongly */
export const restoredOf = (state: State): BackupRecord => {
  const { restored } = subjectOf(state);
  if (restored === null) throw new TypeError(`job ${state.job.id} restores no backup`);
  return restored;
};

const isKnown = (backup: BackupRecord): backup is Known => backup.checksum !== null && backup.sizeBytes !== null;

/** Why this backup is not restored here, before anything is asked of bucket or node; null: it may be. */
const refusalOf = (state: State): { kind: RunFailureKind; message: string } | null => {
  const backup = restoredOf(state);
  if (backup.environmentId !== subjectOf(state).environment.id) {
    return { kind: "backup_invalid", message: "The backup is of another environment" };
  }
  if (isRestorable(backup, state.nowMs)) return null;
  return { kind: "backup_missing", message: "The backup is not complete, or its time is over" };
};

/** The object is there and as long as what was stored: asked of S3 before anything else. */
export const findBackup: SiteStep = {
  minutes: BUCKET_MINUTES,
  progress: 2,
  needs: (state) => ({ object: restoredOf(state).storagePath }),
  decide: (facts) => {
    const { object } = facts;
    const refusal = refusalOf(facts);
    if (refusal) return refused(facts, refusal.kind, refusal.message);
    if (object === undefined) return { kind: "unread", state: facts };
    if (!object.ok) return waitForBucket(facts, object.complaint, "bucket_unreachable");
    if (object.value === null) return refused(facts, "backup_missing", "S3 has no object under the backup's key");
    const [isBytes, wasBytes] = [object.value.sizeBytes, restoredOf(facts).sizeBytes];
    if (isBytes === wasBytes) return { kind: "done", state: facts, detail: `S3 holds ${isBytes} bytes, as recorded` };
    return refused(facts, "checksum_mismatch", `S3 holds ${isBytes} bytes where ${wasBytes} were stored`);
  },
};

const refused = (state: State, kind: RunFailureKind, message: string): StepResult => ({
  kind: "failed",
  state,
  failure: runFailure(kind, message),
});

/** Whether the mode reads the archive from the bucket; the others find it on the node. */
const downloads: Readonly<Record<Mode, boolean>> = { verify: true, drill: true, apply: false, clean: false };

const varsOf = (facts: Facts, mode: Mode): PlaybookVars["env-restore"] | undefined => {
  const backup = restoredOf(facts);
  const { readAddress } = facts;
  if (!isKnown(backup) || (downloads[mode] && readAddress === undefined)) return undefined;
  return {
    environment: environmentVars(subjectOf(facts).environment, releaseOf(facts.job.id)),
    mode,
    backup: {
      id: backup.id,
      environment_id: backup.environmentId,
      scope: backup.scope,
      sha256: backup.checksum,
      size_bytes: backup.sizeBytes,
      url: downloads[mode] ? (readAddress ?? null) : null,
    },
  };
};

export interface RestoreRun {
  /** The step's name in its plan. */
  readonly name: string;
  readonly mode: Mode;
  readonly progress: number;
  done(facts: Facts, result: PlaybookResult<"env-restore">): StepResult;
}

/** One run of `env-restore`. */
export const restoreStep = ({ name, mode, progress, done }: RestoreRun): SiteStep => ({
  minutes: mode === "clean" ? PLAYBOOK_MINUTES : ARCHIVE_MINUTES,
  progress,
  needs: (state) => ({
    run: runIdOf(state, name),
    ...(downloads[mode] ? { readAddress: restoredOf(state).storagePath } : {}),
  }),
  decide: playbookStep({
    name,
    result: playbookResults["env-restore"],
    order: (facts, id) => {
      const vars = varsOf(facts, mode);
      const timeoutMinutes = mode === "clean" ? RUN_MINUTES : ARCHIVE_RUN_MINUTES;
      return vars && ({ id, playbook: "env-restore", vars, timeoutMinutes } as const);
    },
    done,
  }),
});

const cleaning = (name: string, progress: number): SiteStep =>
  restoreStep({
    name,
    mode: "clean",
    progress,
    done: (facts) => ({ kind: "done", state: facts, detail: "Archive and unfinished release are off the node" }),
  });

const removed = cleaning("clean", 0);

/** After a restore: takes its archive off the node. The restore is done, whatever comes of this. */
export const cleanUp: SiteStep = { ...cleaning("clean_up", 95), optional: true };

/** On the way back: takes what was brought for the restore off the node. Not beside a run that could not be ended. */
export const clean: SiteStep = {
  ...removed,
  // Before the first run nothing of the backup is on the node.
  when: ({ job }) => job.steps.some(({ name, status }) => name === "find_backup" && status === "succeeded"),
  decide: (facts) => {
    const mayStillRun = facts.job.steps.some(({ name, status }) => name.startsWith("stop_") && status === "failed");
    if (!mayStillRun) return removed.decide(facts);
    const failure = runFailure("unreachable", "Not cleaned: what was to be ended may still run on the node");
    return { kind: "failed", state: facts, failure };
  },
};
