/**
 * A backup is made and stored: the steps that a backup, the safety backup of a restore and the last backup of a site share,
 * and their way back. The node sends the parts; opening, completing and checking are the worker's.
 */
import * as z from "zod";
import { ADDRESSES_MAX, type BackupRecord, PART_SIZE_BYTES, PARTS_MAX } from "../backup.ts";
import { type RunFailureKind, runFailure } from "../failure.ts";
import type { JobWork } from "../job.ts";
import { type PlaybookResult, playbookResults } from "../playbooks.ts";
import { systemUserOf } from "../site.ts";
import { currentStep, noteStep, pollWaitMs, SECOND_MS, sinceStepMs, withWork } from "./moves.ts";
import type { Facts, State, Written } from "./plan.ts";
import { playbookStep, runIdOf } from "./playbook-step.ts";
import { type SiteStep, subjectOf, withSubject } from "./site-plan.ts";
import { stopRunOf } from "./site-steps.ts";
import type { Step, StepResult } from "./step.ts";

/** Time of one attempt of a run that moves an archive; design value. */
export const ARCHIVE_MINUTES = 120;
/** The node itself ends such a run a little earlier, so that no attempt begins beside the one before. */
export const ARCHIVE_RUN_MINUTES = 110;
/** Time of one attempt of what is asked of S3 alone. */
export const BUCKET_MINUTES = 10;
type Upload = NonNullable<JobWork["upload"]>;

/** @throws TypeError when the job makes no backup: it was started wrongly */
export const madeOf = (state: State): BackupRecord => {
  const { made } = subjectOf(state);
  if (made === null) throw new TypeError(`job ${state.job.id} makes no backup`);
  return made;
};

/** @throws TypeError when no upload is open: a step of the plan was left out */
const uploadOf = ({ job }: State): Upload => {
  const { upload } = job.work;
  if (upload === null) throw new TypeError(`job ${job.id} has no upload`);
  return upload;
};

const withMade = <S extends State>(state: S, change: Partial<BackupRecord>): S =>
  withSubject(state, { made: { ...madeOf(state), ...change } });

const withUpload = <S extends State>(state: S, change: Partial<Upload>): S =>
  withWork(state, { upload: { ...uploadOf(state), ...change } });

/** S3 refused or was silent: the reason is kept for the deadline, and the next look comes later. */
const complained = <S extends State>(state: S, complaint: string, kind: RunFailureKind = "upload_failed"): S => {
  const misses = state.job.work.misses + 1;
  return noteStep(withWork(state, { misses, lastFailure: runFailure(kind, complaint) }), `${complaint}; trying again`);
};

/** The same for what S3 was only asked. `kind`: how the step fails when its time is over. */
export const waitForBucket = (facts: Facts, complaint: string, kind?: RunFailureKind): StepResult => {
  const state = complained(facts, complaint, kind);
  const overdue = runFailure(kind ?? "upload_failed", complaint);
  return { kind: "wait", state, waitMs: pollWaitMs(sinceStepMs(facts)), overdue };
};

/** A second try comes at once, later ones do not. */
const retryWaitMs = (facts: Facts): number => (facts.job.work.misses === 0 ? 0 : pollWaitMs(sinceStepMs(facts)));

const openUpload: Pick<SiteStep, "needs" | "decide" | "absorb"> = {
  needs: () => ({}),
  decide: (facts) => {
    if (facts.job.work.upload) return { kind: "done", state: facts, detail: "The bucket waits for the parts" };
    const state = withMade(facts, { status: "running" });
    const write = { kind: "open_upload", key: madeOf(facts).storagePath } as const;
    return { kind: "write", state, write, waitMs: retryWaitMs(facts) };
  },
  absorb: (state, written) => {
    if (written.kind !== "open_upload") return state;
    const { upload } = written;
    if (!upload.ok) return complained(state, upload.complaint);
    return withWork(state, { upload: { id: upload.value, asked: 1, sent: null } });
  },
};

/**
 * What a run may ask for. An address is of one part of one upload, so however often a node asks, it can store no more than
 * `PARTS_MAX` parts; signing one again asks nobody and costs nothing, and a look gives one answer at most.
 */
const partUrls = z.object({ kind: z.literal("part_urls"), from: z.int().min(1).max(PARTS_MAX) });

