import type { Clock } from "../clock.ts";

/** A clock that stands still but for pauses, which take no time. */
export interface SteppedClock extends Clock {
  readonly pausesMs: readonly number[];
  /** Aborts every time-out that anybody waits for. */
  expire(): void;
}

export const makeSteppedClock = (): SteppedClock => {
  let nowMs = 0;
  const pausesMs: number[] = [];
  const timeouts: AbortController[] = [];
  return {
    pausesMs,
    nowMs: () => nowMs,
    pause: async (ms, signal) => {
      signal.throwIfAborted();
      pausesMs.push(ms);
      nowMs += ms;
    },
    timeout: () => {
      const timeout = new AbortController();
      timeouts.push(timeout);
      return timeout.signal;
    },
    expire: () => {
      for (const timeout of timeouts.splice(0)) timeout.abort(new DOMException("too late", "TimeoutError"));
    },
  };
};
