import type { RateLimit } from "./budget.ts";
import { type Clock, realClock } from "./clock.ts";
import { refuseLocally } from "./errors.ts";

/** How to reach Hetzner Cloud. Only the token is needed. */
export interface HetznerOptions {
  /** API token of one project. Never appears in an error, a message or a value that the SDK returns. */
  token: string;
  /** Default `https://api.hetzner.cloud/v1`; trailing slashes are cut. Without user, query, fragment and white space. */
  endpoint?: string | undefined;
  /** Name of the calling program, put before the SDK's own: `shop/1.2`. */
  userAgent?: string | undefined;
  fetch?: typeof fetch | undefined;
  clock?: Clock | undefined;
  /** Uniform in [0, 1): jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
  /** For one attempt of a GET, headers and body together. Default 10,000. */
  readTimeoutMs?: number | undefined;
  /** For one attempt of any other method. Default 20,000. */
  writeTimeoutMs?: number | undefined;
  /** Repetitions of a failed read after the first attempt. Default 3. */
  maxRetries?: number | undefined;
  /** Repetitions of a write that was refused with 429 or `conflict`, which prove that nothing happened. Default 0. */
  maxWriteRetries?: number | undefined;
  /**
   * True: reads and writes wait until the budget told by earlier answers of this client, less what it has under way, lets
   * them go, and fail with `rate_limited` and effect `none` when that is later than the end of the call. Default false: they leave at once.
   */
  waitForBudget?: boolean | undefined;
  /** For one call with its repetitions and pauses. Default 60,000. A list is one call a page. */
  deadlineMs?: number | undefined;
  /** Called after every answer that carries the budget, error answers too. What it throws is ignored. */
  onRateLimit?: ((seen: RateLimit) => void) | undefined;
  /**
   * Called for an error code that `errorTable` does not have, of calls and of awaited actions; with `<unreadable>` for
   * what is no word of the API (`BrandNew`, 5) and so is never repeated. What it throws is ignored.
   */
  onUnknownCode?: ((code: string) => void) | undefined;
}

/** Options of a single call. */
export interface CallOptions {
  /** Its abort rejects the call with the signal's own reason, which is no `HetznerError`. */
  signal?: AbortSignal | undefined;
  /** Instead of the client's `deadlineMs`. Without any time left (0 or less) nothing is sent: `timeout`, effect `none`. */
  deadlineMs?: number | undefined;
}

export type Settings = {
  readonly [K in Exclude<keyof HetznerOptions, "onRateLimit" | "onUnknownCode">]-?: Exclude<
    HetznerOptions[K],
    undefined
  >;
} & {
  readonly onRateLimit: (seen: RateLimit) => void;
  readonly onUnknownCode: (code: string) => void;
};

const SDK_NAME = "hetzner-ts/0.1.0";

/**
 * Fills in the defaults.
 *
 * @throws HetznerError `invalid_request` of operation `client` for what could never be sent: no token, a token or user
 *   agent with characters that a header cannot carry, an endpoint that is no http(s) address
 */
export function resolveSettings(options: HetznerOptions): Settings {
  return {
    token: checkToken(options.token),
    endpoint: checkEndpoint(options.endpoint ?? "https://api.hetzner.cloud/v1"),
    userAgent: checkUserAgent(options.userAgent === undefined ? SDK_NAME : `${options.userAgent} ${SDK_NAME}`),
    fetch: options.fetch ?? globalThis.fetch,
    clock: options.clock ?? realClock,
    random: options.random ?? Math.random,
    readTimeoutMs: options.readTimeoutMs ?? 10_000,
    writeTimeoutMs: options.writeTimeoutMs ?? 20_000,
    maxRetries: options.maxRetries ?? 3,
    maxWriteRetries: options.maxWriteRetries ?? 0,
    waitForBudget: options.waitForBudget ?? false,
    deadlineMs: options.deadlineMs ?? 60_000,
    onRateLimit: guarded(options.onRateLimit),
    onUnknownCode: guarded(options.onUnknownCode),
  };
}

/** An observer that throws must not turn an answered write into a lost one. */
function guarded<T>(observe: ((value: T) => void) | undefined): (value: T) => void {
  return (value) => {
    try {
      observe?.(value);
    } catch {
      // Said in the options: ignored.
    }
  };
}

/** RFC 9110 5.5: visible characters, spaces and tabs; bytes above 0x7f are tolerated there and here. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]+$/;

function checkToken(token: string): string {
  if (token === "") throw refuseLocally("client", "the API token is empty");
  if (!headerValue.test(token))
    throw refuseLocally("client", "the API token contains characters that no header may carry");
  return token;
}

function checkUserAgent(userAgent: string): string {
  if (headerValue.test(userAgent)) return userAgent;
  throw refuseLocally("client", "the user agent contains characters that no header may carry");
}

function checkEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  // Paths are put behind it as text, and `URL` drops white space, control characters and an empty query silently.
  const canGrow = !/[\s?#\p{Cc}]/u.test(endpoint);
  const usable = url !== null && canGrow && /^https?:$/.test(url.protocol) && `${url.username}${url.password}` === "";
  if (!usable) throw refuseLocally("client", "the endpoint is not an http(s) address");
  return endpoint.replace(/\/+$/, "");
}
