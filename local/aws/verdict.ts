import * as z from "zod";
import { probe } from "./probe-stack.ts";

/** Ten messages of 2 s at concurrency 5 take 4 s and some for starting workers; one after the other they take 20 s. */
export const concurrencyLimitMs = 8_000;

/** A timer may fire a little early; anything well below the ideal 4 s means that the limit of 5 was not kept. */
const timerToleranceMs = 100;

/** What is wrong with the time that the probe's messages took, or undefined. */
export function judgeConcurrency(tookMs: number): string | undefined {
  const idealMs = (probe.messages / probe.concurrency) * probe.handlerMs;
  const what = `${probe.messages} messages of ${probe.handlerMs / 1000} s at concurrency ${probe.concurrency}`;
  if (tookMs >= concurrencyLimitMs) return `${what} must end in under ${concurrencyLimitMs / 1000} s and did not`;
  if (tookMs < idealMs - timerToleranceMs) return `${what} ended in ${tookMs} ms: the maximum concurrency is not kept`;
  return undefined;
}

/**
 * What is wrong with the poison message's way to the dead-letter queue, or undefined. `receives` is the count that SQS
 * gives with it: over all queues, with our own receive from the dead-letter queue.
 */
export function judgePoison(receives: number | undefined): string | undefined {
  const expected = probe.maxReceiveCount;
  if (receives === undefined)
    return `a poison message must reach the dead-letter queue after ${expected} receives and did not`;
  if (receives - 1 === expected) return undefined;
  return `a poison message reached the dead-letter queue after ${receives - 1} receives instead of ${expected}`;
}

/** What is wrong with the remaining time that a function sees, or undefined. */
export function judgeRemainingTime({ beforeMs, afterMs }: { beforeMs: number; afterMs: number }): string | undefined {
  const timeoutMs = probe.functionTimeoutSeconds * 1000;
  const isTrue = beforeMs <= timeoutMs && beforeMs > timeoutMs / 2 && afterMs < beforeMs;
  return isTrue ? undefined : `getRemainingTimeInMillis() said ${beforeMs}, then ${afterMs}, of ${timeoutMs} ms`;
}

/** What is wrong with a table's expiry, or undefined. */
export function judgeTtl(
  table: string,
  wanted: string,
  found: { status: string | undefined; attribute: string | undefined },
): string | undefined {
  if (found.status === "ENABLED" && found.attribute === wanted) return undefined;
  const is = [found.status ?? "unknown", found.attribute].filter((part) => part !== undefined).join(" for ");
  return `expiry of items in table ${table} must be on for ${wanted} and is ${is}`;
}

const policySchema = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() });

/** What is wrong with a queue's RedrivePolicy (JSON text as SQS gives it, undefined when it has none), or undefined. */
export function judgeRedrive(queueUrl: string, wanted: number, policy: string | undefined): string | undefined {
  const found = policy === undefined ? undefined : policySchema.safeParse(JSON.parse(policy)).data;
  if (found?.maxReceiveCount === wanted) return undefined;
  const is = found === undefined ? "has none" : `has it after ${found.maxReceiveCount}`;
  return `queue ${queueUrl} must have a dead-letter queue after ${wanted} receives and ${is}`;
}

export interface S3Findings {
  readonly etagsAreMd5: boolean;
  /** HTTP status of a store by an address whose signature was changed. */
  readonly tamperedStatus: number;
  /** What became of an upload whose parts were named wrongly. */
  readonly wrongParts: "accepted" | "refused";
  readonly storedBytes: number | undefined;
  readonly sentBytes: number;
  readonly readsBack: boolean;
  /** HTTP status of a store into an upload that was aborted. */
  readonly afterAbortStatus: number;
}

/** What is wrong with S3 as backups need it, or undefined. */
export function judgeS3(found: S3Findings): string | undefined {
  if (!found.etagsAreMd5) return "the ETag of a part must be the MD5 of its bytes and is not";
  if (found.tamperedStatus !== 403)
    return `a changed signature must be refused with 403 and is answered with ${found.tamperedStatus}`;
  if (found.wrongParts !== "refused") return "an upload must not be completed with parts that were not stored, and is";
  if (found.storedBytes !== found.sentBytes)
    return `${found.sentBytes} bytes were stored in parts, and the object has ${found.storedBytes ?? "none"}`;
  if (!found.readsBack) return "an object must be read back as it was stored in parts and is not";
  if (found.afterAbortStatus !== 404)
    return `an aborted upload must take no part (404) and answers ${found.afterAbortStatus}`;
  return undefined;
}
