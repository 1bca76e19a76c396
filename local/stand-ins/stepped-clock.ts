import type { Clock } from "./hosts.ts";

/** A clock for tests: time moves only by `advance`, which fires the sleeps that are due, in order. */
export interface SteppedClock extends Clock {
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  dueMs: number;
  wake(): void;
}

export function makeSteppedClock(startMs = 0): SteppedClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { dueMs: nowMs + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    async advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        await settle();
        const [next] = [...sleepers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
        if (next === undefined) break;
        sleepers.delete(next);
        nowMs = Math.max(nowMs, next.dueMs);
        next.wake();
      }
      nowMs = untilMs;
    },
  };
}

/** Lets what was woken run on to its next sleep; opening a port on an IP address takes a few turns of the event loop and no I/O. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
