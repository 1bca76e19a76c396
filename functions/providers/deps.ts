/** What checks and handlers are made of. Everything outside is one of these, so that tests stand in at the wire. */
import { limits, unknownProviderCode } from "../../shared/config.ts";
import type { Order } from "../../shared/domain/catalogue.ts";
import { type Hetzner, makeHetzner, type RateLimit } from "../../shared/hetzner/index.ts";
import type { Log } from "../../shared/log.ts";
import type { KeyPair } from "../../shared/node/keys.ts";
import type { Table } from "../../shared/store/table.ts";
import type { Vault } from "../../shared/vault.ts";

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export type HetznerFor = (token: string, onRateLimit: (seen: RateLimit) => void) => Hetzner;

/** Enough for whatever is done with a stored token, by the sweeper too. */
export interface CheckDeps {
  readonly table: Table;
  readonly vault: Vault;
  readonly hetznerFor: HetznerFor;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ProvidersDeps extends CheckDeps {
  makeId(): string;
  makeKeyPair(comment: string): KeyPair;
  /** What the create form offers first. */
  readonly defaults: Order;
}

/** Whatever waits for Hetzner here ends this long after it began. */
export const totalMs = limits.syncTotalSeconds * 1000;

interface HetznerWire {
  readonly endpoint: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly fetch?: typeof fetch;
}

/** Clients for calls that a person waits for: 8 s a call and one repetition; `checkCredential` keeps the total. */
export const makeHetznerFor =
  ({ log, ...wire }: HetznerWire): HetznerFor =>
  (token, onRateLimit) =>
    makeHetzner({
      ...wire,
      onUnknownCode: (code) => log.warn(unknownProviderCode, { code }),
      token,
      onRateLimit,
      readTimeoutMs: limits.syncCallSeconds * 1000,
      writeTimeoutMs: limits.syncCallSeconds * 1000,
      maxRetries: 1,
      maxWriteRetries: 1,
      deadlineMs: totalMs,
    });

/** The time for the work was over; its signal was aborted. */
export class TimeIsUp extends Error {
  override name = "TimeIsUp";
}

/** Runs work until `endMs` of the clock; then aborts its signal and throws `TimeIsUp`, whether it obeys or not. */
export const runUntil = async <T>(
  clock: Clock,
  endMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const over = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(Math.max(0, endMs - clock.now()), done.signal).then(() => {
    const late = new TimeIsUp("Hetzner did not answer in time");
    over.abort(late);
    throw late;
  });
  const result = work(over.signal);
  // The loser of the race still rejects, with nobody listening.
  for (const each of [timer, result]) each.catch(() => undefined);
  try {
    return await Promise.race([result, timer]);
  } finally {
    done.abort();
  }
};
