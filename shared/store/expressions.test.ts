import { describe, expect, it } from "vitest";
import { buildQuery, buildWrite } from "./expressions.ts";
import { BadCursor, type Condition, type Query, type Write } from "./table.ts";

const key = { pk: "JOB#1", sk: "JOB" };
const stored = { ...key, extra: "not part of the key" };
const target = { TableName: "things", Key: key };
const oldItem = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" };

const writes: readonly [title: string, write: Write, command: unknown][] = [
  [
    "a put without conditions",
    { put: { ...key, name: "n" } },
    { Put: { TableName: "things", Item: { ...key, name: "n" } } },
  ],
  [
    "a put where nothing is yet",
    { put: key, when: [{ exists: false }] },
    {
      Put: {
        TableName: "things",
        Item: key,
        ConditionExpression: "attribute_not_exists(#n0)",
        ...oldItem,
        ExpressionAttributeNames: { "#n0": "pk" },
      },
    },
  ],
  ["a put with an empty list of conditions", { put: key, when: [] }, { Put: { TableName: "things", Item: key } }],
  [
    "an update with every clause, of which the condition shares a name",
    {
      update: stored,
      set: { status: "running", lease_id: "l1" },
      add: { leases: 1 },
      remove: ["error", "size"],
      when: [{ attribute: "status", is: "=", value: "queued" }],
    },
    {
      Update: {
        ...target,
        UpdateExpression: "SET #n0 = :v0, #n1 = :v1 ADD #n2 :v2 REMOVE #n3, #n4",
        ConditionExpression: "#n0 = :v3",
        ...oldItem,
        ExpressionAttributeNames: {
          "#n0": "status",
          "#n1": "lease_id",
          "#n2": "leases",
          "#n3": "error",
          "#n4": "size",
        },
        ExpressionAttributeValues: { ":v0": "running", ":v1": "l1", ":v2": 1, ":v3": "queued" },
      },
    },
  ],
  [
    "an update that only removes",
    { update: key, remove: ["a.b"] },
    { Update: { ...target, UpdateExpression: "REMOVE #n0", ExpressionAttributeNames: { "#n0": "a.b" } } },
  ],
  ["a delete", { delete: key }, { Delete: target }],
  [
    "a delete on conditions",
    { delete: key, when: [{ exists: true }, { attribute: "lease_id", present: false }] },
    {
      Delete: {
        ...target,
        ConditionExpression: "attribute_exists(#n0) AND attribute_not_exists(#n1)",
        ...oldItem,
        ExpressionAttributeNames: { "#n0": "pk", "#n1": "lease_id" },
      },
    },
  ],
];

const conditions: readonly [condition: Condition, expression: string, values: object | undefined][] = [
  [{ attribute: "a", present: true }, "attribute_exists(#n0)", undefined],
  [{ attribute: "a", is: "=", value: null }, "#n0 = :v0", { ":v0": null }],
  [{ attribute: "a", is: "<>", value: false }, "(attribute_exists(#n0) AND #n0 <> :v0)", { ":v0": false }],
  [{ attribute: "a", is: "<", value: 1 }, "#n0 < :v0", { ":v0": 1 }],
  [{ attribute: "a", is: "<=", value: "x" }, "#n0 <= :v0", { ":v0": "x" }],
  [{ attribute: "a", is: ">", value: 0 }, "#n0 > :v0", { ":v0": 0 }],
  [{ attribute: "a", is: ">=", value: "" }, "#n0 >= :v0", { ":v0": "" }],
  [
    { anyOf: [{ attribute: "a", present: false }, { anyOf: [{ attribute: "a", is: "<", value: 5 }] }] },
    "(attribute_not_exists(#n0) OR (#n0 < :v0))",
    { ":v0": 5 },
  ],
];

describe("writes as commands", () => {
  it.each(writes)("builds %s", (_title, write, command) => {
    expect(buildWrite("things", write)).toStrictEqual(command);
  });

  it.each(conditions)("builds a check of %j", (condition, ConditionExpression, values) => {
    expect(buildWrite("things", { check: key, when: [condition] })).toStrictEqual({
      ConditionCheck: {
        ...target,
        ConditionExpression,
        ...oldItem,
        ExpressionAttributeNames: { "#n0": "a" },
        ...(values && { ExpressionAttributeValues: values }),
      },
    });
  });
});

const cursorOf = (position: object) => Buffer.from(JSON.stringify(position)).toString("base64url");
const listed = { pk: "NODE#1", sk: "NODE", list_pk: "NODES", list_sk: "2026" };

const queries: readonly [title: string, query: Query, command: unknown][] = [
  [
    "of the table, strongly consistent",
    { pk: "NODE#1", limit: 25 },
    {
      TableName: "things",
      ConsistentRead: true,
      KeyConditionExpression: "#n0 = :v0",
      ExpressionAttributeNames: { "#n0": "pk" },
      ExpressionAttributeValues: { ":v0": "NODE#1" },
      ScanIndexForward: true,
      Limit: 25,
    },
  ],
  [
    "of an index, backwards, from a cursor on",
    { index: "list", pk: "NODES", descending: true, limit: 50, cursor: cursorOf(listed) },
    {
      TableName: "things",
      IndexName: "list",
      KeyConditionExpression: "#n0 = :v0",
      ExpressionAttributeNames: { "#n0": "list_pk" },
      ExpressionAttributeValues: { ":v0": "NODES" },
      ScanIndexForward: false,
      Limit: 50,
      ExclusiveStartKey: listed,
    },
  ],
  [
    "of an index up to a sort key",
    { index: "work", pk: "DUE", upTo: "0042", limit: 1 },
    {
      TableName: "things",
      IndexName: "work",
      KeyConditionExpression: "#n0 = :v0 AND #n1 <= :v1",
      ExpressionAttributeNames: { "#n0": "work_pk", "#n1": "work_sk" },
      ExpressionAttributeValues: { ":v0": "DUE", ":v1": "0042" },
      ScanIndexForward: true,
      Limit: 1,
    },
  ],
];

describe("queries as commands", () => {
  it.each(queries)("builds one %s", (_title, query, command) => {
    expect(buildQuery("things", query)).toStrictEqual(command);
  });

  it.each([
    ["of another partition", { index: "list", pk: "JOBS", limit: 1, cursor: cursorOf(listed) }],
    ["of another index", { index: "work", pk: "NODES", limit: 1, cursor: cursorOf(listed) }],
    ["with a key that DynamoDB refuses", { pk: "P", limit: 1, cursor: cursorOf({ pk: "P", sk: "é".repeat(513) }) }],
    ["beyond upTo", { pk: "P", upTo: "a", limit: 1, cursor: cursorOf({ pk: "P", sk: "b" }) }],
  ] satisfies [string, Query][])("throws BadCursor at a cursor %s", (_title, query) => {
    expect(() => buildQuery("things", query)).toThrow(BadCursor);
  });
});
