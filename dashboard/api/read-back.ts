/** The newest page of a list, kept as newer ones come, and the pages before it that somebody asked for. Pure. */
import type { Page } from "./call.ts";
import { type Identified, leavesGap, mergePage } from "./long-list.ts";

export interface ReadBack<T> {
  /** Newest first, without a gap. */
  readonly items: readonly T[];
  /** Of the page before them; null: there is none. */
  readonly cursor: string | null;
}

/**
 * The newest page put in its place: what it has pushed out stays. When so much is new that there is a gap to what is known,
 * that is given up: it would be a list with a hole in it.
 */
export const withNewest = <T extends Identified>(known: ReadBack<T>, page: Page<readonly T[]>): ReadBack<T> => {
  if (leavesGap(known.items, page)) return page;
  const items = mergePage(known.items, page, null);
  return { items, cursor: items.length === page.items.length ? page.cursor : known.cursor };
};

/** The page behind `cursor`. What was given up in the meantime is not what it belongs to. */
export const withOlder = <T extends Identified>(
  known: ReadBack<T>,
  cursor: string | null,
  page: Page<readonly T[]>,
): ReadBack<T> =>
  known.cursor === cursor
    ? { items: mergePage(known.items, page, known.items.at(-1)?.id ?? null), cursor: page.cursor }
    : known;

/** One that was asked for by itself. */
export const withOne = <T extends Identified>(known: ReadBack<T>, item: T): ReadBack<T> => ({
  ...known,
  items: known.items.map((before) => (before.id === item.id ? item : before)),
});

/** Those that no newest page tells of any more. */
export const pushedOut = <T extends Identified>({ items }: ReadBack<T>, newest: readonly Identified[]): T[] => {
  const told = new Set(newest.map(({ id }) => id));
  return items.filter(({ id }) => !told.has(id));
};
