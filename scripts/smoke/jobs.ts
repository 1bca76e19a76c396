/** Long work: ask for it, and look at its job until it has ended. */
import type { OperationId } from "../../contracts/operations.ts";
import * as answers from "./answers.ts";
import { type Api, CallFailed, type Input } from "./api.ts";
import { decidePause } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { type Command, SmokeFailed } from "./failure.ts";

export interface Line {
  readonly api: Api;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What a person should know of a job that succeeded all the same. */
  note?(text: string): void;
}

export interface Work extends Input {
  readonly id: OperationId;
  /** For all of it, from the request to the job's end. */
  readonly budgetSeconds: number;
  /** Another job is in the way: may it be cancelled? Absent: no, its end is waited for. */
  mayCancel?(job: answers.JobAnswer): boolean;
}

/** Asks for a job and answers it once it has succeeded. @throws SmokeFailed with the job when it ends in another way */
export const runJob = async (line: Line, work: Work): Promise<answers.JobAnswer> => {
  const endMs = line.clock.nowMs() + work.budgetSeconds * 1_000;
  for (let look = 0; ; look += 1) {
    const asked = await ask(line.api, work);
    if ("jobId" in asked) return untilSucceeded(line, asked.jobId, endMs);
    const pauseMs = decidePause({ look, retryAfterMs: null, leftMs: endMs - line.clock.nowMs() });
    if (pauseMs === null) throw asked.refusal;
    if (asked.inTheWay === null) await line.clock.pause(pauseMs, line.signal);
    else {
      await makeWay(line.api, asked.inTheWay, work);
      await untilEnded(line, asked.inTheWay, endMs);
    }
  }
};

type Asked =
  | { readonly jobId: string }
  /** The job that is in the way; null: it was over before anybody saw it. */
  | { readonly inTheWay: string | null; readonly refusal: CallFailed };

/** A conflict that tells of a job says that node or site is busy with it; any other refusal is final. */
const ask = async (api: Api, { id, mayCancel: _, budgetSeconds: __, ...input }: Work): Promise<Asked> => {
  try {
    return { jobId: (await api.call(id, answers.accepted, input)).job_id };
  } catch (error) {
    if (!(error instanceof CallFailed) || error.code !== "conflict") throw error;
    const inTheWay = error.answer?.details.job_id;
    if (inTheWay === undefined) throw error;
    return { inTheWay, refusal: error };
  }
};

const makeWay = async (api: Api, jobId: string, { mayCancel }: Work): Promise<void> => {
  const job = await api.call("getJob", answers.job, { of: jobId });
  if (job.finished_at !== null || !mayCancel?.(job)) return;
  try {
    await api.call("cancelJob", answers.anything, { of: jobId });
  } catch (error) {
    // Past its point of no return it ends by itself.
    if (!(error instanceof CallFailed) || error.code !== "job_not_cancellable") throw error;
  }
};

const commandOf = (jobId: string): Command => ({ method: "GET", path: `/api/jobs/${jobId}`, status: 200 });

const untilSucceeded = async (line: Line, jobId: string, endMs: number): Promise<answers.JobAnswer> => {
  const job = await untilEnded(line, jobId, endMs);
  if (job.status === "succeeded") {
    if (job.attempt_count > 1) line.note?.(`${job.job_type} ${job.id} needed ${job.attempt_count} attempts`);
    return job;
  }
  throw new SmokeFailed(`the job ${job.status === "failed" ? "failed" : "was cancelled"}`, {
    command: commandOf(jobId),
    job,
  });
};

const untilEnded = async ({ api, clock, signal }: Line, jobId: string, endMs: number): Promise<answers.JobAnswer> => {
  for (let look = 0; ; look += 1) {
    const job = await api.call("getJob", answers.job, { of: jobId });
    if (job.finished_at !== null) return job;
    const pauseMs = decidePause({ look, retryAfterMs: null, leftMs: endMs - clock.nowMs() });
    if (pauseMs === null) throw new SmokeFailed("the job did not end in its time", { command: commandOf(jobId), job });
    await clock.pause(pauseMs, signal);
  }
};
