/** How long to wait for something, and how often to look. Pure: the clock's readings come in as numbers. */

const FIRST_PAUSE_MS = 1_000;
const GROWTH = 1.5;
const PAUSE_MAX_MS = 10_000;

/** The pause after a look: 1 s, then half as much again each time, 10 s at most. `look` counts from 0. */
export const pollPauseMs = (look: number): number =>
  Math.round(Math.min(PAUSE_MAX_MS, FIRST_PAUSE_MS * GROWTH ** Math.min(look, 20)));

/**
 * What a `Retry-After` header asks for, in milliseconds; null when there is none, or none that can be read.
 * Seconds or an HTTP date (RFC 9110, 10.2.3).
 */
export const retryAfterMs = (header: string | null, wallMs: number): number | null => {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim()) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - wallMs);
};

export interface Look {
  /** How many looks there were before. */
  readonly look: number;
  /** What the other side asked for; null: nothing. */
  readonly retryAfterMs: number | null;
  /** Of the budget. */
  readonly leftMs: number;
}

/** How long to pause before the next look; null when the budget does not reach that far. */
export const decidePause = ({ look, retryAfterMs: asked, leftMs }: Look): number | null => {
  const pauseMs = Math.max(pollPauseMs(look), asked ?? 0);
  return pauseMs < leftMs ? pauseMs : null;
};

export interface Outcome {
  readonly method: string;
  /** Sent with an Idempotency-Key: a repetition is the same request. */
  readonly hasKey: boolean;
  /** null: no answer came. */
  readonly status: number | null;
  /** Error code of the API; null for what a gateway answered by itself. */
  readonly code: string | null;
}

/**
 * May the same request be sent again, because what was in its way can pass? 429 says that nothing was done. Without an
 * answer, or with a gateway's own, nobody knows: then only what can be repeated without harm.
 */
export const canRepeat = ({ method, hasKey, status, code }: Outcome): boolean => {
  if (status === 429) return true;
  const isHarmless = method === "GET" || hasKey;
  return isHarmless && (status === null || (code === null && [502, 503, 504].includes(status)));
};
