/** What was typed in a form when the session ended, for the same person to go on with. In memory alone, and no secrets. */
import { createSignal, onCleanup, type Signal } from "solid-js";

export interface Drafts {
  /** Of a form that is taken off the screen. Forgotten at once, unless the session is what took it off. */
  leave(key: string, text: string): void;
  /** The session has ended: what is being left now is kept. */
  keep(): void;
  /** Somebody else logs in, or nobody. */
  forget(): void;
  /** What was kept; once. */
  take(key: string): string | undefined;
}

/** `later` runs when the screen has changed. */
export const makeDrafts = (later: (act: () => void) => void): Drafts => {
  const leaving = new Map<string, string>();
  const kept = new Map<string, string>();
  return {
    leave: (key, text) => {
      leaving.set(key, text);
      later(() => leaving.clear());
    },
    keep: () => {
      for (const [key, text] of leaving) kept.set(key, text);
    },
    forget: () => {
      leaving.clear();
      kept.clear();
    },
    take: (key) => {
      const text = kept.get(key);
      kept.delete(key);
      return text;
    },
  };
};

export const drafts = makeDrafts(queueMicrotask);

/** A signal for a field: what is in it survives the end of the session. Never for a token or a password. */
export const createDraft = (key: string, initial = ""): Signal<string> => {
  const signal = createSignal(drafts.take(key) ?? initial);
  onCleanup(() => drafts.leave(key, signal[0]()));
  return signal;
};
