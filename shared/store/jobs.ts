/**
 * Jobs in the table: the lease and the settle that make a job happen once, whatever is delivered how often. The job item
 * is the truth and the message a hint, so every transition here carries its condition.
 */
import { isOpen, type JobRecord, jobRecord } from "../domain/job.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Subject } from "../domain/plans/plan.ts";
import type { Tombstone } from "../domain/tombstone.ts";
import { changes, fromItem, fromPage, toItem } from "./items.ts";
import { keys, partitions } from "./keys.ts";
import { freeNameWrite, nodeUpdate } from "./nodes.ts";
import { subjectWrites } from "./sites.ts";
import type { Condition, Item, Table, UpdateWrite, Write } from "./table.ts";
import { tombstoneWrite } from "./tombstones.ts";

const sortableTime = (ms: number): string => new Date(ms).toISOString();

/** Index attributes of a job: open ones are found by when they are due. */
const indexOf = (job: JobRecord): Record<string, string> =>
  isOpen(job) ? { work_pk: partitions.openJobs, work_sk: sortableTime(job.runAfterMs ?? job.createdAtMs) } : {};

export const jobItem = (job: JobRecord): Item =>
  toItem(keys.job(job.id), job, { list_pk: partitions.jobs, list_sk: job.id, ...indexOf(job) });

export const findJob = async (table: Table, id: string): Promise<JobRecord | undefined> => {
  const item = await table.get(keys.job(id));
  return item && fromItem(jobRecord, item);
};

/** A page of jobs, newest first. Throws `BadCursor`. */
export const listJobs = async (table: Table, page: { limit: number; cursor?: string | undefined }) =>
  fromPage(jobRecord, await table.query({ index: "list", pk: partitions.jobs, descending: true, ...page }));

/** Open jobs, the longest due first; one page of at most `limit`. */
export const listOpenJobs = async (table: Table, query: { dueBeforeMs?: number; limit: number; cursor?: string }) => {
  const { dueBeforeMs, ...page } = query;
  const upTo = dueBeforeMs === undefined ? {} : { upTo: sortableTime(dueBeforeMs) };
  return fromPage(jobRecord, await table.query({ index: "work", pk: partitions.openJobs, ...upTo, ...page }));
};

export interface LeaseRequest {
  jobId: string;
  seq: number;
  leaseId: string;
  nowMs: number;
  leaseMs: number;
  maxLeases: number;
}

/**
 * `leased`: it is ours until the lease ends. `stale`: finished, unknown, or another message is its turn; acknowledge.
 * `busy`: it is leased by somebody; let the message come back. `exhausted`: too many leases ended without a result.
 */
export type Lease =
  | { kind: "leased"; job: JobRecord }
  | { kind: "stale" }
  | { kind: "busy" }
  | { kind: "exhausted"; job: JobRecord };

const isOpenStatus: Condition = {
  anyOf: [
    { attribute: "status", is: "=", value: "queued" },
    { attribute: "status", is: "=", value: "running" },
  ],
};

/** Takes the lease of a job for the message `seq`, in one conditional update. */
export const leaseJob = async (table: Table, request: LeaseRequest): Promise<Lease> => {
  const { jobId, seq, leaseId, nowMs, leaseMs, maxLeases } = request;
  const result = await table.write({
    update: keys.job(jobId),
    set: { leaseId, lockedAtMs: nowMs, leaseUntilMs: nowMs + leaseMs },
    add: { leases: 1 },
    when: [
      { exists: true },
      { attribute: "wakeSeq", is: "=", value: seq },
      isOpenStatus,
      {
        anyOf: [
          { attribute: "leaseId", is: "=", value: null },
          { attribute: "leaseUntilMs", is: "<=", value: nowMs },
        ],
      },
      { attribute: "leases", is: "<", value: maxLeases },
    ],
  });
  if (result.ok && result.item) return { kind: "leased", job: fromItem(jobRecord, result.item) };
  return refusedLease(await findJob(table, jobId), request);
};

/** A lease that carries our id is ours: the answer was lost and the AWS SDK asked again. */
const refusedLease = (job: JobRecord | undefined, { seq, leaseId, nowMs, maxLeases }: LeaseRequest): Lease => {
  if (job === undefined || !isOpen(job) || job.wakeSeq !== seq) return { kind: "stale" };
  if (job.leaseId === leaseId) return { kind: "leased", job };
  if (job.leaseId !== null && (job.leaseUntilMs ?? 0) > nowMs) return { kind: "busy" };
  return job.leases >= maxLeases ? { kind: "exhausted", job } : { kind: "busy" };
};

const leaseIsMine = (job: JobRecord): Condition => ({ attribute: "leaseId", is: "=", value: job.leaseId });

/**
 * Writes what must be known before a request leaves (the create intent), keeping the lease. False: the lease is lost, or
 * a cancel came in since it was taken; nothing may leave then.
 */