/** From which part on addresses are needed now: all of them before the start, later what the run asks for. */
const askedIn = ({ run }: Facts): number | null => {
  if (run === undefined || !run.reached) return null;
  if (run.state === "absent" || run.state === "prepared") return 1;
  const need = partUrls.safeParse(run.need);
  return run.state === "running" && need.success ? need.data.from : null;
};

/** Addresses are signed for the look after the one that sees them needed, and for no other. */
const withAddresses =
  (step: Step): Step =>
  (facts) => {
    const { asked } = uploadOf(facts);
    const wanted = facts.run === undefined ? asked : askedIn(facts);
    if (wanted === asked) return step(facts);
    const state = withUpload(facts, { asked: wanted });
    return wanted === null ? step(state) : { kind: "unread", state };
  };

const orderOf = (facts: Facts, id: string) => {
  const { environment } = subjectOf(facts);
  const { partAddresses } = facts;
  if (partAddresses === undefined) return undefined;
  const { id: backupId, scope } = madeOf(facts);
  const vars = {
    environment: { id: environment.id, user: systemUserOf(environment.id), url: environment.previewUrl },
    backup: { id: backupId, scope },
    upload: { part_size_bytes: PART_SIZE_BYTES, urls: partAddresses },
  };
  return { id, playbook: "backup-create", vars, timeoutMinutes: ARCHIVE_RUN_MINUTES } as const;
};

/** Answers are numbered by the part they begin with: a run that asks again, because the hour was over, is answered anew. */
const give = (facts: Facts, name: string): StepResult | undefined => {
  const { asked } = uploadOf(facts);
  const { partAddresses: urls } = facts;
  if (asked === null || urls === undefined) return undefined;
  const answer = { from: asked, urls };
  const write = { kind: "give_run", runId: runIdOf(facts, name), count: asked, answer } as const;
  return { kind: "write", state: facts, write, waitMs: 2 * SECOND_MS };
};

type Sent = PlaybookResult<"backup-create">;

/** Parts as S3 wants them: from 1 on without a gap, and together what the node says it sent. */
const addsUp = ({ parts, size_bytes }: Sent): boolean =>
  parts.every(({ number }, index) => number === index + 1) &&
  parts.reduce((sum, part) => sum + part.size_bytes, 0) === size_bytes;

const sent = (facts: Facts, name: string, result: Sent): StepResult => {
  const { sha256, size_bytes: sizeBytes } = result;
  if (!addsUp(result)) {
    const failure = runFailure("unexpected_error", "What the node says it sent does not add up");
    return { kind: "failed", state: facts, failure };
  }
  const state = withUpload(facts, { sent: { runId: runIdOf(facts, name), sha256, sizeBytes } });
  return { kind: "done", state, detail: `The node sent ${result.parts.length} parts, ${sizeBytes} bytes` };
};

const sendParts = (name: string): Pick<SiteStep, "needs" | "decide"> => ({
  needs: (state) => {
    const { id: uploadId, asked } = uploadOf(state);
    const run = runIdOf(state, name);
    if (asked === null) return { run };
    const count = Math.min(ADDRESSES_MAX, PARTS_MAX - asked + 1);
    return { run, partAddresses: { key: madeOf(state).storagePath, uploadId, from: asked, count } };
  },
  decide: withAddresses(
    playbookStep({
      name,
      result: playbookResults["backup-create"],
      order: orderOf,
      give: (facts) => give(facts, name),
      done: (facts, result) => sent(facts, name, result),
    }),
  ),
});

/** @throws TypeError when the node has not sent it: a step of the plan was left out */
const sentOf = (state: State): NonNullable<Upload["sent"]> => {
  const found = uploadOf(state).sent;
  if (found === null) throw new TypeError(`job ${state.job.id} has nothing sent`);
  return found;
};

const completeUpload: Pick<SiteStep, "needs" | "decide" | "absorb"> = {
  needs: (state) => ({ object: madeOf(state).storagePath, run: sentOf(state).runId }),
  decide: (facts) => {
    const { object, run } = facts;
    if (object === undefined || run === undefined) return { kind: "unread", state: facts };
    if (!object.ok) return waitForBucket(facts, object.complaint);
    if (object.value !== null) return { kind: "done", state: facts, detail: "The parts are one object" };
    if (run.reached) return completion(facts, run.result);
    const overdue = runFailure("unreachable", `SSH to the node does not answer (${run.reason})`);
    return { kind: "wait", state: noteStep(facts, overdue.message), waitMs: pollWaitMs(sinceStepMs(facts)), overdue };
  },
  absorb: (state, written) => closed(state, written) ?? state,
};

