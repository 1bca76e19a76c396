import { HetznerError } from "./errors.ts";
import type { CallOptions, Settings } from "./options.ts";
import type { Answer, ApiRequest, Link } from "./request.ts";
import { retryPauseMs, shouldRetry } from "./retry.ts";

/** What the resources call: a whole call with its repetitions. */
export type Send = (request: ApiRequest, options: CallOptions) => Promise<Answer>;

/** Outermost link: attempts until success, until repeating is useless or forbidden, or until the time of the call is over. */
export function retryLink(next: Link, settings: Settings): Send {
  return async (request, options) => {
    const { clock } = settings;
    const endMs = clock.now() + (options.deadlineMs ?? settings.deadlineMs);
    for (let retry = 0; ; retry++) {
      try {
        return await next(request, { timeoutMs: attemptTimeoutMs(request, settings, endMs), signal: options.signal });
      } catch (error) {
        const pauseMs = pauseAfter(error, retry, request, settings);
        // A pause beyond the end of the call would only replace a real reason by "too late".
        if (pauseMs === null || clock.now() + pauseMs >= endMs) throw error;
        await clock.sleep(pauseMs, options.signal);
      }
    }
  };
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
