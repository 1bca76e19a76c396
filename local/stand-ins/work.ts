/** What a run really does while it is played: it begins with the run, and its end is known when it is done. */
import type { Ending, Work, Working } from "./playbooks.ts";

/** Work that was begun. */
export interface RunningWork {
  /** What it waits for an answer to; undefined: nothing. */
  need(): unknown;
  /** Null while it goes on. */
  ending(): Ending | null;
  /** The answer to what it waits for. */
  give(answer: unknown): void;
  /** Its process goes away. */
  stop(): void;
}

interface Waiting {
  readonly need: unknown;
  resolve(answer: unknown): void;
}

/** Begins it at once. */
export const beginWork = (work: Work, about: Omit<Working, "ask" | "signal">): RunningWork => {
  const power = new AbortController();
  let waiting: Waiting | undefined;
  let ending: Ending | null = null;
  const ask = (need: unknown): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    waiting = { need, resolve };
    return promise;
  };
  work({ ...about, ask, signal: power.signal })
    .catch(brokenBy)
    .then((end) => {
      ending = end;
    });
  return {
    need: () => waiting?.need,
    ending: () => ending,
    give: (answer) => {
      waiting?.resolve(answer);
      waiting = undefined;
    },
    stop: () => power.abort(),
  };
};

/** A bug of ours, or it was stopped. The message is left out: it may quote an address that is a secret. */
const brokenBy = (error: unknown): Ending => ({
  failedTask: `stand-in : broken by ${error instanceof Error ? error.name : "something"}`,
  exitCode: 250,
  recap: null,
});
