import type { Effect, HetznerErrorClass } from "./errors.ts";

/** What an HTTP status means when no known code explains it. */
export interface StatusRow {
  readonly status: number;
  readonly class: HetznerErrorClass;
  readonly retryable: boolean;
  readonly effect: Effect;
  /** True: only believed when the answer is in Hetzner's error form; otherwise a proxy or a wrong address spoke. */
  readonly needsHetznerBody?: true;
  readonly reason: string;
}

/** Statuses with a row of their own; the others follow `clientErrorRow` and `serverErrorRow`. */
export const statusTable: readonly StatusRow[] = [
  { status: 400, class: "invalid_request", retryable: false, effect: "none", reason: "Bad request." },
  { status: 401, class: "unauthorized", retryable: false, effect: "none", reason: "The token was not accepted." },
  {
    status: 403,
    class: "forbidden",
    retryable: false,
    effect: "none",
    needsHetznerBody: true,
    reason: "Also what a firewall or a proxy answers.",
  },
  {
    status: 404,
    class: "not_found",
    retryable: false,
    effect: "none",
    needsHetznerBody: true,
    reason: "Also what any wrong address answers: never a proof that a resource is gone.",
  },
  {
    status: 405,
    class: "api_changed",
    retryable: false,
    effect: "none",
    needsHetznerBody: true,
    reason: "Also what any wrong address answers.",
  },
  { status: 407, class: "unavailable", retryable: true, effect: "none", reason: "A proxy wants a log-in." },
  { status: 408, class: "timeout", retryable: true, effect: "unknown", reason: "The request did not arrive in time." },
  {
    status: 409,
    class: "conflict",
    retryable: false,
    effect: "none",
    reason: "Both a passing conflict and a taken name: not retried while the cause is unknown.",
  },
  { status: 410, class: "api_changed", retryable: false, effect: "none", reason: "A removed function." },
  {
    status: 412,
    class: "conflict",
    retryable: false,
    effect: "none",
    reason: "Not capacity: the status also carries wrong IP versions and used ports.",
  },
  { status: 413, class: "invalid_request", retryable: false, effect: "none", reason: "The body is too large." },
  { status: 422, class: "invalid_request", retryable: false, effect: "none", reason: "Refused as invalid." },
  {
    status: 423,
    class: "busy",
    retryable: true,
    effect: "none",
    reason: "Locked or protected; a bounded retry tells.",
  },
  { status: 429, class: "rate_limited", retryable: true, effect: "none", reason: "Too many requests." },
  { status: 504, class: "timeout", retryable: true, effect: "unknown", reason: "A gateway gave up waiting." },
];

/** Any other 4xx. */
export const clientErrorRow: Omit<StatusRow, "status"> = {
  class: "invalid_request",
  retryable: false,
  effect: "none",
  reason: "The request was refused.",
};

/** Any other 5xx. */
export const serverErrorRow: Omit<StatusRow, "status"> = {
  class: "unavailable",
  retryable: true,
  effect: "unknown",
  reason: "A fault at Hetzner or between.",
};

/** An answer that cannot be Hetzner's, or cannot be understood. It says nothing about the resource. */
export const unexpectedRow: Omit<StatusRow, "status"> = {
  class: "unexpected_response",
  retryable: true,
  effect: "unknown",
  reason: "The answer was not understood (proxy, wrong endpoint, changed API).",
};

/** @param status 400 to 599 */
export function statusRow(status: number, hasHetznerBody: boolean): Omit<StatusRow, "status"> {
  const row = statusTable.find((candidate) => candidate.status === status);
  if (row?.needsHetznerBody && !hasHetznerBody) return unexpectedRow;
  return row ?? (status < 500 ? clientErrorRow : serverErrorRow);
}
