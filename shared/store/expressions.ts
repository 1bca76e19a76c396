/** Writes and queries as DynamoDB commands. Pure. Every name and value is a placeholder, so no reserved word can bite. */
import type { QueryCommandInput, TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { parseCursor } from "./cursor.ts";
import type { Condition, Key, Query, UpdateWrite, Value, Write } from "./table.ts";
import { keyNames } from "./values.ts";

type Action = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

interface Placeholders {
  name(attribute: string): string;
  value(value: Value): string;
  /** What was used, as command attributes: DynamoDB refuses empty maps and unused placeholders. */
  used(): { ExpressionAttributeNames?: Record<string, string>; ExpressionAttributeValues?: Record<string, Value> };
}

const makePlaceholders = (): Placeholders => {
  const names = new Map<string, string>();
  const values: Value[] = [];
  return {
    name: (attribute) => {
      const known = names.get(attribute) ?? `#n${names.size}`;
      names.set(attribute, known);
      return known;
    },
    value: (value) => `:v${values.push(value) - 1}`,
    used: () => ({
      ...(names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries([...names].map(([name, key]) => [key, name])),
      }),
      ...(values.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(values.map((value, at) => [`:v${at}`, value])),
      }),
    }),
  };
};

const present = (name: string, wanted: boolean) => `${wanted ? "attribute_exists" : "attribute_not_exists"}(${name})`;

const buildCondition = (condition: Condition, to: Placeholders): string => {
  if ("exists" in condition) return present(to.name("pk"), condition.exists);
  if ("anyOf" in condition) return `(${condition.anyOf.map((each) => buildCondition(each, to)).join(" OR ")})`;
  const name = to.name(condition.attribute);
  if ("present" in condition) return present(name, condition.present);
  const comparison = `${name} ${condition.is} ${to.value(condition.value)}`;
  // DynamoDB holds an absent attribute to be different from everything; this table's conditions do not.
  return condition.is === "<>" ? `(${present(name, true)} AND ${comparison})` : comparison;
};

const buildWhen = (when: readonly Condition[] | undefined, to: Placeholders) => {
  if (when === undefined || when.length === 0) return undefined;
  return {
    ConditionExpression: when.map((condition) => buildCondition(condition, to)).join(" AND "),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
};

const buildClause = (word: string, parts: readonly string[]) =>
  parts.length > 0 ? [`${word} ${parts.join(", ")}`] : [];

const buildChange = ({ set = {}, add = {}, remove = [] }: UpdateWrite, to: Placeholders): string =>
  [
    ...buildClause(
      "SET",
      Object.entries(set).map(([name, value]) => `${to.name(name)} = ${to.value(value)}`),
    ),
    ...buildClause(
      "ADD",
      Object.entries(add).map(([name, value]) => `${to.name(name)} ${to.value(value)}`),
    ),
    ...buildClause("REMOVE", remove.map(to.name)),
  ].join(" ");

const pickKey = ({ pk, sk }: Key): Key => ({ pk, sk });

/** One write as an entry of TransactWriteItems; its inside is also the input of the single command. */
export const buildWrite = (TableName: string, write: Write): Action => {
  const to = makePlaceholders();
  if ("put" in write) return { Put: { TableName, Item: write.put, ...buildWhen(write.when, to), ...to.used() } };
  if ("update" in write) {
    const UpdateExpression = buildChange(write, to);
    const when = buildWhen(write.when, to);
    return { Update: { TableName, Key: pickKey(write.update), UpdateExpression, ...when, ...to.used() } };
  }
  if ("delete" in write) {
    return { Delete: { TableName, Key: pickKey(write.delete), ...buildWhen(write.when, to), ...to.used() } };
  }
  const ConditionExpression = write.when.map((condition) => buildCondition(condition, to)).join(" AND ");
  const Key = pickKey(write.check);
  return {
    ConditionCheck: {
      TableName,
      Key,
      ConditionExpression,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ...to.used(),
    },
  };
};

/** Throws `BadCursor`. DynamoDB reads an index eventually consistently and refuses to do otherwise. */
export const buildQuery = (TableName: string, query: Query): QueryCommandInput => {
  const to = makePlaceholders();
  const names = keyNames(query.index);
  const position = parseCursor(query);
  const partition = `${to.name(names.pk)} = ${to.value(query.pk)}`;
  const range = query.upTo === undefined ? [] : [`${to.name(names.sk)} <= ${to.value(query.upTo)}`];
  return {
    TableName,
    ...(query.index === undefined ? { ConsistentRead: true } : { IndexName: query.index }),
    KeyConditionExpression: [partition, ...range].join(" AND "),
    ...to.used(),
    ScanIndexForward: query.descending !== true,
    Limit: query.limit,
    ...(position && { ExclusiveStartKey: position }),
  };
};
