/** A job: its record, its timeline and the pure moves every plan makes with it. */
import * as z from "zod";
import {
  errorReason,
  type Job,
  jobErrorCode,
  jobStatuses,
  jobType,
  providerId,
  stepStatuses,
} from "../../contracts/models.ts";
import { siteStatuses } from "../../contracts/site-models.ts";
import { toIso, toIsoOrNull } from "./node.ts";

const timeMs = z.number().int();

export const failure = z.object({
  code: jobErrorCode,
  reason: errorReason.nullable(),
  message: z.string(),
  guidance: z.array(z.string()),
});
/** Why a job failed, in the contract's words. Made only by `failure.ts`. */
export type Failure = z.infer<typeof failure>;

export const stepRecord = z.object({
  name: z.string(),
  status: z.enum(stepStatuses),
  startedAtMs: timeMs.nullable(),
  finishedAtMs: timeMs.nullable(),
  detail: z.string().nullable(),
});
export type StepRecord = z.infer<typeof stepRecord>;

/**
 * One create of a server at Hetzner, recorded before the request leaves: whatever crashes, the next look knows that a
 * server may exist, under which name, and which host keys it may answer with.
 */
export const createIntent = z.object({
  name: z.string(),
  /** Which of the ordered candidates (type and location) is tried. Today there is one. */
  candidate: z.number().int(),
  /** Public halves of the host keys that were sent, one a send. */
  hostKeys: z.array(z.string()),
  sends: z.number().int(),
  sentAtMs: timeMs,
  /** `sent`: look it up. `refused`: Hetzner said no and nothing was made. `made`: the server is known. */
  outcome: z.enum(["sent", "refused", "made"]),
  /** Sends whose outcome nobody knows. While there is one and no server was seen, a tombstone is owed when the job ends. */
  openSends: z.number().int(),
});
export type CreateIntent = z.infer<typeof createIntent>;

/** What a job keeps between looks. */
export const jobWork = z.object({
  /** Deadline of the current step in this attempt. */
  stepDeadlineAtMs: timeMs,
  sshKeyId: z.number().int().nullable(),
  create: createIntent.nullable(),
  serverId: z.number().int().nullable(),
  /** Actions of the server that are awaited. */
  actionIds: z.array(z.number().int()),
  /** Looks in a row that found nothing new because a read failed or the host was silent. */
  misses: z.number().int(),
  /** The last real reason a look failed, kept so that a deadline can say it. */
  lastFailure: failure.nullable(),
  /** Set once the job can no longer succeed: what it made is being removed, then it ends like this. */
  ending: z.object({ status: z.enum(["failed", "cancelled"]), failure: failure.nullable() }).nullable(),
  /** When the removal of the server began, and when its deletion was last asked for. */
  release: z.object({ startedAtMs: timeMs, requestedAtMs: timeMs.nullable() }).nullable(),
  /**
   * The backup that is being stored: its multipart upload; the part from which on the node waits for addresses, if it does;
   * and, once the node has sent it all, by which run and what. The parts themselves stay on the node: thousands of them do
   * not fit into an item.
   */
  upload: z
    .object({
      id: z.string(),
      asked: z.number().int().nullable(),
      sent: z.object({ runId: z.string(), sha256: z.string(), sizeBytes: z.number().int() }).nullable(),
    })
    .nullable(),
  /** The attempt in which a restore began to work on its environment, and whether it was refused in that one, unchanged. */
  restore: z.object({ attempt: z.number().int(), isRefused: z.boolean() }).nullable().default(null),
});
export type JobWork = z.infer<typeof jobWork>;

export const jobRecord = z.object({
  id: z.string(),
  jobType,
  status: z.enum(jobStatuses),
  providerId,
  installation: z.string(),
  nodeId: z.string(),
  /** What a site's job is about; all null for a node's job. */
  siteId: z.string().nullable(),
  environmentId: z.string().nullable(),
  /** The backup that this job makes: what was asked for, a safety backup, a final backup. */
  madeBackupId: z.string().nullable(),
  /** The backup that this job restores or tries out. */
  restoredBackupId: z.string().nullable(),
  /** What each environment that a site's job changes was before, by its id: what it is again if nothing was changed. */
  statusesBefore: z.record(z.string(), z.enum(siteStatuses)),
  attemptCount: z.number().int(),
  maxAttempts: z.number().int(),
  runAfterMs: timeMs.nullable(),
  /** The number of the message that may lease this job next. */
  wakeSeq: z.number().int(),
  leaseId: z.string().nullable(),
  lockedAtMs: timeMs.nullable(),
  leaseUntilMs: timeMs.nullable(),
  /** Leases taken since the last settle; five without a settle end the job. */
  leases: z.number().int(),
  /** The job's total time is over at this moment. */
  deadlineAtMs: timeMs,
  startedAtMs: timeMs.nullable(),
  finishedAtMs: timeMs.nullable(),
  cancelRequestedAtMs: timeMs.nullable(),
  /** Since when there is no way back: no cancel is taken any more. */
  finalAtMs: timeMs.nullable(),
  failure: failure.nullable(),
  progress: z.number().int(),
  steps: z.array(stepRecord),
  /** The end of the output of the last playbook run that failed, scrubbed: lines. */
  logTail: z.array(z.string()),
  work: jobWork,
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
});
export type JobRecord = z.infer<typeof jobRecord>;

export const isOpen = (job: JobRecord): boolean => job.status === "queued" || job.status === "running";

export const presentJob = (job: JobRecord): Job => ({
  id: job.id,
  job_type: job.jobType,
  status: job.status,
  site_id: job.siteId,
  environment_id: job.environmentId,
  node_id: job.nodeId,
  attempt_count: job.attemptCount,
  max_attempts: job.maxAttempts,
  run_after: isOpen(job) ? toIsoOrNull(job.runAfterMs) : null,
  locked_at: toIsoOrNull(job.lockedAtMs),
  locked_by: job.leaseId,
  started_at: toIsoOrNull(job.startedAtMs),
  finished_at: toIsoOrNull(job.finishedAtMs),
  error_code: job.failure?.code ?? null,
  error_reason: job.failure?.reason ?? null,
  error_message: job.failure?.message ?? null,
  guidance: job.failure?.guidance ?? [],
  progress: job.progress,
  cancel_requested_at: toIsoOrNull(job.cancelRequestedAtMs),
  steps: job.steps.map((step) => ({
    name: step.name,
    status: step.status,
    started_at: toIsoOrNull(step.startedAtMs),
    finished_at: toIsoOrNull(step.finishedAtMs),
    detail: step.detail,
  })),
  log_tail: job.logTail,
  created_at: toIso(job.createdAtMs),
  updated_at: toIso(job.updatedAtMs),
});
