import { describe, expect, it } from "vitest";
import { makeMemoryTable } from "./memory-table.ts";
import { describeTable } from "./table.contract.ts";

describeTable("the memory table", async () => makeMemoryTable());

describe("the memory table alone", () => {
  it("dumps everything, by key, as copies", async () => {
    const table = makeMemoryTable();
    const items = ["b", "a"].flatMap((pk) => [
      { pk, sk: "2", tags: ["t"] },
      { pk, sk: "1", tags: ["t"] },
    ]);
    for (const put of items) await table.write({ put });
    Reflect.set(Object(table.dump()[0]?.tags), 0, "changed");
    expect(table.dump()).toEqual(items.toReversed());
  });

  it("gives a cursor with a full last page, as DynamoDB does, and then an empty page", async () => {
    const table = makeMemoryTable();
    await table.write({ put: { pk: "p", sk: "1" } }, { put: { pk: "p", sk: "2" } });
    const { items, cursor } = await table.query({ pk: "p", limit: 2 });
    expect(items).toHaveLength(2);
    expect(cursor).toEqual(expect.any(String));
    expect(await table.query({ pk: "p", limit: 2, cursor })).toEqual({ items: [], cursor: undefined });
  });

  it("starts each table empty", async () => {
    await makeMemoryTable().write({ put: { pk: "p", sk: "s" } });
    expect(makeMemoryTable().dump()).toEqual([]);
  });
});