export const recordIntent = async (table: Table, before: JobRecord, after: JobRecord): Promise<boolean> => {
  const result = await table.write({
    update: keys.job(before.id),
    set: changes(before, after),
    when: [leaseIsMine(before), { attribute: "cancelRequestedAtMs", is: "=", value: before.cancelRequestedAtMs }],
  });
  return result.ok;
};

/** What a job is and changes, as one look finds or leaves it. */
export interface JobScene {
  job: JobRecord;
  node: NodeRecord;
  subject?: Subject | undefined;
}

/** What one look leaves behind, in one transaction. `before` is what was leased; only what differs is written. */
export interface Settlement {
  before: JobScene;
  after: JobScene;
  /** The site is gone for good. */
  removed?: "site" | undefined;
  tombstone?: Tombstone | "closed" | undefined;
  /** The server is gone for good: its name may be used again. */
  freeName?: boolean | undefined;
}

/** `lost`: the lease is somebody else's, nothing was written. `cancelled`: a cancel came in just before it could not any more. */
export type Settled = { kind: "settled"; seq: number } | { kind: "lost" } | { kind: "cancelled" };

/** Ends the lease: result, node, what the job is about, tombstone and name in one transaction, and the next `wakeSeq`. */
export const settleJob = async (table: Table, settlement: Settlement): Promise<Settled> => {
  const { before, after } = settlement;
  const job: JobRecord = { ...after.job, ...released, wakeSeq: before.job.wakeSeq + 1 };
  const deciding = endsCancelling(before.job, job);
  const result = await table.write(jobUpdate(before.job, job, deciding), ...sideWrites(settlement));
  if (result.ok) return { kind: "settled", seq: job.wakeSeq };
  const stored = await findJob(table, job.id);
  // Settled after all: the answer was lost and the AWS SDK asked again. A message too many does no harm.
  if (stored?.wakeSeq === job.wakeSeq && stored.updatedAtMs === job.updatedAtMs)
    return { kind: "settled", seq: job.wakeSeq };
  const mine = stored?.leaseId === before.job.leaseId;
  return mine && deciding && stored?.cancelRequestedAtMs ? { kind: "cancelled" } : { kind: "lost" };
};

/** Success and the point of no return are only reached if no cancel came in before. */
const endsCancelling = (before: JobRecord, after: JobRecord): boolean =>
  before.cancelRequestedAtMs === null &&
  (after.status === "succeeded" || (before.finalAtMs === null && after.finalAtMs !== null));

const released = { leaseId: null, lockedAtMs: null, leaseUntilMs: null, leases: 0 } as const;

const jobUpdate = (before: JobRecord, after: JobRecord, deciding: boolean): UpdateWrite => ({
  update: keys.job(before.id),
  set: { ...changes(before, after), ...indexOf(after) },
  remove: isOpen(after) ? [] : ["work_pk", "work_sk"],
  when: [
    leaseIsMine(before),
    ...(deciding ? [{ attribute: "cancelRequestedAtMs", is: "=", value: null } as const] : []),
  ],
});

const sideWrites = ({ before, after, removed, tombstone, freeName }: Settlement): Write[] => [
  ...nodeUpdate(before.node, after.node),
  ...(before.subject && after.subject ? subjectWrites(before.subject, after.subject, removed) : []),
  ...(tombstone === undefined ? [] : [tombstoneWrite(after.node.id, tombstone)]),
  ...(freeName ? [freeNameWrite(after.node)] : []),
];

/** Asks an open job to stop; written at most once. False: the job is not open, or there is no way back any more. */
export const requestCancel = async (table: Table, jobId: string, nowMs: number): Promise<boolean> => {
  const result = await table.write({
    update: keys.job(jobId),
    set: { cancelRequestedAtMs: nowMs },
    when: [
      { exists: true },
      isOpenStatus,
      { attribute: "cancelRequestedAtMs", is: "=", value: null },
      { attribute: "finalAtMs", is: "=", value: null },
    ],
  });
  if (result.ok) return true;
  const job = await findJob(table, jobId);
  return job !== undefined && isOpen(job) && job.cancelRequestedAtMs !== null;
};

/** Ends a job that nobody has leased yet, with its node and what it is about, at once. False: somebody was faster. */
export const settleUnleased = async (table: Table, settlement: Settlement): Promise<boolean> => {
  const { before, after } = settlement;
  const result = await table.write(
    {
      update: keys.job(before.job.id),
      set: { ...changes(before.job, after.job), ...indexOf(after.job) },
      remove: isOpen(after.job) ? [] : ["work_pk", "work_sk"],
      when: [
        { attribute: "status", is: "=", value: "queued" },
        { attribute: "leaseId", is: "=", value: null },
        { attribute: "wakeSeq", is: "=", value: before.job.wakeSeq },
      ],
    },
    ...sideWrites(settlement),
  );
  return result.ok;
};
