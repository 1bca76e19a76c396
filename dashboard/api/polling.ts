/** How often the screen asks again. An idle tab costs nothing: each question is a Lambda invocation. */

/** Lists, while somebody looks. */
export const LIST_MS = 15_000;
/** The one thing that is watched while it changes. */
export const WATCHED_MS = 1500;
/** After so long without a key or a pointer nobody is there. */
export const IDLE_MS = 10 * 60_000;
const SLOWEST_MS = 60_000;

export interface Polling {
  readonly everyMs: number;
  /** Failures in a row. */
  readonly failureCount: number;
  /** Somebody looks: the page is visible and was used in the last ten minutes. */
  readonly isAwake: boolean;
}

/** Until the next question; false: do not ask. Each failure doubles it, up to a minute. */
export const pollMs = ({ everyMs, failureCount, isAwake }: Polling): number | false =>
  isAwake ? Math.min(everyMs * 2 ** failureCount, Math.max(SLOWEST_MS, everyMs)) : false;
