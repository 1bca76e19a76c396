/** What may be stored and how DynamoDB orders it; shared by both tables so that they cannot drift apart. */
import * as z from "zod";
import type { IndexName, Item, Key, Value } from "./table.ts";

const isRecord = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/**
 * True for what is stored and read back unchanged. Not so: undefined, class instances, numbers outside the safe range
 * (the SDK answers them as bigint) and the name `__proto__` (the SDK's decoder would set a prototype with it).
 */
export const isValue = (value: unknown): value is Value => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (Array.isArray(value)) return value.every(isValue);
  return isRecord(value) && Object.entries(value).every(([name, inner]) => name !== "__proto__" && isValue(inner));
};

/** An item as it is read. Its errors name the attribute and never show the value. */
export const itemSchema: z.ZodType<Item> = z
  .object({ pk: z.string(), sk: z.string() })
  .catchall(z.custom<Value>(isValue, "is not a value this table stores"));

const fitsBytes = (maxBytes: number) => (text: string) => Buffer.byteLength(text) <= maxBytes;

/** Partition keys have 1 to 2048 bytes of UTF-8, sort keys 1 to 1024 (AWS, "Quotas in Amazon DynamoDB"). */
export const partitionKeySchema = z.string().min(1).refine(fitsBytes(2048), "is longer than 2048 bytes");
export const sortKeySchema = z.string().min(1).refine(fitsBytes(1024), "is longer than 1024 bytes");

/** The attributes that are the key of an index, or of the table itself. */
export const keyNames = (index: IndexName | undefined): Key =>
  index === undefined ? { pk: "pk", sk: "sk" } : { pk: `${index}_pk`, sk: `${index}_sk` };

/** Key attributes of the table and of both indexes, each with what DynamoDB accepts there. */
export const keyAttributes: ReadonlyMap<string, z.ZodType<string>> = new Map(
  [keyNames(undefined), keyNames("list"), keyNames("work")].flatMap(({ pk, sk }) => [
    [pk, partitionKeySchema],
    [sk, sortKeySchema],
  ]),
);

/** Negative, 0 or positive. DynamoDB orders text by its UTF-8 bytes; `<` in JavaScript goes by UTF-16 code units. */
export const compareText = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