const completion = (facts: Facts, result: unknown): StepResult => {
  const parsed = playbookResults["backup-create"].safeParse(result);
  if (!parsed.success) {
    const failure = runFailure("upload_failed", "The node no longer knows which parts it sent");
    return { kind: "failed", state: facts, failure };
  }
  const parts = parsed.data.parts.map(({ number, etag }) => ({ number, etag }));
  const upload = { key: madeOf(facts).storagePath, uploadId: uploadOf(facts).id };
  const write = { kind: "complete_upload", ...upload, parts } as const;
  return { kind: "write", state: facts, write, waitMs: retryWaitMs(facts) };
};

/** Undefined: done. */
const closed = (state: State, written: Written): State | undefined =>
  written.kind === "close_upload" && written.complaint !== null ? complained(state, written.complaint) : undefined;

/** What S3 holds is what the node sent: only then is it a backup. */
const checkObject: Pick<SiteStep, "needs" | "decide"> = {
  needs: (state) => ({ object: madeOf(state).storagePath }),
  decide: (facts) => {
    const { object, nowMs } = facts;
    if (object === undefined) return { kind: "unread", state: facts };
    if (!object.ok) return waitForBucket(facts, object.complaint);
    const { sha256: checksum, sizeBytes } = sentOf(facts);
    const storedBytes = object.value?.sizeBytes ?? 0;
    if (storedBytes !== sizeBytes) {
      const message = `S3 holds ${storedBytes} bytes of the ${sizeBytes} that the node sent`;
      return { kind: "failed", state: facts, failure: runFailure("upload_failed", message) };
    }
    const state = withMade(facts, { status: "completed", checksum, sizeBytes, completedAtMs: nowMs });
    return { kind: "done", state: withWork(state, { upload: null }), detail: `S3 holds ${sizeBytes} bytes` };
  },
};

const abortUpload: SiteStep = {
  minutes: BUCKET_MINUTES,
  progress: 0,
  needs: () => ({}),
  when: ({ job }) => job.work.upload !== null,
  decide: (facts) => {
    const { upload } = facts.job.work;
    if (upload === null) return { kind: "done", state: facts, detail: "Nothing of it waits in the bucket" };
    const write = { kind: "abort_upload", key: madeOf(facts).storagePath, uploadId: upload.id } as const;
    return { kind: "write", state: facts, write, waitMs: retryWaitMs(facts) };
  },
  absorb: (state, written) => closed(state, written) ?? withWork(state, { upload: null }),
};

/** On the way back: ends the run of the step that the job was at, if that is `name`. A step that is over left none. */
export const stopIfAt = (name: string): SiteStep => ({
  ...stopRunOf(name),
  when: ({ job }) => currentStep(job)?.name === name,
});

export interface StoreBackup {
  /** Before the names of its steps, so that a plan can have them beside others. */
  readonly prefix: string;
  /** Progress at which it begins and ends. */
  readonly from: number;
  readonly to: number;
}

/** The steps that store `subject.made`, a backup of `subject.environment`, and their way back. */
export const storeBackup = ({ prefix, from, to }: StoreBackup) => {
  const at = (share: number): number => from + (to - from) * share;
  const send = `${prefix}send_parts`;
  const steps: Record<string, SiteStep> = {
    [`${prefix}open_upload`]: { ...openUpload, minutes: BUCKET_MINUTES, progress: at(0) },
    [send]: { ...sendParts(send), minutes: ARCHIVE_MINUTES, progress: at(0.1) },
    [`${prefix}complete_upload`]: { ...completeUpload, minutes: BUCKET_MINUTES, progress: at(0.9) },
    [`${prefix}check_object`]: { ...checkObject, minutes: BUCKET_MINUTES, progress: at(0.95) },
  };
  const undo: Record<string, SiteStep> = {
    [`stop_${send}`]: stopIfAt(send),
    [`${prefix}abort_upload`]: abortUpload,
  };
  return { steps, undo };
};
