/** What every function does that starts a job: honour the Idempotency-Key, say who asked, wake the worker. */
import { createHash } from "node:crypto";
import type { OperationId } from "../../contracts/operations.ts";
import { limits } from "../../shared/config.ts";
import type { Refusal } from "../../shared/domain/site-refusals.ts";
import type { Log } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import type { Idempotency, Replay } from "../../shared/store/idempotency.ts";
import type { AuditEntry } from "../../shared/store/requests.ts";
import type { Actor } from "./caller.ts";
import { ApiProblem } from "./problem.ts";

interface Keyed {
  readonly idempotencyKey: string | null;
  readonly actor: Actor;
  readonly params?: unknown;
  readonly body?: unknown;
  readonly nowMs: number;
}

/** Null: the client sent no key. The same request is the same address and the same body; both are parsed, so in one order. */
export const idempotencyOf = (
  operation: OperationId,
  { idempotencyKey, actor, params = null, body = null, nowMs }: Keyed,
): Idempotency | null =>
  idempotencyKey === null
    ? null
    : {
        scope: `${actor.email} ${operation} ${idempotencyKey}`,
        bodyHash: createHash("sha256")
          .update(JSON.stringify([params, body]))
          .digest("hex"),
        expiresAtMs: nowMs + limits.idempotencyHours * 3_600_000,
      };

/** The job that this key started before. Throws `idempotency_mismatch`. */
export const replayedJobId = (replay: Replay): string => {
  if (replay.kind === "replayed") return replay.jobId;
  throw new ApiProblem("idempotency_mismatch", "This Idempotency-Key was used for another request", {
    guidance: ["Send another request under a new key, or this one with the body it first had."],
  });
};

export const auditEntry = (
  actor: Actor,
  entry: Omit<AuditEntry, "actor" | "action"> & { action: OperationId },
): AuditEntry => ({ ...entry, actor: `${actor.kind}:${actor.email}` });

/** A refusal of the domain as the answer it is. */
export const problemOf = ({ code, message, guidance, details }: Refusal): ApiProblem =>
  new ApiProblem(code, message, { details: { ...details }, ...(guidance && { guidance }) });

/** The job is in the table already: if this message is lost, the sweeper sends it. */
export const wake = async (
  { queue, log }: { queue: Queue; log: Log },
  { jobId, seq }: { jobId: string; seq: number },
): Promise<void> => {
  await queue.send({ v: 1, job_id: jobId, seq }, 0).catch((error: unknown) => {
    log.warn("job_not_woken", { job_id: jobId, error });
  });
};
