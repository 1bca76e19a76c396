/**
 * The behaviour every `Table` has, as one suite: run over memory in `memory-table.test.ts` and over a live DynamoDB by
 * the end-to-end tests. Each test makes its own keys, so a table that is shared and never emptied will do; what an index
 * shows is polled for, because an index may lag behind its table.
 */
import { describe, expect, it } from "vitest";
import { type Make, makeItems, makeKey, putAll } from "./contract-items.ts";
import type { Condition, Item, Value, Write } from "./table.ts";
import { describeConditions } from "./table-conditions.contract.ts";
import { describeCursors, describeIndexes, describePages } from "./table-queries.contract.ts";

const describeReading = (make: Make) => {
  it("answers undefined for an item that does not exist", async () => {
    expect(await (await make()).get(makeKey())).toBeUndefined();
  });

  it("gives every kind of value back as it was put", async () => {
    const table = await make();
    const item: Item = {
      ...makeKey("sort key with ünïcödé 😀"),
      text: "é😀",
      empty_text: "",
      zero: 0,
      negative: -12.75,
      large: Number.MAX_SAFE_INTEGER,
      yes: true,
      no: false,
      nothing: null,
      list: [1, "two", [3], { four: 4 }, null],
      empty_list: [],
      map: { "a.b": { c: [true] }, size: 1 },
      empty_map: {},
      status: "a reserved word",
      "dotted.name": "not a path",
    };
    await table.write({ put: item });
    expect(await table.get(item)).toEqual(item);
  });

  it("keeps what it was given, whatever happens to that later", async () => {
    const table = await make();
    const key = makeKey();
    const tags: Value[] = ["a"];
    await table.write({ put: { ...key, tags } });
    tags.push("b");
    const read = await table.get(key);
    Reflect.set(Object(read?.tags), 0, "changed");
    expect(await table.get(key)).toEqual({ ...key, tags: ["a"] });
  });
};

const describePut = (make: Make) => {
  it("put replaces the whole item", async () => {
    const table = await make();
    const key = makeKey();
    await table.write({ put: { ...key, old: 1 } });
    expect(await table.write({ put: { ...key, fresh: 2 } })).toEqual({ ok: true });
    expect(await table.get(key)).toEqual({ ...key, fresh: 2 });
  });

  it("put on condition of absence is refused the second time, with the item that is there", async () => {
    const table = await make();
    const key = makeKey();
    const first = { ...key, by: "first" };
    expect(await table.write({ put: first, when: [{ exists: false }] })).toEqual({ ok: true });
    const second = await table.write({ put: { ...key, by: "second" }, when: [{ exists: false }] });
    expect(second).toEqual({ ok: false, failed: [{ index: 0, item: first }] });
    expect(await table.get(key)).toEqual(first);
  });

  it("of ten that create the same item at once, one succeeds", async () => {
    const table = await make();
    const key = makeKey();
    const puts = Array.from({ length: 10 }, (_, by) =>
      table.write({ put: { ...key, by }, when: [{ exists: false }] }).then(({ ok }) => (ok ? [by] : [])),
    );
    const winners = (await Promise.all(puts)).flat();
    expect(winners).toHaveLength(1);
    expect(await table.get(key)).toEqual({ ...key, by: winners[0] });
  });
};

