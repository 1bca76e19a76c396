/** Sends again what a crash or a lost message left asleep. It bumps nothing: a message too many is a duplicate and dies. */
import { limits } from "../../shared/config.ts";
import type { JobRecord } from "../../shared/domain/job.ts";
import { listOpenJobs } from "../../shared/store/jobs.ts";
import type { SweeperDeps } from "./deps.ts";

/** Jobs a sweep; the longest due come first, the rest is the next minute's. */
const PER_SWEEP = 100;

/** Wakes every job that is overdue and that nobody works on. Returns how many. */
export const wakeOverdue = async ({ table, queue, clock, log }: SweeperDeps): Promise<number> => {
  const nowMs = clock.now();
  const due = await listOpenJobs(table, { dueBeforeMs: nowMs - limits.overdueSeconds * 1000, limit: PER_SWEEP });
  const asleep = due.items.filter((job) => isAsleep(job, nowMs));
  await Promise.all(asleep.map((job) => queue.send({ v: 1, job_id: job.id, seq: job.wakeSeq }, 0)));
  if (asleep.length > 0) log.warn("jobs_woken", { job_ids: asleep.map((job) => job.id) });
  return asleep.length;
};

const isAsleep = (job: JobRecord, nowMs: number): boolean => job.leaseUntilMs === null || job.leaseUntilMs <= nowMs;
