/** Shows jobs and figures, and asks a job to stop. */

import { isOpen, type JobRecord, presentJob } from "../../shared/domain/job.ts";
import { cancelledUnbegun, decideCancel } from "../../shared/domain/plans/start.ts";
import type { Log } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import { findJob, listJobs, requestCancel, settleUnleased } from "../../shared/store/jobs.ts";
import { findNode } from "../../shared/store/nodes.ts";
import type { Table } from "../../shared/store/table.ts";
import { ApiProblem, type Handlers } from "../http/edge.ts";
import { countFigures } from "./figures.ts";

export interface JobsDeps {
  table: Table;
  queue: Queue;
  log: Log;
}

export const makeJobsHandlers = (deps: JobsDeps): Handlers<"jobs"> => ({
  listJobs: async ({ query }) => {
    const page = await listJobs(deps.table, query);
    return { body: page.items.map(presentJob), nextCursor: page.cursor };
  },
  getJob: async ({ params }) => ({ body: presentJob(await getJob(deps.table, params.id)) }),
  cancelJob: async ({ params, nowMs }) => ({ body: { success: true, status: await cancel(deps, params.id, nowMs) } }),
  getMetrics: async () => ({ body: await countFigures(deps.table) }),
});

const getJob = async (table: Table, id: string): Promise<JobRecord> => {
  const job = await findJob(table, id);
  if (job === undefined) throw new ApiProblem("not_found", "There is no job with this id");
  return job;
};

const cancel = async (deps: JobsDeps, id: string, nowMs: number): Promise<JobRecord["status"]> => {
  const job = await getJob(deps.table, id);
  switch (decideCancel(job)) {
    case "not_cancellable":
      throw notCancellable(job);
    case "over":
      return job.status;
    case "at_once":
      return (await cancelAtOnce(deps, job, nowMs)) ? "cancelled" : askToStop(deps, job, nowMs);
    case "ask":
      return askToStop(deps, job, nowMs);
  }
};

const notCancellable = (job: JobRecord): ApiProblem =>
  new ApiProblem(
    "job_not_cancellable",
    isOpen(job) ? `A ${job.jobType} cannot be cancelled` : `The job has ${job.status}`,
    {
      details: { job_type: job.jobType, status: job.status },
    },
  );

/** False: the worker has begun meanwhile. */
const cancelAtOnce = async ({ table }: JobsDeps, job: JobRecord, nowMs: number): Promise<boolean> => {
  const node = await findNode(table, job.nodeId);
  if (node === undefined) return false;
  return settleUnleased(table, {
    before: { job, node },
    after: cancelledUnbegun({ nowMs, job, node }),
    freeName: true,
  });
};

/** Two cancels at once are one: whoever comes second is told how it ended. */
const overMeanwhile = (job: JobRecord): JobRecord["status"] => {
  if (job.status === "cancelled") return job.status;
  throw notCancellable(job);
};

/** Written down for the worker's next look, which is hurried up; it comes anyway if the message cannot be sent. */
const askToStop = async (
  { table, queue, log }: JobsDeps,
  job: JobRecord,
  nowMs: number,
): Promise<JobRecord["status"]> => {
  const asked = await requestCancel(table, job.id, nowMs);
  if (!asked) return overMeanwhile(await getJob(table, job.id));
  await queue.send({ v: 1, job_id: job.id, seq: job.wakeSeq }, 0).catch((error: unknown) => {
    log.warn("job_not_woken", { job_id: job.id, error });
  });
  return "running";
};
