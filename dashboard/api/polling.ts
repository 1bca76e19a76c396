/** How often the screen asks again. An idle tab costs nothing: each question is a Lambda invocation. */

/** Lists, while somebody looks. */
export const LIST_MS = 15_000;
/** The one thing that is watched while it changes. */
export const WATCHED_MS = 1500;
/** The figures of the frame, while a job runs somewhere. */
export const BUSY_MS = 5000;
/** What is younger is not asked for again only because somebody came back to it. */
export const FRESH_MS = 5000;
/** After so long without a key or a pointer nobody is there. */
export const IDLE_MS = 10 * 60_000;
const SLOWEST_MS = 60_000;

export interface Polling {
  readonly everyMs: number;
  /** Failures in a row. */
  readonly failureCount: number;
  /** Somebody looks: the page is visible and was used in the last ten minutes. */
  readonly isAwake: boolean;
  /** What the last answer asked for with `Retry-After`; 0: nothing. */
  readonly retryAfterMs?: number;
}

/** Until the next question; false: do not ask. Each failure doubles it, up to a minute; `Retry-After` may ask for more. */
export const pollMs = ({ everyMs, failureCount, isAwake, retryAfterMs = 0 }: Polling): number | false =>
  isAwake && Math.max(retryAfterMs, Math.min(everyMs * 2 ** failureCount, Math.max(SLOWEST_MS, everyMs)));

/** Before a question is repeated at once, for a short disturbance. */
export const repeatMs = (retryAfterMs: number): number => Math.max(1000, retryAfterMs);
