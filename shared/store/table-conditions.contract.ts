/** What conditions decide: a part of the suite in `table.contract.ts`. */
import { expect, it } from "vitest";
import { type Make, makeKey } from "./contract-items.ts";
import type { Condition, Item } from "./table.ts";

const stored = { text: "m", number: 10, flag: true, nothing: null, list: ["m"], large: "\u{1F600}" };
const conditions: readonly [condition: Condition, holds: boolean][] = [
  [{ exists: true }, true],
  [{ exists: false }, false],
  [{ attribute: "text", present: true }, true],
  [{ attribute: "text", present: false }, false],
  [{ attribute: "nothing", present: true }, true],
  [{ attribute: "absent", present: true }, false],
  [{ attribute: "absent", present: false }, true],
  [{ attribute: "text", is: "=", value: "m" }, true],
  [{ attribute: "text", is: "=", value: "M" }, false],
  [{ attribute: "text", is: "<>", value: "M" }, true],
  [{ attribute: "text", is: "<>", value: "m" }, false],
  [{ attribute: "text", is: "<", value: "n" }, true],
  [{ attribute: "text", is: "<", value: "m" }, false],
  [{ attribute: "text", is: "<=", value: "m" }, true],
  [{ attribute: "text", is: ">", value: "M" }, true],
  [{ attribute: "text", is: ">=", value: "n" }, false],
  [{ attribute: "large", is: ">", value: "\uFFFD" }, true], // by bytes; by UTF-16 code units it would be less
  [{ attribute: "number", is: "=", value: 10 }, true],
  [{ attribute: "number", is: "<", value: 9 }, false],
  [{ attribute: "number", is: "<=", value: 10 }, true],
  [{ attribute: "number", is: ">", value: 9.5 }, true],
  [{ attribute: "number", is: ">=", value: 11 }, false],
  [{ attribute: "flag", is: "=", value: true }, true],
  [{ attribute: "flag", is: "<>", value: true }, false],
  [{ attribute: "nothing", is: "=", value: null }, true],
  [{ attribute: "text", is: "=", value: null }, false],
  [{ attribute: "number", is: "=", value: "10" }, false],
  [{ attribute: "number", is: "<>", value: "10" }, true],
  [{ attribute: "number", is: "<", value: "9" }, false],
  [{ attribute: "number", is: ">", value: "1" }, false],
  [{ attribute: "list", is: "=", value: "m" }, false],
  [{ attribute: "list", is: "<>", value: "m" }, true],
  [{ attribute: "absent", is: "=", value: null }, false],
  [{ attribute: "absent", is: "<>", value: "m" }, false],
  [{ attribute: "absent", is: "<", value: 1 }, false],
  [{ attribute: "absent", is: ">=", value: "" }, false],
  [{ anyOf: [{ exists: false }, { attribute: "number", is: "<", value: 11 }] }, true],
  [{ anyOf: [{ exists: false }, { attribute: "number", is: ">", value: 11 }] }, false],
  [{ anyOf: [{ anyOf: [{ attribute: "absent", present: true }] }, { attribute: "text", present: true }] }, true],
];

const onAbsentItem: readonly [condition: Condition, holds: boolean][] = [
  [{ exists: true }, false],
  [{ exists: false }, true],
  [{ attribute: "text", present: false }, true],
  [{ attribute: "text", is: "<>", value: "m" }, false],
  [{ anyOf: [{ exists: false }, { attribute: "text", is: "=", value: "m" }] }, true],
];

const nameOf = (condition: Condition, holds: boolean) => `${JSON.stringify(condition)}: ${holds}`;

/** Registers the tests of conditions. */
export const describeConditions = (make: Make) => {
  it.each(conditions.map(([condition, holds]) => ({ name: nameOf(condition, holds), condition, holds })))(
    "decides on an item with $name",
    async ({ condition, holds }) => {
      const table = await make();
      const item: Item = { ...makeKey(), ...stored };
      await table.write({ put: item });
      const update = await table.write({ update: item, set: { written: true }, when: [condition] });
      expect(update.ok).toBe(holds);
      const check = await table.write({ check: item, when: [condition] });
      expect(check).toEqual(holds ? { ok: true } : { ok: false, failed: [{ index: 0, item }] });
    },
  );

  it.each(onAbsentItem.map(([condition, holds]) => ({ name: nameOf(condition, holds), condition, holds })))(
    "decides on an absent item with $name",
    async ({ condition, holds }) => {
      const table = await make();
      const key = makeKey();
      const check = await table.write({ check: key, when: [condition] });
      expect(check).toEqual(holds ? { ok: true } : { ok: false, failed: [{ index: 0, item: undefined }] });
      expect((await table.write({ put: key, when: [condition] })).ok).toBe(holds);
    },
  );

  it("asks for every condition to hold", async () => {
    const table = await make();
    const item: Item = { ...makeKey(), ...stored };
    await table.write({ put: item });
    const right: Condition = { attribute: "text", is: "=", value: "m" };
    const wrong: Condition = { attribute: "number", is: "=", value: 0 };
    expect((await table.write({ delete: item, when: [right, wrong] })).ok).toBe(false);
    expect((await table.write({ delete: item, when: [wrong, right] })).ok).toBe(false);
    expect((await table.write({ delete: item, when: [right, { exists: true }] })).ok).toBe(true);
  });
};
