/**
 * How often a password may be tried for one e-mail. The first five wrong tries are free; the fifth starts a wait of one
 * minute, and each further wrong one doubles it, up to fifteen. A try is counted before the password is looked at, so
 * that guesses sent side by side cannot pass the count together.
 */
import * as z from "zod";

const timeMs = z.number().int();

export const loginTries = z.object({
  /** Tries since the last right password, each counted as wrong until it proved right. */
  wrong: z.number().int().min(1),
  /** Epoch milliseconds; no try before. */
  waitUntilMs: timeMs,
  /** Epoch milliseconds; from then on the tries count no more. */
  forgetAtMs: timeMs,
});
export type LoginTries = z.infer<typeof loginTries>;

/** What is to be stored before the password is looked at; or how long to wait, in whole seconds, at least 1. */
export type TryDecision =
  | { readonly allowed: true; readonly counted: LoginTries }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

const MINUTE_MS = 60_000;
const freeTries = 5;
const firstWaitMs = MINUTE_MS;
const longestWaitMs = 15 * MINUTE_MS;
const forgetAfterMs = 24 * 60 * MINUTE_MS;

const waitAfterMs = (wrong: number): number =>
  wrong < freeTries ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (wrong - freeTries));

/** A try during a wait changes nothing, so it does not make the wait longer. */
export const decideTry = (tries: LoginTries | undefined, nowMs: number): TryDecision => {
  if (tries !== undefined && nowMs < tries.waitUntilMs) {
    return { allowed: false, retryAfterSeconds: Math.ceil((tries.waitUntilMs - nowMs) / 1000) };
  }
  const before = tries === undefined || tries.forgetAtMs <= nowMs ? 0 : tries.wrong;
  const wrong = before + 1;
  return {
    allowed: true,
    counted: { wrong, waitUntilMs: nowMs + waitAfterMs(wrong), forgetAtMs: nowMs + forgetAfterMs },
  };
};

/** E-mails are the same whatever the case of their letters and the space around them. */
export const normaliseEmail = (email: string): string => email.trim().toLowerCase();
