import type { RateLimit } from "./budget.ts";
import type { Settings } from "./options.ts";
import type { Link } from "./request.ts";

/** Second link: tells the budget of every answer, before anything decides whether the answer is an error. */
export function rateLimitLink(next: Link, { clock, onRateLimit }: Settings): Link {
  return async (request, attempt) => {
    const answer = await next(request, attempt);
    const seen = parseRateLimit(answer.headers, clock.now());
    if (seen !== null) onRateLimit(seen);
    return answer;
  };
}

/** The three `RateLimit-*` headers; null unless all are there and sound. */
export function parseRateLimit(headers: Headers, nowMs: number): RateLimit | null {
  const [limit, remaining, resetSeconds] = ["limit", "remaining", "reset"].map((name) =>
    parseCount(headers.get(`ratelimit-${name}`)),
  );
  if (limit == null || remaining == null || resetSeconds == null || limit === 0) return null;
  return { limit, remaining, resetAtMs: resetSeconds * 1000, seenAtMs: nowMs };
}

function parseCount(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