const describeUpdate = (make: Make) => {
  it("update sets, adds and removes, leaves the rest and answers with the item as it is now", async () => {
    const table = await make();
    const key = makeKey();
    await table.write({ put: { ...key, kept: "k", name: "before", count: 5, gone: 1 } });
    const result = await table.write({
      update: key,
      set: { name: "after", fresh: [1] },
      add: { count: -2, new_count: 3 },
      remove: ["gone", "never_there"],
    });
    const item = { ...key, kept: "k", name: "after", fresh: [1], count: 3, new_count: 3 };
    expect(result).toEqual({ ok: true, item });
    expect(await table.get(key)).toEqual(item);
  });

  it("update creates the item when it does not exist", async () => {
    const table = await make();
    const key = makeKey();
    const item = { ...key, count: 1 };
    expect(await table.write({ update: key, add: { count: 1 } })).toEqual({ ok: true, item });
    expect(await table.get(key)).toEqual(item);
  });

  it("update of an absent item is refused, without an item, where it has to exist", async () => {
    const table = await make();
    const key = makeKey();
    const result = await table.write({ update: key, set: { name: "n" }, when: [{ exists: true }] });
    expect(result).toEqual({ ok: false, failed: [{ index: 0, item: undefined }] });
    expect(await table.get(key)).toBeUndefined();
  });

  it("update that is refused changes nothing", async () => {
    const table = await make();
    const item = { ...makeKey(), lease: "mine", count: 1 };
    await table.write({ put: item });
    const when: Condition[] = [{ attribute: "lease", is: "=", value: "other" }];
    const result = await table.write({ update: item, add: { count: 1 }, remove: ["lease"], when });
    expect(result).toEqual({ ok: false, failed: [{ index: 0, item }] });
    expect(await table.get(item)).toEqual(item);
  });

  it("adding to text throws and changes nothing, in a transaction too", async () => {
    const table = await make();
    const item = { ...makeKey(), count: "one" };
    const other = makeKey();
    await table.write({ put: item });
    await expect(table.write({ update: item, add: { count: 1 } })).rejects.toThrow();
    await expect(table.write({ put: other }, { update: item, add: { count: 1 } })).rejects.toThrow();
    expect(await table.get(item)).toEqual(item);
    expect(await table.get(other)).toBeUndefined();
  });

  it("loses none of the additions made at the same time", async () => {
    const table = await make();
    const key = makeKey();
    await Promise.all(Array.from({ length: 10 }, () => table.write({ update: key, add: { count: 1 } })));
    expect(await table.get(key)).toEqual({ ...key, count: 10 });
  });
};

const describeDelete = (make: Make) => {
  it("delete removes the item and does not mind when there is none", async () => {
    const table = await make();
    const key = makeKey();
    await table.write({ put: key });
    expect(await table.write({ delete: key })).toEqual({ ok: true });
    expect(await table.get(key)).toBeUndefined();
    expect(await table.write({ delete: key })).toEqual({ ok: true });
  });

  it("delete whose condition does not hold is refused with the item", async () => {
    const table = await make();
    const item = { ...makeKey(), owner: "me" };
    await table.write({ put: item });
    const result = await table.write({ delete: item, when: [{ attribute: "owner", is: "=", value: "you" }] });
    expect(result).toEqual({ ok: false, failed: [{ index: 0, item }] });
    expect(await table.get(item)).toEqual(item);
  });
};

/** An item with what its type forbids. */
const makeBadItem = (value: unknown): Item => {
  const item: Item = makeKey();
  Reflect.set(item, "bad", value);
  return item;
};

const describeTransactions = (make: Make) => {
  it("a transaction puts, updates, deletes and checks different items", async () => {
    const table = await make();
    const [put, update, removed, check] = [makeKey(), makeKey(), makeKey(), makeKey()];
    await putAll(table, [{ ...update, count: 1 }, removed, check]);
    const result = await table.write(
      { put: { ...put, name: "n" }, when: [{ exists: false }] },
      { update, add: { count: 1 }, when: [{ attribute: "count", is: "=", value: 1 }] },
      { delete: removed },
      { check, when: [{ exists: true }] },
    );
    expect(result).toEqual({ ok: true });
    expect(await table.get(put)).toEqual({ ...put, name: "n" });
    expect(await table.get(update)).toEqual({ ...update, count: 2 });
    expect(await table.get(removed)).toBeUndefined();
    expect(await table.get(check)).toEqual(check);
  });

  it("a transaction with refused conditions writes nothing and names each of them with its item", async () => {
    const table = await make();
    const [fine, taken, absent, removed] = [makeKey(), { ...makeKey(), by: "them" }, makeKey(), makeKey()];
    await putAll(table, [taken, removed]);
    const result = await table.write(
      { put: fine },
      { put: { ...taken, by: "us" }, when: [{ exists: false }] },
      { delete: removed, when: [{ exists: true }] },
      { check: absent, when: [{ exists: true }] },
    );
    const failed = [
      { index: 1, item: taken },
      { index: 3, item: undefined },
    ];
    expect(result).toEqual({ ok: false, failed });
    expect(await table.get(fine)).toBeUndefined();
    expect(await table.get(taken)).toEqual(taken);
    expect(await table.get(removed)).toEqual(removed);
  });

  it("the same transaction sent twice is refused the second time by its own condition", async () => {
    const table = await make();
    const [job, node] = [{ ...makeKey(), lease: "l1" }, makeKey()];
    await table.write({ put: job });
    const send = () =>
      table.write(
        { update: job, remove: ["lease"], when: [{ attribute: "lease", is: "=", value: "l1" }] },
        { update: node, add: { settled: 1 } },
      );
    expect(await send()).toEqual({ ok: true });
    expect(await send()).toEqual({ ok: false, failed: [{ index: 0, item: { pk: job.pk, sk: job.sk } }] });
    expect(await table.get(node)).toEqual({ ...node, settled: 1 });
  });

  it("takes 100 items in one transaction", async () => {
    const table = await make();
    const { pk, items } = makeItems(
      undefined,
      Array.from({ length: 100 }, (_, n) => String(n).padStart(3, "0")),
    );
    expect(await table.write(...items.map((put) => ({ put })))).toEqual({ ok: true });
    expect((await table.query({ pk, limit: 1000 })).items).toEqual(items);
  });
};

