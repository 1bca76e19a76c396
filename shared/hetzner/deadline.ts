import type { Clock } from "./clock.ts";

/** Thrown by `withDeadline` when the time is over. */
export class DeadlineReached extends Error {
  override readonly name = "DeadlineReached";
}

export interface Limit {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The caller's: its abort rejects with its reason. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs work against the clock. Built from `clock.sleep`, not from `AbortSignal.timeout`, so that a stepped clock drives it.
 *
 * @param work gets a signal that is aborted as soon as its result is no longer wanted; it need not obey
 * @throws DeadlineReached, the caller's abort reason, or what the work throws
 */
export async function withDeadline<T>(limit: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, timeoutMs, signal } = limit;
  signal?.throwIfAborted();
  const over = new AbortController();
  const stop = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const timer = clock.sleep(timeoutMs, stop).then(() => {
    throw new DeadlineReached(`no answer within ${timeoutMs} ms`);
  });
  const result = work(stop);
  // The loser of the race still rejects, with nobody listening.
  for (const each of [timer, result]) each.catch(() => {});
  try {
    return await Promise.race([result, timer]);
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    over.abort();
  }
}
