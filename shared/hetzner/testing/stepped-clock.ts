import type { Clock } from "../clock.ts";

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/** A clock that moves only by `advance`. */
export interface SteppedClock extends Clock {
  /** Moves time and wakes what is due, in the order of waking. Lets all code run before and between wakings. */
  advance(ms: number): Promise<void>;
  /** How long each of the present sleepers still sleeps, in milliseconds. */
  pending(): number[];
}

export function makeSteppedClock(startMs = 1_000_000): SteppedClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  return {
    now: () => nowMs,
    sleep: (ms, signal) => addSleeper(sleepers, nowMs + ms, signal),
    pending: () => [...sleepers].map((sleeper) => sleeper.wakeAtMs - nowMs),
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (let next = earliest(sleepers); next && next.wakeAtMs <= endMs; next = earliest(sleepers)) {
        nowMs = Math.max(nowMs, next.wakeAtMs);
        next.wake();
        await settle();
      }
      nowMs = endMs;
    },
  };
}

/**
 * A clock on which pauses shorter than `patienceMs` pass at once and longer ones never end: pauses between attempts are
 * skipped and recorded, time limits never strike.
 */
export function makeEagerClock(patienceMs: number): Clock & { readonly slept: number[] } {
  let nowMs = 1_000_000;
  const slept: number[] = [];
  const neverEnding = new Set<Sleeper>();
  return {
    slept,
    now: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      if (ms >= patienceMs) return addSleeper(neverEnding, nowMs + ms, signal);
      slept.push(ms);
      nowMs += ms;
    },
  };
}

function addSleeper(sleepers: Set<Sleeper>, wakeAtMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (finish: () => void) => () => {
      sleepers.delete(sleeper);
      finish();
    };
    const sleeper: Sleeper = { wakeAtMs, wake: give(resolve) };
    if (signal?.aborted) return reject(signal.reason);
    sleepers.add(sleeper);
    signal?.addEventListener(
      "abort",
      give(() => reject(signal.reason)),
      { once: true },
    );
  });
}

function earliest(sleepers: ReadonlySet<Sleeper>): Sleeper | undefined {
  return [...sleepers].sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
