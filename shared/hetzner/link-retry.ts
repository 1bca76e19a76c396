import { type RateLimit, waitForBudgetMs } from "./budget.ts";
import { HetznerError } from "./errors.ts";
import type { CallOptions, Settings } from "./options.ts";
import type { Answer, ApiRequest, Link } from "./request.ts";
import { retryPauseMs, shouldRetry } from "./retry.ts";

export interface SendOptions extends CallOptions {
  /** Whoever asks again anyway wants no repetitions. */
  readonly once?: true;
}

/** What a connection knows of its traffic. */
export interface Traffic {
  /** The project's budget as the newest answer told it; null while none has. */
  seen: RateLimit | null;
  /** Requests that have left and are not answered: they cost budget that no answer tells yet. */
  inFlight: number;
}

/** What the resources call: a whole call with its repetitions. */
export type Send = (request: ApiRequest, options: SendOptions) => Promise<Answer>;

/** Outermost link: attempts until success, until repeating is useless or forbidden, or until the time of the call is over. */
export function retryLink(next: Link, settings: Settings, traffic: Traffic): Send {
  return async (request, options) => {
    const { clock } = settings;
    const { signal } = options;
    const endMs = clock.now() + (options.deadlineMs ?? settings.deadlineMs);
    for (let retry = 0; ; retry++) {
      await depart({ request, settings, traffic, endMs, signal });
      try {
        return await next(request, { timeoutMs: attemptTimeoutMs(request, settings, endMs), signal }).finally(() => {
          traffic.inFlight--;
        });
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
  readonly traffic: Traffic;
  readonly endMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Lets an attempt leave. The turn in which it may is the turn in which it counts as under way: those that wait beside it
 * must not take the same share of the budget for theirs.
 */
async function depart(departure: Departure): Promise<void> {
  const { request, settings, traffic, endMs, signal } = departure;
  const { clock } = settings;
  signal?.throwIfAborted();
  for (let pauseMs = budgetPauseMs(departure); pauseMs > 0; pauseMs = budgetPauseMs(departure)) {
    if (clock.now() + pauseMs >= endMs) throw budgetSpent(request);
    await clock.sleep(pauseMs, signal);
  }
  // Written so that an end that is no number counts as over.
  if (!(clock.now() < endMs)) throw timeOver(request);
  traffic.inFlight++;
}

/** Only for clients that asked for it. */
function budgetPauseMs({ request, settings, traffic }: Departure): number {
  if (!settings.waitForBudget) return 0;
  const priority = request.method === "GET" ? "read" : "write";
  const { seen, inFlight } = traffic;
  return waitForBudgetMs({ seen, nowMs: settings.clock.now(), priority, cost: inFlight + 1 });
}

/** The attempts before, if there were any, prove that nothing happened: only after such is a write sent again. */
function timeOver({ operation }: ApiRequest): HetznerError {
  const text = "the time of the call was over before it could be sent";
  return new HetznerError({ class: "timeout", retryable: true, effect: "none", operation, text });
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
  return Math.min(ownMs, endMs - settings.clock.now());
}
