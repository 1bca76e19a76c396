import { type RateLimit, waitForBudgetMs } from "./budget.ts";
import { HetznerError } from "./errors.ts";
import type { CallOptions, Settings } from "./options.ts";
import type { Answer, ApiRequest, Link } from "./request.ts";
import { retryPauseMs, shouldRetry } from "./retry.ts";

export interface SendOptions extends CallOptions {
  /** Whoever asks again anyway wants no repetitions. */
  readonly once?: true;
}

/** What the resources call: a whole call with its repetitions. */
export type Send = (request: ApiRequest, options: SendOptions) => Promise<Answer>;

/** Outermost link: attempts until success, until repeating is useless or forbidden, or until the time of the call is over. */
export function retryLink(next: Link, settings: Settings, seen: () => RateLimit | null): Send {
  return async (request, options) => {
    const { clock } = settings;
    const endMs = clock.now() + (options.deadlineMs ?? settings.deadlineMs);
    for (let retry = 0; ; retry++) {
      await waitForBudget({ request, settings, seen, endMs, signal: options.signal });
      try {
        return await next(request, { timeoutMs: attemptTimeoutMs(request, settings, endMs), signal: options.signal });
      } catch (error) {
        const pauseMs = options.once ? null : pauseAfter(error, retry, request, settings);
        // A pause beyond the end of the call would only replace a real reason by "too late".
        if (pauseMs === null || clock.now() + pauseMs >= endMs) throw error;
        await clock.sleep(pauseMs, options.signal);
      }
    }
  };
}

interface Departure {
  readonly request: ApiRequest;
  readonly settings: Settings;
  readonly seen: () => RateLimit | null;
  readonly endMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Only for clients that asked for it. */
async function waitForBudget({ request, settings, seen, endMs, signal }: Departure): Promise<void> {
  if (!settings.waitForBudget) return;
  const { clock } = settings;
  const priority = request.method === "GET" ? "read" : "write";
  const waitMs = () => waitForBudgetMs({ seen: seen(), nowMs: clock.now(), priority, cost: 1 });
  for (let pauseMs = waitMs(); pauseMs > 0; pauseMs = waitMs()) {
    if (clock.now() + pauseMs >= endMs) throw budgetSpent(request);
    await clock.sleep(pauseMs, signal);
  }
}

function budgetSpent({ operation }: ApiRequest): HetznerError {
  const text = "the project's request budget does not allow it within the time of the call; nothing was sent";
  return new HetznerError({ class: "rate_limited", retryable: true, effect: "none", operation, text });
}

function pauseAfter(error: unknown, retry: number, request: ApiRequest, settings: Settings): number | null {
  const retriesMax = request.method === "GET" ? settings.maxRetries : settings.maxWriteRetries;
  if (retry >= retriesMax || !(error instanceof HetznerError) || !shouldRetry(request.method, error)) return null;
  return retryPauseMs(retry, settings.random());
}

function attemptTimeoutMs(request: ApiRequest, settings: Settings, endMs: number): number {
  const ownMs = request.method === "GET" ? settings.readTimeoutMs : settings.writeTimeoutMs;
  return Math.max(1, Math.min(ownMs, endMs - settings.clock.now()));
}