const describeFaults = (make: Make) => {
  const key = makeKey();
  const bad: Record<string, readonly Write[]> = {
    "no write at all": [],
    "more than 100 writes": Array.from({ length: 101 }, () => ({ put: makeKey() })),
    "the same item twice in a transaction": [{ put: key }, { check: { ...key }, when: [{ exists: true }] }],
    "an undefined value in a put": [{ put: makeBadItem(undefined) }],
    "an undefined value in an update": [{ update: key, set: { inner: [makeBadItem(undefined)] } }],
    "a value that is no plain value": [{ put: makeBadItem(new Date(0)) }],
    "a name that the SDK cannot read back": [{ put: makeBadItem(JSON.parse('{"__proto__":1}')) }],
    "a number that is none": [{ put: { ...key, count: Number.NaN } }],
    "a number beyond the safe range": [{ update: key, add: { count: 2 ** 53 } }],
    "an empty sort key": [{ put: { pk: key.pk, sk: "" } }],
    "an index key that is no text": [{ put: { ...key, list_pk: 1, list_sk: "a" } }],
    "an empty index key": [{ update: key, set: { work_sk: "" } }],
    "an update that changes nothing": [{ update: key, set: {}, remove: [] }],
    "an update of the key": [{ update: key, set: { sk: "b" } }],
    "an attribute set and removed": [{ update: key, set: { name: 1 }, remove: ["name"] }],
    "a check without a condition": [{ check: key, when: [] }],
    "anyOf nothing": [{ put: key, when: [{ anyOf: [] }] }],
    "an order of what has none": [{ put: key, when: [{ attribute: "flag", is: "<", value: true }] }],
  };
  it.each(Object.entries(bad))("throws at %s and writes nothing", async (_name, writes) => {
    const table = await make();
    await expect(table.write(...writes)).rejects.toThrow(TypeError);
    expect(await table.get(key)).toBeUndefined();
  });

  it.each([0, 1001, 1.5])("throws at a page of %d items", async (limit) => {
    await expect((await make()).query({ pk: key.pk, limit })).rejects.toThrow(TypeError);
  });
};

/** Registers the suite. `make` may give the same table each time. */
export const describeTable = (name: string, make: Make): void => {
  describe(name, () => {
    describe("reading", () => describeReading(make));
    describe("put", () => describePut(make));
    describe("update", () => describeUpdate(make));
    describe("delete", () => describeDelete(make));
    describe("conditions", () => describeConditions(make));
    describe("transactions", () => describeTransactions(make));
    describe("faults of the caller", () => describeFaults(make));
    describe.each([undefined, "list", "work"] as const)("query of index %s", (index) => {
      describePages(make, index);
      describeCursors(make, index);
    });
    describe("indexes", () => describeIndexes(make));
  });
};
