/** Order, pages, cursors and indexes: a part of the suite in `table.contract.ts`. */
import { randomUUID } from "node:crypto";
import { expect, it, vi } from "vitest";
import { type Make, makeItems, makeKey, putAll } from "./contract-items.ts";
import { BadCursor, type IndexName, type Item, type Query, type Table } from "./table.ts";

/** Retries until the index has caught up with the table; at once where there is no lag. */
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 5000, interval: 50 });

const sortOf = (index: IndexName | undefined) => (item: Item) => item[index === undefined ? "sk" : `${index}_sk`];

/** All pages one after the other; bounded, so that a cursor that leads nowhere fails instead of hanging. */
const walk = async (table: Table, query: Query): Promise<Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 50; pages += 1) {
    const page = await table.query({ ...query, cursor });
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    items.push(...page.items);
    cursor = page.cursor;
    if (cursor === undefined) return items;
  }
  throw new Error("the pages do not end");
};

const sorts = ["A", "a#1", "a#2", "b", "é", "\uFFFD", "\u{1F600}"];
const shuffled = [4, 0, 6, 2, 5, 1, 3].map((at) => sorts[at] ?? "");

/** Fills a fresh partition with an item of each sort key, in no order; answers with the query of all of it. */
const fill = async (table: Table, index: IndexName | undefined): Promise<Query> => {
  const { pk, items } = makeItems(index, shuffled);
  await putAll(table, items);
  return { pk, ...(index && { index }), limit: 100 };
};

const expectSorts = (table: Table, query: Query, expected: readonly string[]) =>
  eventually(async () => expect((await walk(table, query)).map(sortOf(query.index))).toEqual(expected));

/** Registers the tests of order and pages, on the table itself or on an index. */
export const describePages = (make: Make, index: IndexName | undefined): void => {
  it("gives one partition in the order of its sort keys' bytes, and backwards", async () => {
    const table = await make();
    await fill(table, index);
    const query = await fill(table, index);
    await expectSorts(table, query, sorts);
    await expectSorts(table, { ...query, descending: true }, sorts.toReversed());
  });

  it("gives sort keys up to and including upTo", async () => {
    const table = await make();
    const query = { ...(await fill(table, index)), upTo: "b" };
    await expectSorts(table, query, sorts.slice(0, 4));
    await expectSorts(table, { ...query, descending: true }, sorts.slice(0, 4).toReversed());
    await expectSorts(table, { ...query, upTo: "0" }, []);
  });

  it.each([1, 2, 3, 7, 8])("gives each item once over pages of %d", async (limit) => {
    const table = await make();
    const query = { ...(await fill(table, index)), limit };
    await expectSorts(table, query, sorts);
    await expectSorts(table, { ...query, descending: true }, sorts.toReversed());
    await expectSorts(table, { ...query, upTo: "b" }, sorts.slice(0, 4));
  });
};

/** Registers the tests of cursors, on the table itself or on an index. */
export const describeCursors = (make: Make, index: IndexName | undefined): void => {
  it("goes on after a page whose last item is deleted meanwhile", async () => {
    const table = await make();
    const query = await fill(table, index);
    await expectSorts(table, query, sorts);
    const page = await table.query({ ...query, limit: 3 });
    const last = page.items.at(-1);
    if (last === undefined) throw new Error("an empty page");
    await table.write({ delete: last });
    const after = await table.query({ ...query, cursor: page.cursor });
    expect(after.items.map(sortOf(index))).toEqual(sorts.slice(3));
  });

  it("answers an empty page without a cursor for a partition that has nothing", async () => {
    const query: Query = { pk: makeKey().pk, ...(index && { index }), limit: 10 };
    expect(await (await make()).query(query)).toEqual({ items: [], cursor: undefined });
  });

  it("throws BadCursor at a cursor it has not given out for this list", async () => {
    const table = await make();
    const [query, other] = [await fill(table, index), await fill(table, index)];
    await Promise.all([expectSorts(table, query, sorts), expectSorts(table, other, sorts)]);
    const { cursor } = await table.query({ ...query, limit: 3 });
    const foreign = (await table.query({ ...other, limit: 3 })).cursor;
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const position: unknown = JSON.parse(Buffer.from(cursor ?? "", "base64url").toString());
    const bad = [
      "",
      "%",
      "bm90IGpzb24",
      encode(null),
      encode([]),
      encode({}),
      encode({ pk: query.pk, sk: 1 }),
      foreign,
    ];
    bad.push(encode(Object.assign({}, position, { extra: "x" })), encode(Object.assign({}, position, { sk: "" })));
    for (const each of bad) await expect(table.query({ ...query, cursor: each })).rejects.toThrow(BadCursor);
    await expect(table.query({ ...query, upTo: "A", cursor })).rejects.toThrow(BadCursor);
    const elsewhere: Query = { pk: query.pk, ...(index !== "work" && { index: "work" as const }), limit: 3, cursor };
    await expect(table.query(elsewhere)).rejects.toThrow(BadCursor);
  });
};

/** Registers the tests of which items an index has. */
export const describeIndexes = (make: Make): void => {
  const ids = async (table: Table, index: IndexName, pk: string) =>
    (await walk(table, { index, pk, limit: 10 })).map((item) => item.id);
  const expectIds = (table: Table, index: IndexName, pk: string, expected: readonly string[]) =>
    eventually(async () => expect(await ids(table, index, pk)).toEqual(expected));

  it("has an item in an index while it carries both of its keys", async () => {
    const table = await make();
    const [pk, moved] = [`L#${randomUUID()}`, `L#${randomUUID()}`];
    const item = { ...makeKey(), id: "one", list_pk: pk, list_sk: "1" };
    await putAll(table, [item, { ...makeKey(), id: "two", list_pk: pk }, { ...makeKey(), id: "three", list_sk: "3" }]);
    await expectIds(table, "list", pk, ["one"]);
    await expectIds(table, "work", pk, []);
    await table.write({ update: item, set: { list_pk: moved, work_pk: pk, work_sk: "9" } });
    await expectIds(table, "list", pk, []);
    await expectIds(table, "list", moved, ["one"]);
    await expectIds(table, "work", pk, ["one"]);
    await table.write({ update: item, remove: ["list_sk"] });
    await expectIds(table, "list", moved, []);
    await table.write({ delete: item });
    await expectIds(table, "work", pk, []);
  });

  it("gives whole items, and each once where many have the same sort key", async () => {
    const table = await make();
    const pk = `W#${randomUUID()}`;
    const items = ["a", "b", "c", "d", "e"].map((id) => ({
      ...makeKey(id),
      id,
      more: [id],
      work_pk: pk,
      work_sk: "same",
    }));
    await putAll(table, items);
    await eventually(async () => {
      const found = await walk(table, { index: "work", pk, limit: 2 });
      expect(found.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))).toEqual(items);
    });
  });
};
