import type { HetznerError } from "./errors.ts";
import type { ApiRequest } from "./request.ts";

/** hcloud-go's list: what passes by itself. `locked`, `service_error` and 500 are left out there as here: they tend to last. */
const passingCodes: ReadonlySet<string> = new Set([
  "conflict",
  "rate_limit_exceeded",
  "bad_gateway",
  "timeout",
  // Our addition, for reads alone.
  "unavailable",
]);

/** Of these, those that prove that nothing happened. */
const refusedCodes: ReadonlySet<string> = new Set(["conflict", "rate_limit_exceeded"]);

/** Without a code only gateways are believed; 409, 423 and 429 have lasting causes too. 503 is our addition, for reads alone. */
const passingStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/** Network time-outs as in hcloud-go; reset and refused connections are our addition, for reads alone. */
const passingTransport: ReadonlySet<string> = new Set([
  "DEADLINE",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ECONNRESET",
  "EPIPE",
  "UND_ERR_SOCKET",
  "ECONNREFUSED",
]);

/**
 * Should the same request be sent again?
 *
 * A write is repeated only after an answer that proves that nothing happened: there is no idempotency key, and a repeated
 * create whose first answer was lost makes a second server or fails on its own name.
 */
export function shouldRetry(method: ApiRequest["method"], error: HetznerError): boolean {
  return method === "GET" ? readMayPass(error) : error.code !== null && refusedCodes.has(error.code);
}

function readMayPass({ code, httpStatus }: HetznerError): boolean {
  if (httpStatus === null) return code !== null && passingTransport.has(code);
  return code === null ? passingStatuses.has(httpStatus) : passingCodes.has(code);
}

const BASE_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

/**
 * The pause before a repetition, in milliseconds: between 1 s and 1, 2, 4, 8 .. 30 s, uniform. The floor also suits 429:
 * a budget of 3600 an hour gives one request back each second.
 *
 * @param retry 0 for the first repetition
 * @param random uniform in [0, 1)
 */
export function retryPauseMs(retry: number, random: number): number {
  const longest = Math.min(PAUSE_MAX_MS, BASE_MS * 2 ** retry);
  return Math.round(BASE_MS + (longest - BASE_MS) * random);
}
