/** The table as a function's role may use it: what the emulator does not enforce, and AWS does. */
import * as z from "zod";
import { grantsOf, synthesize } from "../../infra/synthesized.ts";
import type { FunctionName } from "../../shared/config.ts";
import type { Key, Table, Write } from "../../shared/store/table.ts";

const leadingKeys = z.array(z.string());
const isLike = (pattern: string, text: string): boolean =>
  pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;

const grants = grantsOf(synthesize("prod").service).filter(({ Effect }) => Effect === "Allow");

const mayTouch = (role: FunctionName, action: string, partition: string): boolean =>
  grants.some((grant) => {
    if (grant.role !== role || !grant.Action.includes(`dynamodb:${action}`)) return false;
    const patterns = leadingKeys.parse([grant.Condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"]].flat());
    return patterns.some((pattern) => isLike(pattern, partition));
  });

const rightOf = (write: Write): readonly [action: string, key: Key] => {
  if ("put" in write) return ["PutItem", write.put];
  if ("update" in write) return ["UpdateItem", write.update];
  if ("delete" in write) return ["DeleteItem", write.delete];
  return ["ConditionCheckItem", write.check];
};

/**
 * Changes a table in place, so that whoever holds it from now on may do what the role may and nothing else. Refusals are
 * thrown, and kept: a caller may take one for a fault of the outside and go on.
 */
export const grantOnly = (table: Table, role: FunctionName): { readonly refused: readonly string[] } => {
  const refused: string[] = [];
  const demand = (action: string, partition: string): void => {
    if (mayTouch(role, action, partition)) return;
    refused.push(`${role} may not ${action} ${partition.replace(/#.*/, "#")}`);
    throw new Error(refused.at(-1));
  };
  const { get, query, write } = table;
  Object.assign(table, {
    get: async (key: Key) => {
      demand("GetItem", key.pk);
      return get(key);
    },
    query: async (asked: Parameters<Table["query"]>[0]) => {
      demand("Query", asked.pk);
      return query(asked);
    },
    write: async (...writes: Write[]) => {
      for (const one of writes) {
        const [action, { pk }] = rightOf(one);
        demand(action, pk);
      }
      return write(...writes);
    },
  } satisfies Table);
  return { refused };
};
