import { chunkIds, judgeAction } from "./actions.ts";
import type { HetznerError } from "./errors.ts";
import { joinPollLoop } from "./poll-loop.ts";
import type { Action } from "./schemas/action.ts";
import type { Wire } from "./wire.ts";

export interface WaitOptions {
  /** From now on, in milliseconds; exact. Actions can stick for hours, so there is no default. */
  deadlineMs: number;
  /** Called for every awaited action at every look, until the wait is over. What it throws rejects this wait. */
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

/** What a create gives to wait for. */
export interface CreatedActions {
  readonly action: Action | null;
  readonly nextActions: readonly Action[];
}

/**
 * Waits until all actions have ended. One failure does not end the wait for the others. A look that fails retryably (429,
 * 5xx, no network) is made again: it says nothing about the actions.
 *
 * All waits of a process for one endpoint and token share one loop: one request a look for each 25 of all their ids. It
 * gives way when the request budget runs low (`waitForBudgetMs`). Each wait has its own deadline, signal and result.
 *
 * @throws HetznerError when looking is useless (`unauthorized`, ...); the signal's reason; what `onProgress` throws
 */
export async function waitForActions(wire: Wire, ids: readonly number[], options: WaitOptions): Promise<WaitResult> {
  // Before it joins: a wrong id must not fail the waits of others.
  const wanted = chunkIds("actions.wait", ids).flat();
  const { signal, deadlineMs } = options;
  signal?.throwIfAborted();
  const state: WaitState = {
    wire,
    pending: new Set(wanted),
    ended: { succeeded: [], failed: [], missing: [], lastError: null },
  };
  if (wanted.length > 0 && deadlineMs > 0) await waitInLoop(state, options);
  return { ...state.ended, running: [...state.pending] };
}

/** `waitForActions` for the action of a create and all that follow it: a failed start leaves a billed server behind. */
export function waitForCreated(wire: Wire, created: CreatedActions, options: WaitOptions): Promise<WaitResult> {
  const actions = created.action === null ? created.nextActions : [created.action, ...created.nextActions];
  return waitForActions(
    wire,
    actions.map(({ id }) => id),
    options,
  );
}

interface WaitState {
  readonly wire: Wire;
  readonly pending: Set<number>;
  readonly ended: Omit<WaitResult, "running">;
}

async function waitInLoop(state: WaitState, { deadlineMs, signal, onProgress }: WaitOptions): Promise<void> {
  const { clock } = state.wire.settings;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const over = new AbortController();
  const leave = joinPollLoop({
    wire: state.wire,
    pending: state.pending,
    endMs: clock.now() + deadlineMs,
    onLook: (error) => {
      state.ended.lastError = error;
    },
    onSeen: (asked, found) => {
      try {
        for (const action of takeIn(state, asked, found)) {
          // It may end its own wait by the caller's signal.
          if (over.signal.aborted) return;
          onProgress?.(action);
        }
        if (state.pending.size === 0) finish(resolve);
      } catch (error) {
        finish(() => reject(error));
      }
    },
    onFatal: (error) => finish(() => reject(error)),
    onEnd: () => finish(resolve),
  });
  // Leaving is part of the very turn in which the wait ends: nothing reaches it afterwards.
  const finish = (settle: () => void) => {
    leave();
    over.abort();
    settle();
  };
  clock.sleep(deadlineMs, over.signal).then(
    () => finish(resolve),
    (error: unknown) => finish(() => reject(error)),
  );
  signal?.addEventListener("abort", () => finish(() => reject(signal.reason)), { signal: over.signal });
  await promise;
}

/** @returns those that are awaited, as they are now */
function takeIn({ wire, pending, ended }: WaitState, asked: readonly number[], found: readonly Action[]): Action[] {
  const news = found.filter(({ id }) => pending.has(id));
  const known = new Set(found.map(({ id }) => id));
  const missing = asked.filter((id) => pending.has(id) && !known.has(id));
  ended.lastError = null;
  ended.missing.push(...missing);
  for (const id of missing) pending.delete(id);
  for (const action of news) {
    const error = judgeAction(wire, action);
    if (error !== null) ended.failed.push({ action, error });
    else if (action.status === "success") ended.succeeded.push(action);
    if (error !== null || action.status === "success") pending.delete(action.id);
  }
  return news;
}
