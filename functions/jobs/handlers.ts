/** Shows jobs and figures, and asks a job to stop. */

import { isOpen, type JobRecord, presentJob } from "../../shared/domain/job.ts";
import type { State } from "../../shared/domain/plans/plan.ts";
import { cancelledUnbegun, decideCancel } from "../../shared/domain/plans/start.ts";
import type { Log } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import { findJob, listJobs, requestCancel, settleUnleased } from "../../shared/store/jobs.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { findSubject } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import { ApiProblem, type Handlers } from "../http/edge.ts";
import { notFound } from "../http/found.ts";
import { wake } from "../http/starting.ts";
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
  if (job === undefined) throw notFound("job");
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
  new ApiProblem("job_not_cancellable", whyNot(job), {
    details: { job_type: job.jobType, status: job.status },
  });

const whyNot = (job: JobRecord): string => {
  if (!isOpen(job)) return `The job has ${job.status}`;
  return job.finalAtMs === null
    ? `A ${job.jobType} cannot be cancelled`
    : `This ${job.jobType} has gone too far to be cancelled`;
};

/** False: the worker has begun meanwhile. */
const cancelAtOnce = async ({ table }: JobsDeps, job: JobRecord, nowMs: number): Promise<boolean> => {
  const before = await findScene(table, job);
  if (before === undefined) return false;
  const { removed, freeName, ...after } = cancelledUnbegun({ nowMs, ...before });
  return settleUnleased(table, { before, after, removed, freeName });
};

/** The job with its node and, if it is a site's, what it is about. */
const findScene = async (table: Table, job: JobRecord): Promise<Omit<State, "nowMs"> | undefined> => {
  const { siteId, environmentId } = job;
  const isOfSite = siteId !== null && environmentId !== null;
  const [node, subject] = await Promise.all([
    findNode(table, job.nodeId),
    isOfSite ? findSubject(table, { ...job, siteId, environmentId }) : undefined,
  ]);
  if (node === undefined || (isOfSite && subject === undefined)) return undefined;
  return { job, node, ...(subject === undefined ? {} : { subject }) };
};

/** Two cancels at once are one: whoever comes second is told how it ended. */
const overMeanwhile = (job: JobRecord): JobRecord["status"] => {
  if (job.status === "cancelled") return job.status;
  throw notCancellable(job);
};

/** Written down for the worker's next look, which is hurried up; it comes anyway if the message cannot be sent. */
const askToStop = async (deps: JobsDeps, job: JobRecord, nowMs: number): Promise<JobRecord["status"]> => {
  const { table } = deps;
  const asked = await requestCancel(table, job.id, nowMs);
  if (!asked) return overMeanwhile(await getJob(table, job.id));
  await wake(deps, { jobId: job.id, seq: job.wakeSeq });
  return "running";
};
