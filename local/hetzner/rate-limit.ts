/** A budget that fills up again bit by bit. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** What one request did to a bucket. */
export interface Taken {
  readonly bucket: Bucket;
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const hourMs = 3_600_000;

/** The three headers; Reset is when the WHOLE budget is back, not when the next request is allowed. */
export function rateLimitHeaders(limitPerHour: number, remaining: number, nowMs: number): Record<string, string> {
  const resetSeconds = Math.ceil(nowMs / 1000 + ((limitPerHour - remaining) * 3600) / limitPerHour);
  return {
    "RateLimit-Limit": String(limitPerHour),
    "RateLimit-Remaining": String(remaining),
    "RateLimit-Reset": String(resetSeconds),
  };
}

/** Takes one request out of a bucket; an absent bucket is full. A refused request costs nothing. */
export function takeRequest(bucket: Bucket | undefined, limitPerHour: number, nowMs: number): Taken {
  const elapsedMs = bucket === undefined ? 0 : Math.max(0, nowMs - bucket.atMs);
  const held = bucket === undefined ? limitPerHour : bucket.tokens + (elapsedMs * limitPerHour) / hourMs;
  const filled = Math.min(limitPerHour, held);
  const allowed = filled >= 1;
  const tokens = allowed ? filled - 1 : filled;
  const headers = rateLimitHeaders(limitPerHour, Math.floor(tokens), nowMs);
  // A clock that goes backwards must not have the same minutes counted twice.
  return { bucket: { tokens, atMs: Math.max(bucket?.atMs ?? nowMs, nowMs) }, allowed, headers };
}
