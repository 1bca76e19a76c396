/** Conditions evaluated as DynamoDB does it, for the memory table. */
import type { Condition, Item, Value } from "./table.ts";
import { compareText } from "./values.ts";

type Comparison = Extract<Condition, { is: string }>;

const order = (actual: Value, expected: Value): number => {
  if (typeof actual === "number" && typeof expected === "number") return actual - expected;
  if (typeof actual === "string" && typeof expected === "string") return compareText(actual, expected);
  return Number.NaN; // no order between types: every comparison with NaN is false, as it is in DynamoDB
};

const compare = (actual: Value, { is, value }: Comparison): boolean => {
  switch (is) {
    case "=":
      return actual === value;
    case "<>":
      return actual !== value;
    case "<":
      return order(actual, value) < 0;
    case "<=":
      return order(actual, value) <= 0;
    case ">":
      return order(actual, value) > 0;
    case ">=":
      return order(actual, value) >= 0;
  }
};

const holdsOne = (condition: Condition, item: Item | undefined): boolean => {
  if ("exists" in condition) return (item !== undefined) === condition.exists;
  if ("anyOf" in condition) return condition.anyOf.some((each) => holdsOne(each, item));
  const actual = item?.[condition.attribute];
  if ("present" in condition) return (actual !== undefined) === condition.present;
  return actual !== undefined && compare(actual, condition);
};

/** True when every condition holds for the item as it is stored; undefined stands for an item that does not exist. */
export const holds = (conditions: readonly Condition[], item: Item | undefined): boolean =>
  conditions.every((condition) => holdsOne(condition, item));
