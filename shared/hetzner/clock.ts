import { setTimeout as sleepFor } from "node:timers/promises";

/** Time as the SDK sees it. Tests and simulators pass their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers count in 31 bits (24.8 days) and fire at once beyond them. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The machine's clock: the default, and the only place of the SDK that looks at it. */
export const realClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await sleepFor(Math.min(ms, TIMER_MAX_MS), undefined, signal ? { signal } : {});
    } catch (error) {
      // Node wraps the reason in an AbortError of its own; the contract above is the reason itself.
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
