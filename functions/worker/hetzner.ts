import { limits, unknownProviderCode } from "../../shared/config.ts";
import { type Clock, type Hetzner, makeHetzner, type RateLimit } from "../../shared/hetzner/index.ts";
import type { Log } from "../../shared/log.ts";

interface HetznerWire {
  readonly endpoint: string;
  readonly log: Log;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Retries are the queue's: one request a read, so that an invocation's time is never spent waiting. */
export const makeHetznerFor =
  ({ log, ...wire }: HetznerWire) =>
  (token: string, onRateLimit: (seen: RateLimit) => void): Hetzner =>
    makeHetzner({
      ...wire,
      token,
      userAgent: "pressluft",
      readTimeoutMs: limits.hetznerReadSeconds * 1000,
      writeTimeoutMs: limits.hetznerWriteSeconds * 1000,
      maxRetries: 0,
      onRateLimit,
      onUnknownCode: (code) => log.warn(unknownProviderCode, { code }),
    });
