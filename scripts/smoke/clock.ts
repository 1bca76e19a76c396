import { setTimeout as wait } from "node:timers/promises";

/** Time as a smoke sees it: tests step it by hand. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  nowMs(): number;
  /** Rejects with the signal's reason when it is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborted after that time. */
  timeout(ms: number): AbortSignal;
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  pause: async (ms, signal) => {
    await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
  timeout: (ms) => AbortSignal.timeout(ms),
};
