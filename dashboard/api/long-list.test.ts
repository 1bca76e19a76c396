import { describe, expect, it } from "vitest";
import type { Page } from "./call.ts";
import { type Listed, mergePage, readList, withItem } from "./long-list.ts";

interface Row {
  readonly id: string;
  readonly word?: string;
}
const idOf = (n: number) => n.toString().padStart(5, "0");
const rows = (...ns: number[]): Row[] => ns.map((n) => ({ id: idOf(n) }));

describe("a page put into its place", () => {
  it.each([
    ["replaces what it covers", rows(5, 4, 3, 2), { items: rows(5, 4), cursor: "c" }, null, [5, 4, 3, 2]],
    ["takes out what it no longer holds", rows(5, 4, 3, 2), { items: rows(5, 3), cursor: "c" }, null, [5, 3, 2]],
    ["puts in what is new", rows(5, 4), { items: rows(7, 6), cursor: "c" }, null, [7, 6, 5, 4]],
    ["leaves what is newer", rows(5, 4, 3, 2), { items: rows(2), cursor: null }, idOf(4), [5, 4, 2]],
    ["ends the list when it is the last", rows(5, 4, 3), { items: [], cursor: null }, idOf(5), [5]],
    ["may be all there is", rows(5, 4), { items: [], cursor: null }, null, []],
    ["may be empty although there is more", rows(5, 4, 3), { items: [], cursor: "c" }, idOf(4), [5, 4, 3]],
  ])("%s", (_, known, page, afterId, expected) => {
    expect(mergePage(known, page, afterId).map(({ id }) => Number(id))).toEqual(expected);
  });
});

/** A list at a server: what is in it can be changed between two readings. */
const makeServer = (count: number) => {
  let stored = rows(...Array.from({ length: count }, (_, n) => count - n));
  const asked: string[] = [];
  const ask = async ({ cursor, limit }: Readonly<Record<string, string>>): Promise<Page<Row[]>> => {
    asked.push(cursor ?? "newest");
    const left = stored.filter(({ id }) => cursor === undefined || id < cursor);
    const items = left.slice(0, Number(limit));
    return { items, cursor: left.length > items.length ? (items.at(-1)?.id ?? null) : null };
  };
  return {
    asked,
    ask,
    change: (to: (before: Row[]) => Row[]) => {
      stored = to(stored);
    },
    stored: () => stored,
  };
};

const makeReader = (server: ReturnType<typeof makeServer>) => {
  let nowMs = 0;
  let list: Listed<Row> | undefined;
  const shown: number[] = [];
  const read = async () => {
    nowMs += 15_000;
    list = await readList(
      { ask: server.ask, now: () => nowMs, publish: ({ items }) => shown.push(items.length) },
      list,
    );
    return list;
  };
  return { read, shown };
};

describe("a list of ten pages", () => {
  it("is read whole the first time and shown as it comes", async () => {
    const server = makeServer(1000);
    const { read, shown } = makeReader(server);
    expect(await read()).toMatchObject({ isWhole: true, isReading: false, items: server.stored() });
    expect(server.asked).toHaveLength(10);
    expect(shown).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });

  it("costs two requests a round from then on, and says from when its oldest row is", async () => {
    const server = makeServer(1000);
    const { read } = makeReader(server);
    await read();
    server.asked.length = 0;
    for (let round = 0; round < 9; round += 1) await read();
    expect(server.asked).toHaveLength(18);
    expect(await read()).toMatchObject({ sinceMs: 15_000 });
  });

  it("has what came and went after one round through it", async () => {
    const server = makeServer(1000);
    const { read } = makeReader(server);
    await read();
    server.change((before) => [...rows(1003, 1002, 1001), ...before.filter((_, at) => at % 7 !== 0)]);
    server.change((before) => before.map((row) => ({ ...row, word: "new" })));
    let list = await read();
    expect(list.items.slice(0, 3).map(({ id }) => Number(id))).toEqual([1003, 1002, 1001]);
    for (let round = 0; round < 9; round += 1) list = await read();
    expect(list.items).toEqual(server.stored());
  });

  it("goes on where it was left", async () => {
    const server = makeServer(1000);
    const gone = new Error("left the page");
    let left: Listed<Row> | undefined;
    const leaving = readList<Row>(
      {
        ask: (query) => (server.asked.length === 4 ? Promise.reject(gone) : server.ask(query)),
        now: () => 0,
        publish: (list) => {
          left = list;
        },
      },
      undefined,
    );
    await expect(leaving).rejects.toBe(gone);
    server.asked.length = 0;
    const list = await readList({ ask: server.ask, now: () => 1, publish: () => {} }, left);
    expect([server.asked.length, list.items.length, list.isWhole]).toEqual([7, 1000, true]);
  });
});

it.each([
  [0, 1],
  [100, 1],
  [101, 2],
])("a list of %i costs %i requests each time", async (count, requests) => {
  const server = makeServer(count);
  const { read } = makeReader(server);
  await read();
  server.asked.length = 0;
  expect((await read()).items).toHaveLength(count);
  expect(server.asked).toHaveLength(requests);
});

it("a list without end is read up to a point and says so", async () => {
  const server = makeServer(2500);
  const { read } = makeReader(server);
  expect(await read()).toMatchObject({ isWhole: false, isReading: false });
  const again = await read();
  expect([again.items.length, again.isReading, server.asked.length]).toEqual([2000, false, 22]);
});

describe("a list that is not whole any more", () => {
  const numbersUpTo = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + count - n);

  it.each([0, 3])("says so when more was added than the newest page holds, %i rounds on its way", async (rounds) => {
    const server = makeServer(1000);
    const { read } = makeReader(server);
    for (let round = 0; round <= rounds; round += 1) await read();
    server.change((before) => [...rows(...numbersUpTo(1000, 250)), ...before]);
    let list = await read();
    expect([list.isWhole, list.items[0]?.id]).toEqual([false, idOf(1250)]);
    for (let round = 0; round < 11; round += 1) list = await read();
    expect(list).toMatchObject({ isWhole: true, items: server.stored() });
  });

  it("says so when it was empty and is long", async () => {
    const server = makeServer(0);
    const { read } = makeReader(server);
    expect(await read()).toMatchObject({ isWhole: true });
    server.change(() => rows(...numbersUpTo(0, 500)));
    expect(await read()).toMatchObject({ isWhole: false });
  });

  it("leaves out what it has grown too long to read again, so that nothing deleted stays", async () => {
    const server = makeServer(1990);
    const { read } = makeReader(server);
    expect(await read()).toMatchObject({ isWhole: true });
    server.change((before) => [...rows(...numbersUpTo(1990, 60)), ...before]);
    let list = await read();
    server.change((before) => before.slice(0, -20));
    for (let round = 0; round < 20; round += 1) list = await read();
    expect(list).toMatchObject({ isWhole: false, items: server.stored().slice(0, list.items.length) });
    expect(list.items.length).toBeGreaterThanOrEqual(2000);
  });
});

it("one item that was read by itself takes its place, and no other", async () => {
  const list = await makeReader(makeServer(3)).read();
  const known = withItem(list, { id: idOf(2), word: "new" });
  expect(known).toEqual({ ...list, items: [{ id: idOf(3) }, { id: idOf(2), word: "new" }, { id: idOf(1) }] });
  expect(withItem(list, { id: idOf(9) }).items).toEqual(list.items);
});
