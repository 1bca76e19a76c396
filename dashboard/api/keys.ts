/** Keys that make a repeated wish one wish (Idempotency-Key). */
import * as z from "zod";
import { isSettled } from "./failure.ts";

/** Wishes and their keys: what keeps them, the oldest first. */
export interface Keep {
  load(): readonly Kept[];
  save(kept: readonly Kept[]): void;
}
type Kept = readonly [wish: string, key: string];

/** More than anybody leaves open; the oldest goes first. */
const KEPT_MAX = 20;

/** For as long as a part of the screen stands. */
export const inMemory = (): Keep => {
  let kept: readonly Kept[] = [];
  return {
    load: () => kept,
    save: (now) => {
      kept = now;
    },
  };
};

const texts = z.array(z.tuple([z.string(), z.string()]));

const read = (take: () => string | null): readonly Kept[] => {
  try {
    return texts.parse(JSON.parse(take() ?? "[]"));
  } catch {
    return [];
  }
};

type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** For as long as the tab lives, over a reload too. Where the browser keeps nothing for pages: as long as the page. */
export const inTab = (name: string, shelf: () => Shelf): Keep => {
  let kept: readonly Kept[] | undefined;
  return {
    load: () => {
      kept ??= read(() => shelf().getItem(name));
      return kept;
    },
    save: (now) => {
      kept = now;
      try {
        if (now.length === 0) shelf().removeItem(name);
        else shelf().setItem(name, JSON.stringify(now));
      } catch {
        // A browser may refuse, or its room for pages may be full.
      }
    },
  };
};

export interface Keys {
  /** The same for the same wish, until it is settled. */
  keyOf(wish: object): string;
  /** How a try ended; null: well. Afterwards the same wish is another one, unless this one may still have happened. */
  settle(wish: object, failure: unknown): void;
  forget(): void;
}

/**
 * One key for each wish: a click that is repeated, or whose answer was lost, asks once. `newId`: random. The API remembers
 * a key for 24 hours, and for each person apart.
 */
export const makeKeys = (newId: () => string, keep: Keep = inMemory()): Keys => ({
  keyOf: (wish) => {
    const text = JSON.stringify(wish);
    const kept = keep.load();
    const known = kept.find(([each]) => each === text)?.[1];
    if (known !== undefined) return known;
    const key = newId();
    keep.save([...kept, [text, key] as const].slice(-KEPT_MAX));
    return key;
  },
  settle: (wish, failure) => {
    if (failure !== null && !isSettled(failure)) return;
    const text = JSON.stringify(wish);
    keep.save(keep.load().filter(([each]) => each !== text));
  },
  forget: () => keep.save([]),
});

/**
 * Of what is ordered in forms of their own. Kept over a reload, a log-in in between and a way round other pages, for a
 * second key would be a second server. What is kept is what was wished for and a random number: no secrets. It goes when
 * the outcome is known, on log-out, when somebody else logs in, and with the tab.
 */
export const orders = makeKeys(
  () => crypto.randomUUID(),
  inTab("orders", () => sessionStorage),
);

/** Sends a wish under its key. @throws whatever `send` does */
export const sendOnce = async <T>(keys: Keys, wish: object, send: (key: string) => Promise<T>): Promise<T> => {
  try {
    const answer = await send(keys.keyOf(wish));
    keys.settle(wish, null);
    return answer;
  } catch (failure) {
    keys.settle(wish, failure);
    throw failure;
  }
};
