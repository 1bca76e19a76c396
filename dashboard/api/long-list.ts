/**
 * A list of many pages, newest first, read page after page and then kept up to date a few pages at a time. Pure but for
 * `ask`. It relies on ids being UUIDs of version 7: a page covers all ids from where it begins to its last one.
 */
import type { Page } from "./call.ts";

const PAGE_SIZE = 100;
/** More than this is not read: nobody looks through so many rows. */
const ITEMS_MAX = 2000;

export interface Identified {
  readonly id: string;
}

/** How far the list was gone through, page after page. */
interface Walk {
  /** Of the next page; null: begin anew after the newest. */
  readonly cursor: string | null;
  /** The last item before that page. */
  readonly afterId: string | null;
  readonly beganMs: number;
}

/** A list as far as it was read. */
export interface Listed<T> {
  readonly items: readonly T[];
  /** False: there is more than was read, so filters and sums say so. */
  readonly isWhole: boolean;
  /** More pages are on their way. */
  readonly isReading: boolean;
  /** No item was read before this moment (epoch milliseconds). */
  readonly sinceMs: number;
  /** When it was last asked for. */
  readonly readMs: number;
  readonly walk: Walk;
}

/** One item as it was read by itself, in its place. What is not in the list stays out of it. */
export const withItem = <T extends Identified>(list: Listed<T>, item: T): Listed<T> => ({
  ...list,
  items: list.items.map((before) => (before.id === item.id ? item : before)),
});

export interface Reading<T> {
  ask(query: Readonly<Record<string, string>>): Promise<Page<readonly T[]>>;
  now(): number;
  /** Shows what was read so far. */
  publish(list: Listed<T>): void;
}

/** What is known, with a page put in its place: what the page should hold and does not is gone. */
export const mergePage = <T extends Identified>(
  known: readonly T[],
  { items, cursor }: Page<readonly T[]>,
  afterId: string | null,
): T[] => {
  const lastId = items.at(-1)?.id ?? afterId;
  const newer = known.filter(({ id }) => afterId !== null && id >= afterId);
  const older = known.filter(({ id }) => cursor !== null && lastId !== null && id < lastId);
  return [...newer, ...items, ...older];
};

const atBeginning = (nowMs: number): Walk => ({ cursor: null, afterId: null, beganMs: nowMs });

const nothing = <T>(nowMs: number): Listed<T> => ({
  items: [],
  isWhole: false,
  isReading: true,
  sinceMs: nowMs,
  readMs: nowMs,
  walk: atBeginning(nowMs),
});

const put = <T extends Identified>(list: Listed<T>, page: Page<readonly T[]>, nowMs: number): Listed<T> => {
  const items = mergePage(list.items, page, list.walk.afterId);
  const isAtEnd = page.cursor === null;
  if (!isAtEnd && pageEnd(items, page) < ITEMS_MAX) {
    const walk = { ...list.walk, cursor: page.cursor, afterId: page.items.at(-1)?.id ?? list.walk.afterId };
    return { ...list, items, walk };
  }
  const read = { isReading: false, sinceMs: list.walk.beganMs, walk: atBeginning(nowMs) };
  // What would never be read again is not kept: what is deleted of it would stay for good.
  return { ...list, ...read, items: isAtEnd ? items : items.slice(0, pageEnd(items, page)), isWhole: isAtEnd };
};

/** How many items there are up to the end of a page. */
const pageEnd = <T extends Identified>(items: readonly T[], page: Page<readonly T[]>): number =>
  items.findIndex(({ id }) => id === page.items.at(-1)?.id) + 1;

const queryOf = (cursor: string | null): Record<string, string> => ({
  limit: String(PAGE_SIZE),
  ...(cursor === null ? {} : { cursor }),
});

/**
 * The first time all pages, one after the other, each shown as it comes. After that two requests at most: the newest page,
 * and of the others the one that was not asked for longest. Ten pages are gone through in nine rounds.
 */
export const readList = async <T extends Identified>(
  { ask, now, publish }: Reading<T>,
  before: Listed<T> | undefined,
): Promise<Listed<T>> => {
  const askedMs = now();
  const newest = await ask(queryOf(null));
  let list = startRound(before ?? nothing<T>(askedMs), newest, { askedMs, nowMs: now() });
  const isFirst = list.isReading;
  while (list.walk.cursor !== null) {
    if (isFirst) publish(list);
    list = put(list, await ask(queryOf(list.walk.cursor)), now());
    if (!isFirst) break;
  }
  return { ...list, readMs: now() };
};

/** More was added than the newest page holds: between it and what is known is what nobody has read. */
export const leavesGap = <T extends Identified>(
  known: readonly T[],
  { items, cursor }: Page<readonly T[]>,
): boolean => {
  const [top] = known;
  const last = items.at(-1);
  return cursor !== null && (top === undefined || last === undefined || last.id > top.id);
};

/** The newest page in its place; a walk that is at its beginning, or must begin anew, goes on behind it. */
const startRound = <T extends Identified>(
  before: Listed<T>,
  newest: Page<readonly T[]>,
  { askedMs, nowMs }: { askedMs: number; nowMs: number },
): Listed<T> => {
  const list = leavesGap(before.items, newest) ? { ...before, isWhole: false, walk: atBeginning(askedMs) } : before;
  if (newest.cursor === null || list.walk.cursor === null) {
    return put({ ...list, walk: { ...list.walk, afterId: null } }, newest, nowMs);
  }
  return { ...list, items: mergePage(list.items, newest, null) };
};
