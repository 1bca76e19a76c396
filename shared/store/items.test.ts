import { describe, expect, it } from "vitest";
import * as z from "zod";
import { attributes, changes, fromItem, fromPage, toItem } from "./items.ts";

const key = { pk: "A#1", sk: "A" };

describe("a record as an item", () => {
  it("has its key, its index and every value; what is undefined is left out", () => {
    const record = { a: 1, b: "x", c: null, d: undefined, e: [true, { f: undefined, g: 2 }] };
    expect(toItem(key, record, { list_pk: "L" })).toEqual({
      a: 1,
      b: "x",
      c: null,
      e: [true, { g: 2 }],
      list_pk: "L",
      ...key,
    });
    expect(Object.keys(toItem(key, record))).not.toContain("d");
  });

  it("cannot take another item's key", () => {
    expect(toItem(key, { pk: "B#2", sk: "B" })).toEqual(key);
  });

  it.each([() => 1, Symbol("x"), 1n])("with what cannot be stored throws", (value) => {
    expect(() => attributes({ value })).toThrow("cannot be stored");
  });
});

describe("the difference of two records", () => {
  const before = { a: 1, b: { c: [1, 2] }, d: null };

  it.each([
    [before, {}],
    [{ ...before, b: { c: [1, 2] } }, {}],
    [{ ...before, a: 2 }, { a: 2 }],
    [{ ...before, b: { c: [1, 3] } }, { b: { c: [1, 3] } }],
    [{ ...before, d: 0 }, { d: 0 }],
    [{ ...before, e: false }, { e: false }],
    [{ a: 1 }, {}],
    [{ ...before, a: undefined }, {}],
  ])("to %j is %j", (after, difference) => {
    expect(changes(before, after)).toEqual(difference);
  });
});

describe("an item as a record", () => {
  const schema = z.object({ a: z.number() });

  it("is parsed, and loses what the record does not know", () => {
    expect(fromItem(schema, { ...key, a: 1, work_pk: "W" })).toEqual({ a: 1 });
    expect(fromPage(schema, { items: [{ ...key, a: 1 }], cursor: "c" })).toEqual({ items: [{ a: 1 }], cursor: "c" });
  });

  it("that is something else throws", () => {
    expect(() => fromItem(schema, { ...key, a: "1" })).toThrow();
  });
});
