/** From a request to its job: an earlier answer under the same key, or one transaction and a message to the worker. */
import type { OperationId } from "../../contracts/operations.ts";
import type { SiteStart } from "../../shared/domain/plans/start-site.ts";
import { slugTaken, takenRefusal } from "../../shared/domain/site-refusals.ts";
import { findReplay } from "../../shared/store/idempotency.ts";
import { type SiteStarted, startSiteJob } from "../../shared/store/site-requests.ts";
import type { Actor } from "../http/edge.ts";
import { auditEntry, idempotencyOf, problemOf, replayedJobId, wake } from "../http/starting.ts";
import type { SitesDeps } from "./deps.ts";

/** The call of any operation that starts a job. */
export interface StartingCall {
  readonly idempotencyKey: string | null;
  readonly actor: Actor;
  readonly params?: unknown;
  readonly body?: unknown;
  readonly nowMs: number;
}

interface Starting {
  readonly operation: OperationId;
  readonly call: StartingCall;
  /** The ways in which it could start, best first; the next is tried only if a job took the node of the one before. Throws refusals. */
  prepare(jobId: string): Promise<readonly SiteStart[]>;
}

/** Answers with the job's id. */
export const startJob = async (deps: SitesDeps, { operation, call, prepare }: Starting): Promise<string> => {
  const { actor, nowMs } = call;
  const idempotency = idempotencyOf(operation, call);
  const earlier = idempotency && (await findReplay(deps.table, idempotency, nowMs));
  if (earlier) return replayedJobId(earlier);
  const jobId = deps.newId(nowMs);
  const entry = { id: deps.newId(nowMs), atMs: nowMs, action: operation, jobId } as const;
  const starts = await prepare(jobId);
  const outcome = await tryInTurn(starts, (start) => {
    const about = { nodeId: start.node.before.id, siteId: start.site.after.id };
    const environmentId = start.job.environmentId;
    const audit = auditEntry(actor, { ...entry, ...about, ...(environmentId !== null && { environmentId }) });
    return startSiteJob(deps.table, { start, audit, idempotency, nowMs });
  });
  if (outcome.kind !== "started") return otherwise(outcome, starts[0]?.site.after.slug ?? "");
  await wake(deps, { jobId, seq: 0 });
  return jobId;
};

const tryInTurn = async (
  starts: readonly SiteStart[],
  begin: (start: SiteStart) => Promise<SiteStarted>,
): Promise<SiteStarted> => {
  let outcome: SiteStarted | undefined;
  for (const start of starts) {
    outcome = await begin(start);
    if (outcome.kind !== "taken" || outcome.what !== "node") return outcome;
  }
  if (outcome === undefined) throw new Error("there was no way to start");
  return outcome;
};

/** The earlier job under this key. Throws what else became of it. */
const otherwise = (outcome: Exclude<SiteStarted, { kind: "started" }>, slug: string): string => {
  switch (outcome.kind) {
    case "taken":
      throw problemOf(takenRefusal(outcome.what, outcome.id, outcome.jobId));
    case "slug_taken":
      throw problemOf(slugTaken(`another site is already called ${slug}`));
    case "replayed":
    case "mismatch":
      return replayedJobId(outcome);
  }
};
