/** Hetzner's request budget as the last answer told it. It belongs to the project: all tokens and tools share it. */
export interface RateLimit {
  /** Requests an hour; 3600 by default, more in some projects. */
  readonly limit: number;
  readonly remaining: number;
  /** When the WHOLE budget is back. Never wait for it: one request comes back every 3600/limit seconds. */
  readonly resetAtMs: number;
  /** When this was told. */
  readonly seenAtMs: number;
}

/** The share of the budget left to those who matter more: other tools first, then writes, then reads. */
const reserveShare = { write: 0.01, read: 0.03, poll: 0.1 } as const;

/** Longest advice: what is known about a budget that others use too grows old. */
const WAIT_MAX_MS = 60_000;

const HOUR_MS = 3_600_000;

/** What a caller is about to send. */
export interface BudgetQuestion {
  /** The newest `RateLimit`; null while nothing is known. */
  readonly seen: RateLimit | null;
  readonly nowMs: number;
  /** Writes get through longest, polls give way first. */
  readonly priority: "write" | "read" | "poll";
  /** Requests to be sent, together with those that are under way; 1 or more. */
  readonly cost: number;
}

/**
 * How long to wait before sending, in milliseconds: 0 to 60,000. After the longest wait, ask again.
 *
 * The budget refills evenly at limit/3600 a second (https://docs.hetzner.cloud/#rate-limiting).
 */
export function waitForBudgetMs({ seen, nowMs, priority, cost }: BudgetQuestion): number {
  if (seen === null || seen.limit <= 0) return 0;
  const refillPerMs = seen.limit / HOUR_MS;
  const refilled = seen.remaining + Math.max(0, nowMs - seen.seenAtMs) * refillPerMs;
  // A cost above what can ever be free would wait for ever; it then waits for all there is.
  const reserve = seen.limit * reserveShare[priority];
  const missing = Math.min(reserve + cost, seen.limit) - Math.min(refilled, seen.limit);
  return missing <= 0 ? 0 : Math.min(WAIT_MAX_MS, Math.ceil(missing / refillPerMs));
}
