import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type Listed, readList } from "./long-list.ts";

interface Row {
  readonly id: string;
}

/** What happens at the server before it answers for a page. */
interface Change {
  readonly added: number;
  /** Where, as a share of the list, and how many. */
  readonly removedAt: number;
  readonly removed: number;
}

const change = fc.record({
  added: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 260 })),
  removedAt: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 150 })),
});

const still: Change = { added: 0, removedAt: 0, removed: 0 };
const ASK_MS = 100;

/** A server on which rows come and go between two pages, and a clock that goes on with each of them. */
const makeServer = (count: number, changes: Iterator<Change>) => {
  let nowMs = 0;
  let lastId = 0;
  const stored: Row[] = [];
  let storedAtFirst: ReadonlySet<string> = new Set();
  const removedMs = new Map<string, number>();
  const add = (many: number) => {
    const first = lastId + 1;
    lastId += many;
    const added = Array.from({ length: many }, (_, n) => ({ id: String(first + n).padStart(6, "0") }));
    stored.unshift(...added.reverse());
  };
  const apply = ({ added, removedAt, removed }: Change) => {
    add(added);
    for (const { id } of stored.splice(Math.floor(removedAt * stored.length), removed)) removedMs.set(id, nowMs);
  };
  add(count);
  return {
    now: () => nowMs,
    rest: () => {
      nowMs += 15_000;
    },
    ask: async ({ cursor, limit }: Readonly<Record<string, string>>) => {
      const next = changes.next();
      apply(next.done ? still : next.value);
      if (cursor === undefined) storedAtFirst = new Set(stored.map(({ id }) => id));
      const left = stored.filter(({ id }) => cursor === undefined || id < cursor);
      const items = left.slice(0, Number(limit));
      nowMs += ASK_MS;
      return { items, cursor: left.length > items.length ? (items.at(-1)?.id ?? null) : null };
    },
    stored: () => stored,
    /** There when the round began, and still. */
    settled: () => stored.filter(({ id }) => storedAtFirst.has(id)),
    removedMs,
  };
};

type Server = ReturnType<typeof makeServer>;

const ids = (rows: readonly Row[]) => rows.map(({ id }) => id);

const check = (list: Listed<Row>, server: Server): void => {
  const known = ids(list.items);
  expect(known).toEqual([...new Set(known)].sort().reverse());
  expect(known.filter((id) => (server.removedMs.get(id) ?? Number.POSITIVE_INFINITY) < list.sinceMs)).toEqual([]);
  if (!list.isWhole) return;
  const read = new Set(known);
  expect(ids(server.settled()).filter((id) => !read.has(id))).toEqual([]);
};

const readRound = async (server: Server, before: Listed<Row> | undefined): Promise<Listed<Row>> => {
  server.rest();
  const list = await readList<Row>({ ask: server.ask, now: server.now, publish: () => {} }, before);
  check(list, server);
  return list;
};

it("a list that says it is whole lacks nothing, none keeps what went before its oldest row, and each comes to rest", async () => {
  const counts = fc.oneof(fc.integer({ min: 0, max: 450 }), fc.integer({ min: 1800, max: 2200 }));
  await fc.assert(
    fc.asyncProperty(counts, fc.array(change, { maxLength: 60 }), async (count, changes) => {
      const server = makeServer(count, changes[Symbol.iterator]());
      let list: Listed<Row> | undefined;
      for (let round = 0; round < changes.length / 2; round += 1) list = await readRound(server, list);
      const pages = Math.ceil(server.stored().length / 100);
      for (let round = 0; round < 2 * pages + 60; round += 1) list = await readRound(server, list);
      expect(list?.items).toEqual(server.stored().slice(0, list?.items.length));
      expect(list?.isWhole).toBe(list?.items.length === server.stored().length);
    }),
    { numRuns: 40 },
  );
});
