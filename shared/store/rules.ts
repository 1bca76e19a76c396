/**
 * What DynamoDB refuses outright, refused here first and alike by both tables, so that a mistake shows in the quickest
 * test. These are faults of the caller, never of a user: thrown as TypeError. Messages name attributes, never values.
 */
import type { Condition, Key, Query, UpdateWrite, Write } from "./table.ts";
import { isValue, keyAttributes, partitionKeySchema, sortKeySchema } from "./values.ts";

/** AWS, TransactWriteItems: "up to 100 distinct items". */
const writesMax = 100;
const pageMax = 1000;

/** The item a write is about. */
export const keyOf = (write: Write): Key => {
  if ("put" in write) return write.put;
  if ("update" in write) return write.update;
  return "delete" in write ? write.delete : write.check;
};

/** One text per key: the table's identity of an item. */
export const idOf = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);

const findKeyFault = ({ pk, sk }: Key): string | undefined => {
  if (!partitionKeySchema.safeParse(pk).success) return "pk is not a text of 1 to 2048 bytes";
  return sortKeySchema.safeParse(sk).success ? undefined : "sk is not a text of 1 to 1024 bytes";
};

const findValueFault = (attributes: { readonly [name: string]: unknown }): string | undefined => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "" || name === "__proto__") return "an attribute has no usable name";
    if (!isValue(value)) return `${name} is undefined or not a plain value`;
    if (keyAttributes.get(name)?.safeParse(value).success === false) return `${name} is not a text that fits a key`;
  }
  return undefined;
};

const findUpdateFault = ({ set = {}, add = {}, remove = [] }: UpdateWrite): string | undefined => {
  const names = [...Object.keys(set), ...Object.keys(add), ...remove];
  if (names.length === 0) return "the update changes nothing";
  if (new Set(names).size < names.length) return "the update names an attribute twice";
  if (names.includes("pk") || names.includes("sk")) return "an update cannot change the key";
  if (Object.values(add).some((value) => typeof value !== "number")) return "only numbers can be added";
  return findValueFault(set) ?? findValueFault(add);
};

const findConditionFault = (condition: Condition): string | undefined => {
  if ("exists" in condition) return undefined;
  if ("anyOf" in condition) {
    return condition.anyOf.length === 0 ? "anyOf is empty" : condition.anyOf.map(findConditionFault).find(Boolean);
  }
  if (condition.attribute === "") return "a condition names no attribute";
  if ("present" in condition) return undefined;
  if (!isValue(condition.value)) return `the condition on ${condition.attribute} compares with no plain value`;
  const ordered =
    condition.is === "=" || condition.is === "<>" || ["string", "number"].includes(typeof condition.value);
  return ordered ? undefined : `the condition on ${condition.attribute} orders what has no order`;
};

const findFault = (write: Write): string | undefined => {
  if ("check" in write && write.when.length === 0) return "a check without a condition";
  return (
    findKeyFault(keyOf(write)) ??
    ("put" in write ? findValueFault(write.put) : undefined) ??
    ("update" in write ? findUpdateFault(write) : undefined) ??
    write.when?.map(findConditionFault).find(Boolean)
  );
};

/** Throws TypeError, naming the position of the write at fault. */
export const assertWrites = (writes: readonly Write[]): void => {
  if (writes.length === 0 || writes.length > writesMax)
    throw new TypeError(`${writes.length} writes: not 1 to ${writesMax}`);
  for (const [index, write] of writes.entries()) {
    const fault = findFault(write);
    if (fault !== undefined) throw new TypeError(`write ${index}: ${fault}`);
  }
  const distinct = new Set(writes.map((write) => idOf(keyOf(write)))).size;
  if (distinct < writes.length) throw new TypeError("two writes of one transaction are about the same item");
};

/** Throws TypeError. */
export const assertKey = (key: Key): void => {
  const fault = findKeyFault(key);
  if (fault !== undefined) throw new TypeError(fault);
};

/** Throws TypeError; a cursor is not judged here. */
export const assertQuery = ({ pk, upTo, limit }: Query): void => {
  const fault = findKeyFault({ pk, sk: upTo ?? pk.slice(0, 1) });
  if (fault !== undefined) throw new TypeError(`query: ${fault}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMax) throw new TypeError(`limit is not 1 to ${pageMax}`);
};
