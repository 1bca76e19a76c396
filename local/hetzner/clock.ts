import { setTimeout as timeout } from "node:timers/promises";

/** Time as the simulator sees it: the only source of "now" and of waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The wall clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await timeout(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

/** A clock that stands still until it is told to move. */
export interface SteppedClock extends Clock {
  /** Moves time by `ms`, ending the sleeps that fall due on the way, in order, each at its own instant. */
  advance(ms: number): Promise<void>;
  /** Moves time to the end of the last sleep, at most by `limitMs` (default one day). */
  runUntilIdle(limitMs?: number): Promise<void>;
  /**
   * Moves time from sleep to sleep until `work` settles, and passes its result on. While anything sleeps, work that
   * waits for something else (a socket, a thread) gets a few turns of the event loop only: then time moves on without
   * it. With nothing asleep it gets a real second. Throws when that, or `limitMs` (default one day), is over.
   */
  run<T>(work: Promise<T>, limitMs?: number): Promise<T>;
  /** How many sleeps are under way. */
  sleepers(): number;
}

interface Sleeper {
  readonly dueMs: number;
  readonly order: number;
  readonly wake: () => void;
}

const dayMs = 86_400_000;
/** Turns of the event loop that promise chains and body streams get between two instants. */
const turnsPerInstant = 3;
/** Work with nothing left to wake it gets this long in real time, for a thread or a socket to answer. */
const stuckAfterTurns = 200;
const stuckTurnMs = 5;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function settleTurns(): Promise<void> {
  for (let turn = 0; turn < turnsPerInstant; turn += 1) await nextTurn();
}

class Sleepers {
  readonly #all = new Set<Sleeper>();
  #order = 0;

  get size(): number {
    return this.#all.size;
  }

  add(dueMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#all.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        this.#all.delete(sleeper);
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      this.#order += 1;
      const sleeper = { dueMs, order: this.#order, wake };
      this.#all.add(sleeper);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  first(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#all) {
      if (first === undefined || sleeper.dueMs < first.dueMs) first = sleeper;
    }
    return first;
  }
}

/** A clock that starts at `startMs` and moves only by its own verbs. */
export function makeSteppedClock(startMs: number): SteppedClock {
  const sleepers = new Sleepers();
  let nowMs = startMs;

  /** Ends the earliest sleep when it is due by `untilMs`; false when there is none. */
  const wakeOne = async (untilMs: number): Promise<boolean> => {
    const sleeper = sleepers.first();
    if (sleeper === undefined || sleeper.dueMs > untilMs) return false;
    nowMs = Math.max(nowMs, sleeper.dueMs);
    sleeper.wake();
    await settleTurns();
    return true;
  };
  const advance = async (ms: number): Promise<void> => {
    const untilMs = nowMs + ms;
    await settleTurns();
    while (await wakeOne(untilMs));
    nowMs = untilMs;
  };
  const runUntilIdle = async (limitMs = dayMs): Promise<void> => {
    const untilMs = nowMs + limitMs;
    await settleTurns();
    while (await wakeOne(untilMs));
  };
  const run = async <T>(work: Promise<T>, limitMs = dayMs): Promise<T> => {
    const untilMs = nowMs + limitMs;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    await settleTurns();
    for (let stuck = 0; !settled && stuck < stuckAfterTurns; ) {
      if (await wakeOne(untilMs)) stuck = 0;
      else {
        stuck += 1;
        await timeout(stuckTurnMs);
      }
    }
    if (!settled) throw new Error(`the work did not settle within ${limitMs} ms of stepped time`);
    return work;
  };
  return {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      if (ms > 0) await sleepers.add(nowMs + ms, signal);
    },
    advance,
    runUntilIdle,
    run,
    sleepers: () => sleepers.size,
  };
}
