import { chunkIds, fetchActions } from "./actions.ts";
import { type RateLimit, waitForBudgetMs } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { HetznerError } from "./errors.ts";
import { retryPauseMs } from "./retry.ts";
import type { Action } from "./schemas/action.ts";
import type { Wire } from "./wire.ts";

/** One wait, as its loop sees it. */
export interface Waiter {
  readonly wire: Wire;
  /** When it leaves by itself, on its clock. */
  readonly endMs: number;
  /** Ids of actions not yet seen to end. */
  readonly pending: ReadonlySet<number>;
  /** News of actions that were asked for, its own or those of others. Those that are not among them are unknown to Hetzner. */
  onSeen(asked: readonly number[], found: readonly Action[]): void;
  /** A look is over, with the passing error that cut it short or null. */
  onLook(error: HetznerError | null): void;
  /** Looking is useless; it is out of the loop already. */
  onFatal(error: unknown): void;
  /** Its time is over, and its timer was late. */
  onEnd(): void;
}

interface PollLoop {
  readonly clock: Clock;
  readonly endpoint: string;
  readonly token: string;
  /** With the looks that each has lived through. The first is the oldest: looks go through its connection. */
  readonly waiters: Map<Waiter, number>;
  /** When the next look is due. */
  dueMs: number;
  /** Not before this, whoever comes: failed looks back off. */
  backOffUntilMs: number;
  /** Failed looks in a row. */
  failures: number;
  /** The newest budget that any waiter's connection knew: those that leave take theirs along. */
  budget: RateLimit | null;
  /** Ends the present pause, to count it anew. */
  wake: AbortController;
  /** Aborted when the last waiter has left. */
  readonly stop: AbortController;
}

/**
 * The loops of this process: one for each project with somebody waiting, and none else. Each holds its token for no longer
 * than somebody waits with it.
 */
const running = new Set<PollLoop>();

/** How many loops run in this process. */
export function countPollLoops(): number {
  return running.size;
}

/** Dense at first, since most actions end within seconds; about 8 looks for a create of 20 s. */
const pausesMs = [1_000, 1_000, 1_000, 2_000, 2_000, 3_000, 3_000];
const PAUSE_MAX_MS = 5_000;

/** @param look 0 for the first; @param random uniform in [0, 1), spreads by 20 % to both sides */
export function lookPauseMs(look: number, random: number): number {
  return Math.round((pausesMs[look] ?? PAUSE_MAX_MS) * (0.8 + 0.4 * random));
}

/**
 * Takes part in the one loop that this process runs for the waiter's endpoint and token (on the same clock, for two
 * clocks have no common time).
 *
 * @returns leaves the loop, at once and unnoticed by the others; the last one out stops it. May be called again.
 */
export function joinPollLoop(waiter: Waiter): () => void {
  const { settings } = waiter.wire;
  const known = [...running].find(
    ({ clock, endpoint, token }) =>
      clock === settings.clock && endpoint === settings.endpoint && token === settings.token,
  );
  const loop = known ?? makeLoop(waiter);
  // A newcomer does not wait for the long pauses of the others, nor can newcomers in a row put a due look off.
  loop.dueMs = Math.min(loop.dueMs, loop.clock.now() + lookPauseMs(0, settings.random()));
  loop.waiters.set(waiter, 0);
  loop.wake.abort();
  if (known === undefined) void run(loop).catch((error: unknown) => failAll(loop, error));
  return () => leave(loop, waiter);
}

function makeLoop({ wire }: Waiter): PollLoop {
  const { clock, endpoint, token } = wire.settings;
  const loop = {
    clock,
    endpoint,
    token,
    waiters: new Map<Waiter, number>(),
    dueMs: Number.POSITIVE_INFINITY,
    backOffUntilMs: 0,
    failures: 0,
    budget: null,
    wake: new AbortController(),
    stop: new AbortController(),
  };
  running.add(loop);
  return loop;
}

function leave(loop: PollLoop, waiter: Waiter): void {
  loop.budget = newestBudget(loop);
  loop.waiters.delete(waiter);
  if (loop.waiters.size > 0) return;
  running.delete(loop);
  loop.stop.abort();
  loop.wake.abort();
}

/** A loop that has lost its last waiter gets no new one: whoever comes then makes another loop. */
async function run(loop: PollLoop): Promise<void> {
  while (loop.waiters.size > 0) {
    await pause(loop);
    for (const waiter of [...loop.waiters.keys()]) if (loop.clock.now() >= waiter.endMs) waiter.onEnd();
    if (loop.waiters.size > 0) await look(loop);
  }
}

async function pause(loop: PollLoop): Promise<void> {
  for (let restMs = restOf(loop); restMs > 0 && loop.waiters.size > 0; restMs = restOf(loop)) {
    loop.wake = new AbortController();
    const { signal } = loop.wake;
    await loop.clock.sleep(restMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** The budget is asked when a look is due: polls are the first to give way to everything else. */
function restOf(loop: PollLoop): number {
  const nowMs = loop.clock.now();
  const restMs = Math.max(loop.dueMs, loop.backOffUntilMs) - nowMs;
  if (restMs > 0) return restMs;
  loop.budget = newestBudget(loop);
  return waitForBudgetMs({ seen: loop.budget, nowMs, priority: "poll", cost: chunksOf(loop).length });
}

function newestBudget({ budget, waiters }: PollLoop): RateLimit | null {
  const told = [budget, ...[...waiters.keys()].map(({ wire }) => wire.rateLimit())].filter((each) => each !== null);
  return told.reduce<RateLimit | null>((newest, each) => {
    return newest === null || each.seenAtMs >= newest.seenAtMs ? each : newest;
  }, null);
}

const chunksOf = ({ waiters }: PollLoop) =>
  chunkIds(
    "actions.wait",
    [...waiters.keys()].flatMap(({ pending }) => [...pending]),
  );

async function look(loop: PollLoop): Promise<void> {
  const present = [...loop.waiters.keys()];
  const error = await askAll(loop);
  loop.failures = error === null ? 0 : loop.failures + 1;
  const [random, nowMs] = [randomOf(loop), loop.clock.now()];
  if (error !== null) loop.backOffUntilMs = nowMs + retryPauseMs(loop.failures - 1, random);
  for (const waiter of present) {
    const looks = loop.waiters.get(waiter);
    if (looks === undefined) continue;
    loop.waiters.set(waiter, looks + 1);
    waiter.onLook(error);
  }
  loop.dueMs = nowMs + lookPauseMs(Math.min(...loop.waiters.values()), random);
}

/** What is seen is told at once, so that a later failure costs nobody what was learnt before it. */
async function askAll(loop: PollLoop): Promise<HetznerError | null> {
  const [oldest] = loop.waiters.keys();
  if (oldest === undefined) return null;
  try {
    for (const ids of chunksOf(loop)) {
      const found = await fetchActions(oldest.wire, ids, { once: true, signal: loop.stop.signal });
      for (const waiter of [...loop.waiters.keys()]) if (loop.waiters.has(waiter)) waiter.onSeen(ids, found);
    }
    return null;
  } catch (error) {
    if (loop.stop.signal.aborted) return null;
    if (error instanceof HetznerError && error.retryable) return error;
    throw error;
  }
}

const randomOf = ({ waiters }: PollLoop): number => {
  const [oldest] = waiters.keys();
  return oldest?.wire.settings.random() ?? 0.5;
};

function failAll(loop: PollLoop, error: unknown): void {
  for (const waiter of [...loop.waiters.keys()]) {
    leave(loop, waiter);
    waiter.onFatal(error);
  }
}
