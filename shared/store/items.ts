/** Records to items and back, and the difference of two versions of a record as one update. */
import type * as z from "zod";
import type { Condition, Item, Key, Page, Value } from "./table.ts";

/** Plain data out of a record: what is undefined is left out, everything else must be storable. */
export const toItem = (key: Key, record: Record<string, unknown>, index: Record<string, string> = {}): Item => ({
  ...attributes(record),
  ...index,
  ...key,
});

export const attributes = (record: Record<string, unknown>): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, toValue(value)]),
  );

const toValue = (value: unknown): Value => {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (Array.isArray(value)) return value.map(toValue);
  if (typeof value === "object") return attributes({ ...value });
  throw new TypeError(`a ${typeof value} cannot be stored`);
};

/** Parses an item by its schema; throws when the table holds something else (a bug, or a hand in the table). */
export const fromItem = <T>(schema: z.ZodType<T>, item: Item): T => schema.parse(item);

export const fromPage = <T>(schema: z.ZodType<T>, page: Page): { items: T[]; cursor: string | undefined } => ({
  items: page.items.map((item) => fromItem(schema, item)),
  cursor: page.cursor,
});

/** Only what differs, so that an update never writes over what others own (a cancel request, a probe). */
export const changes = (before: Record<string, unknown>, after: Record<string, unknown>): Record<string, Value> =>
  attributes(
    Object.fromEntries(
      Object.entries(after).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])),
    ),
  );

/** No job has the node or site. */
export const isFree: Condition = { attribute: "openJobId", is: "=", value: null };

/** Nothing that counts in its version has changed since the record was read. */
export const isUnchanged = ({ stateVersion }: { stateVersion: number }): Condition => ({
  attribute: "stateVersion",
  is: "=",
  value: stateVersion,
});
