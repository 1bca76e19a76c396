import * as z from "zod/mini";
import type { RateLimit } from "./budget.ts";
import { camelKeys } from "./camel.ts";
import { classifyUnexpected } from "./classify.ts";
import { parseJson } from "./error-body.ts";
import { HetznerError, refuseLocally } from "./errors.ts";
import { errorLink } from "./link-errors.ts";
import { httpLink } from "./link-http.ts";
import { rateLimitLink } from "./link-rate-limit.ts";
import { retryLink, type Send, type SendOptions, type Traffic } from "./link-retry.ts";
import { type HetznerOptions, resolveSettings, type Settings } from "./options.ts";
import type { ApiRequest } from "./request.ts";
import { scrubStrings } from "./scrub.ts";

/** The way to Hetzner that all resource functions take as their first argument. */
export interface Wire {
  readonly settings: Settings;
  /** Sends and parses the answer. */
  ask<T>(request: ApiRequest, schema: z.core.$ZodType<T>, options?: SendOptions): Promise<T>;
  /** Sends; any 2xx will do and its body is not looked at. */
  tell(request: ApiRequest, options?: SendOptions): Promise<void>;
  /** The project's budget as the newest answer told it; null while none has. */
  rateLimit(): RateLimit | null;
}

/** Assembles the chain, once. See `makeHetzner` for what it throws. */
export function makeWire(options: HetznerOptions): Wire {
  const settings = resolveSettings(options);
  const traffic: Traffic = { seen: null, inFlight: 0 };
  const observed: Settings = {
    ...settings,
    onRateLimit(rateLimit) {
      traffic.seen = rateLimit;
      settings.onRateLimit(rateLimit);
    },
  };
  const send = makeChain(observed, traffic);
  return {
    settings,
    rateLimit: () => traffic.seen,
    async ask(request, schema, callOptions = {}) {
      const answer = await send(request, callOptions);
      const parsed = z.safeParse(schema, camelKeys(parseAnswer(answer.text, settings.token)));
      if (parsed.success) return parsed.data;
      throw classifyUnexpected(request, answer, settings.token, shapeProblem(parsed.error));
    },
    async tell(request, callOptions = {}) {
      await send(request, callOptions);
    },
  };
}

/**
 * The order matters. The budget is read before errors are made of answers, so that a 429 teaches it too. Errors are made
 * below the repetition, so that each attempt is judged by its class. Parsing stays outside: a 2xx that cannot be
 * understood is never sent again.
 */
function makeChain(settings: Settings, traffic: Traffic): Send {
  const http = httpLink(settings);
  const withBudget = rateLimitLink(http, settings);
  const withErrors = errorLink(withBudget, settings);
  return retryLink(withErrors, settings, traffic);
}

/**
 * The token is out of the text already. JSON can also spell it with escapes, which only show now; a text without a
 * backslash has none.
 */
function parseAnswer(text: string, token: string): unknown {
  const value = parseJson(text);
  return text.includes("\\") ? scrubStrings(value, token) : value;
}

/** Names what is wrong by path and kind; the values themselves are not repeated. */
function shapeProblem(error: z.core.$ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join(".") || "body";
  return `the answer does not have the expected form: ${path} (${issue?.code ?? "unknown"})`;
}

/** Null for what Hetzner itself says does not exist; a 404 of anyone else stays an error. */
export async function absentAsNull<T>(result: Promise<T>): Promise<T | null> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof HetznerError && error.httpStatus === 404 && error.code === "not_found") return null;
    throw error;
  }
}

/** The id as a piece of a path. Hetzner's ids are positive and fit a JS number. */
export function idPath(operation: string, id: number): string {
  if (Number.isSafeInteger(id) && id > 0) return String(id);
  throw refuseLocally(operation, "the id is not a positive whole number");
}
