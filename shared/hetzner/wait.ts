import { type FoundActions, listActions } from "./actions.ts";
import { classifyAction } from "./classify.ts";
import { findErrorRow } from "./error-table.ts";
import { HetznerError } from "./errors.ts";
import type { CallOptions } from "./options.ts";
import type { Action } from "./schemas/action.ts";
import type { Wire } from "./wire.ts";

export interface WaitOptions {
  /** From now on, in milliseconds. Actions can stick for hours, so there is no default. */
  deadlineMs: number;
  /** Called for every action at every look. */
  onProgress?: ((action: Action) => void) | undefined;
  /** Its abort rejects the wait with its reason; the actions go on at Hetzner. */
  signal?: AbortSignal | undefined;
}

/** How the awaited actions ended; each id is in exactly one of the four. */
export interface WaitResult {
  succeeded: Action[];
  failed: { action: Action; error: HetznerError }[];
  /** Not known to Hetzner (any more): read the resource before calling it a failure. */
  missing: number[];
  /** Not ended within the deadline. Unknown, not failed. */
  running: number[];
  /** Why the last look failed, when it did: a deadline reached without an answer is no news about the actions. */
  lastError: HetznerError | null;
}

/** Dense at first, since most actions end within seconds; about 8 looks for a create of 20 s. */
const pausesMs = [1_000, 1_000, 1_000, 2_000, 2_000, 3_000, 3_000];
const PAUSE_MAX_MS = 5_000;

/** The last look may end this much after the deadline. */
const LOOK_MIN_MS = 10_000;

/** @param look 0 for the first; @param random uniform in [0, 1), spreads by 20 % to both sides */
export function lookPauseMs(look: number, random: number): number {
  return Math.round((pausesMs[look] ?? PAUSE_MAX_MS) * (0.8 + 0.4 * random));
}

/**
 * Waits until all actions have ended, all in one request a look (for each 25). One failure does not end the wait for the
 * others. A look that fails retryably (429, 5xx, no network) is made again: it says nothing about the actions.
 *
 * @throws HetznerError when looking is useless (`unauthorized`, ...); the signal's reason
 */
export async function waitForActions(wire: Wire, ids: readonly number[], options: WaitOptions): Promise<WaitResult> {
  const { clock, random } = wire.settings;
  const endMs = clock.now() + options.deadlineMs;
  const result: WaitResult = { succeeded: [], failed: [], missing: [], running: [...new Set(ids)], lastError: null };
  for (let look = 0; result.running.length > 0 && clock.now() < endMs; look++) {
    await clock.sleep(Math.min(lookPauseMs(look, random()), endMs - clock.now()), options.signal);
    const deadlineMs = Math.max(LOOK_MIN_MS, endMs - clock.now());
    const seen = await lookAt(wire, result.running, { signal: options.signal, deadlineMs });
    if (seen instanceof HetznerError) {
      result.lastError = seen;
    } else {
      takeIn(wire, result, seen);
      for (const action of seen.found) options.onProgress?.(action);
    }
  }
  return result;
}

/** A failure that may pass is given back, any other thrown. */
async function lookAt(wire: Wire, ids: readonly number[], options: CallOptions): Promise<FoundActions | HetznerError> {
  try {
    return await listActions(wire, ids, options);
  } catch (error) {
    if (error instanceof HetznerError && error.retryable) return error;
    throw error;
  }
}

function takeIn(wire: Wire, result: WaitResult, { found, missing }: FoundActions): void {
  result.lastError = null;
  result.missing.push(...missing);
  result.running = [];
  for (const action of found) sortIn(wire, result, action);
}

function sortIn(wire: Wire, result: WaitResult, action: Action): void {
  const error = classifyAction(action);
  if (error !== null) {
    if (error.code !== null && findErrorRow(error.code) === undefined) wire.settings.onUnknownCode(error.code);
    result.failed.push({ action, error });
  } else if (action.status === "success") {
    result.succeeded.push(action);
  } else {
    result.running.push(action.id);
  }
}
