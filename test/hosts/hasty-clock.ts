import type { WorldClock } from "../harness/world.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

export interface Haste {
  /** The longest real wait; Infinity: no jumps. */
  readonly paceMs: number;
  /** Every wait lasts so much longer, as with a queue that is late: fewer looks at what takes long to give up. */
  readonly lateMs: number;
}

/**
 * Time for real machines: it passes as on the wall, but when nothing is left to do than to wait, it waits `paceMs` of real
 * time and jumps over the rest. What has a deadline of ten minutes so ends in seconds, and a machine still gets the
 * moment that it needs between two looks.
 */
export function makeHastyClock(startMs: number, { paceMs, lateMs }: Haste): WorldClock {
  const beganMs = performance.now();
  const sleepers = new Set<Sleeper>();
  let jumpedMs = 0;
  const now = () => startMs + Math.floor(performance.now() - beganMs) + jumpedMs;

  const wakeDue = () => {
    for (const sleeper of [...sleepers].sort((a, b) => a.dueMs - b.dueMs)) if (sleeper.dueMs <= now()) sleeper.wake();
  };
  const realPause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  return {
    now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", abort);
          settle();
        };
        const abort = () => finish(() => reject(signal?.reason));
        const sleeper = { dueMs: now() + ms, wake: () => finish(resolve) };
        const timer = setTimeout(sleeper.wake, ms);
        sleepers.add(sleeper);
        signal?.addEventListener("abort", abort);
      }),
    run: (work) => work,
    async advance(ms) {
      const untilMs = now() + ms + lateMs;
      await realPause(Math.min(ms, paceMs));
      // From one sleeper to the next, so that what happens by itself happens at its own time and in order.
      for (;;) {
        const nextMs = Math.min(untilMs, ...[...sleepers].map(({ dueMs }) => dueMs));
        jumpedMs += Math.max(0, nextMs - now());
        wakeDue();
        await realPause(0);
        if (now() >= untilMs) return;
      }
    },
  };
}
