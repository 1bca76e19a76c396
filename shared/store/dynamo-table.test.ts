import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { makeDynamoTable } from "./dynamo-table.ts";
import { BadCursor, type Item, type Table } from "./table.ts";

interface Answer {
  readonly status: number;
  readonly body: object;
}

interface Fake {
  readonly table: Table;
  /** Commands as they came over the wire, in order. */
  readonly seen: { readonly command: string; readonly body: unknown }[];
  /** How long the table slept before each retry, in ms. */
  readonly sleptMs: number[];
}

const ok = (body: object = {}): Answer => ({ status: 200, body });
const fail = (type: string, more: object = {}): Answer => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "as scripted", ...more },
});
const cancel = (...reasons: (string | { Code: string; Item?: object })[]): Answer =>
  fail("TransactionCanceledException", {
    CancellationReasons: reasons.map((reason) => (typeof reason === "string" ? { Code: reason } : reason)),
  });

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** DynamoDB's wire protocol with scripted answers; a test that leaves an answer over fails. */
const startFake = async (...answers: Answer[]): Promise<Fake> => {
  const seen: Fake["seen"] = [];
  const sleptMs: number[] = [];
  const server = createServer(async (request, response) => {
    const command = String(request.headers["x-amz-target"]).replace("DynamoDB_20120810.", "");
    seen.push({ command, body: await json(request) });
    const { status, body } = answers.shift() ?? fail("ValidationException");
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.custom<AddressInfo>((address) => typeof address === "object").parse(server.address());
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-central-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    maxAttempts: 1,
  });
  cleanUps.push(async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(answers, "scripted answers nobody asked for").toEqual([]);
  });
  const sleep = async (ms: number) => void sleptMs.push(ms);
  return { table: makeDynamoTable({ client, tableName: "things", sleep, random: () => 0.5 }), seen, sleptMs };
};

const key = { pk: "JOB#1", sk: "JOB" };
const wireKey = { pk: { S: "JOB#1" }, sk: { S: "JOB" } };
const item: Item = { ...key, n: 1.5, flag: true, none: null, list: ["a", { b: 2 }] };
const wireItem = {
  ...wireKey,
  n: { N: "1.5" },
  flag: { BOOL: true },
  none: { NULL: true },
  list: { L: [{ S: "a" }, { M: { b: { N: "2" } } }] },
};
const other = { pk: "NODE#1", sk: "NODE" };
const wireOther = { pk: { S: "NODE#1" }, sk: { S: "NODE" } };

describe("commands on the wire", () => {
  it("gets strongly consistently", async () => {
    const { table, seen } = await startFake(ok({ Item: wireItem }), ok());
    expect(await table.get(item)).toEqual(item);
    expect(await table.get(key)).toBeUndefined();
    const get = { command: "GetItem", body: { TableName: "things", Key: wireKey, ConsistentRead: true } };
    expect(seen).toEqual([get, get]);
  });

  it("sends one put as PutItem", async () => {
    const { table, seen } = await startFake(ok());
    expect(await table.write({ put: item, when: [{ exists: false }] })).toEqual({ ok: true });
    const body = {
      TableName: "things",
      Item: wireItem,
      ConditionExpression: "attribute_not_exists(#n0)",
      ExpressionAttributeNames: { "#n0": "pk" },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
    expect(seen).toEqual([{ command: "PutItem", body }]);
  });

  it("sends one update as UpdateItem and answers with the new item", async () => {
    const { table, seen } = await startFake(ok({ Attributes: wireItem }));
    const result = await table.write({
      update: key,
      set: { flag: true },
      when: [{ attribute: "n", is: "<", value: 2 }],
    });
    expect(result).toEqual({ ok: true, item });
    const body = {
      TableName: "things",
      Key: wireKey,
      UpdateExpression: "SET #n0 = :v0",
      ConditionExpression: "#n1 < :v1",
      ExpressionAttributeNames: { "#n0": "flag", "#n1": "n" },
      ExpressionAttributeValues: { ":v0": { BOOL: true }, ":v1": { N: "2" } },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ReturnValues: "ALL_NEW",
    };
    expect(seen).toEqual([{ command: "UpdateItem", body }]);
  });

  it("sends one delete as DeleteItem", async () => {
    const { table, seen } = await startFake(ok());
    expect(await table.write({ delete: key })).toEqual({ ok: true });
    expect(seen).toEqual([{ command: "DeleteItem", body: { TableName: "things", Key: wireKey } }]);
  });

  it("sends one check as a transaction of one", async () => {
    const { table, seen } = await startFake(ok());
    expect(await table.write({ check: key, when: [{ exists: true }] })).toEqual({ ok: true });
    const ConditionCheck = {
      TableName: "things",
      Key: wireKey,
      ConditionExpression: "attribute_exists(#n0)",
      ExpressionAttributeNames: { "#n0": "pk" },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
    const body = { TransactItems: [{ ConditionCheck }], ClientRequestToken: expect.any(String) };
    expect(seen).toEqual([{ command: "TransactWriteItems", body }]);
  });

  it("sends several writes as one transaction, in their order", async () => {
    const { table, seen } = await startFake(ok());
    expect(
      await table.write({ update: other, add: { jobs: 1 } }, { put: key }, { delete: { pk: "A", sk: "B" } }),
    ).toEqual({
      ok: true,
    });
    const Update = {
      TableName: "things",
      Key: wireOther,
      UpdateExpression: "ADD #n0 :v0",
      ExpressionAttributeNames: { "#n0": "jobs" },
      ExpressionAttributeValues: { ":v0": { N: "1" } },
    };
    const Put = { TableName: "things", Item: wireKey };
    const Delete = { TableName: "things", Key: { pk: { S: "A" }, sk: { S: "B" } } };
    const body = { TransactItems: [{ Update }, { Put }, { Delete }], ClientRequestToken: expect.any(String) };
    expect(seen).toEqual([{ command: "TransactWriteItems", body }]);
  });

  it("queries an index page by page, going on where the last page ended", async () => {
    const at = { ...wireKey, list_pk: { S: "JOBS" }, list_sk: { S: "7" } };
    const { table, seen } = await startFake(ok({ Items: [wireItem], LastEvaluatedKey: at }), ok({ Items: [] }));
    const query = { index: "list", pk: "JOBS", descending: true, limit: 1 } as const;
    const first = await table.query(query);
    expect(first.items).toEqual([item]);
    expect(await table.query({ ...query, cursor: first.cursor })).toEqual({ items: [], cursor: undefined });
    const body = {
      TableName: "things",
      IndexName: "list",
      KeyConditionExpression: "#n0 = :v0",
      ExpressionAttributeNames: { "#n0": "list_pk" },
      ExpressionAttributeValues: { ":v0": { S: "JOBS" } },
      ScanIndexForward: false,
      Limit: 1,
    };
    expect(seen).toEqual([
      { command: "Query", body },
      { command: "Query", body: { ...body, ExclusiveStartKey: at } },
    ]);
  });

  it("sends nothing for a bad cursor or an undefined value", async () => {
    const { table, seen } = await startFake();
    await expect(table.query({ pk: "P", limit: 1, cursor: "nonsense" })).rejects.toThrow(BadCursor);
    const bad: Item = { ...key };
    Reflect.set(bad, "name", undefined);
    await expect(table.write({ put: bad })).rejects.toThrow("write 0: name is undefined");
    expect(seen).toEqual([]);
  });

  it("throws at an item it could not have stored, without showing what it holds", async () => {
    const { table } = await startFake(ok({ Item: { ...wireKey, tags: { SS: ["canary"] } } }));
    const error: unknown = await table.get(key).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("tags");
    expect(String(error)).not.toContain("canary");
  });
});

describe("conditions that do not hold", () => {
  const put = { put: key, when: [{ exists: false }] } as const;

  it("answers a refused single write with the item that is there", async () => {
    const { table, sleptMs } = await startFake(fail("ConditionalCheckFailedException", { Item: wireItem }));
    expect(await table.write(put)).toEqual({ ok: false, failed: [{ index: 0, item }] });
    expect(sleptMs).toEqual([]);
  });

  it("answers a refused single write without an item where there is none", async () => {
    const { table } = await startFake(fail("ConditionalCheckFailedException"));
    expect(await table.write(put)).toEqual({ ok: false, failed: [{ index: 0, item: undefined }] });
  });

  it("answers a refused transaction with each refusal, its position and its item", async () => {
    const failed = "ConditionalCheckFailed";
    const { table } = await startFake(cancel("None", { Code: failed, Item: wireItem }, { Code: failed }));
    const result = await table.write({ put: { pk: "A", sk: "B" } }, put, { check: other, when: [{ exists: true }] });
    const expected = [
      { index: 1, item },
      { index: 2, item: undefined },
    ];
    expect(result).toEqual({ ok: false, failed: expected });
  });

  it("takes a refusal beside a collision as a refusal", async () => {
    const { table, sleptMs } = await startFake(cancel("TransactionConflict", "ConditionalCheckFailed"));
    const result = await table.write({ put: other }, put);
    expect(result).toEqual({ ok: false, failed: [{ index: 1, item: undefined }] });
    expect(sleptMs).toEqual([]);
  });
});

describe("collisions", () => {
  const both = [{ put: key }, { put: other }] as const;
  const conflict = cancel("None", "TransactionConflict");
  const tokenOf = ({ body }: Fake["seen"][number]) =>
    z.object({ ClientRequestToken: z.string() }).parse(body).ClientRequestToken;

  it("sends a transaction again after a conflict, as a new one, until it succeeds", async () => {
    const { table, seen, sleptMs } = await startFake(conflict, conflict, ok());
    expect(await table.write(...both)).toEqual({ ok: true });
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(tokenOf)).size).toBe(3);
    expect(sleptMs).toEqual([25, 50]);
  });

  it("throws at the sixth conflict", async () => {
    const { table, seen, sleptMs } = await startFake(conflict, conflict, conflict, conflict, conflict, conflict);
    await expect(table.write(...both)).rejects.toMatchObject({ name: "TransactionCanceledException" });
    expect(seen).toHaveLength(6);
    expect(sleptMs).toEqual([25, 50, 100, 200, 400]);
  });

  it("finds a condition refused after a conflict", async () => {
    const { table } = await startFake(conflict, cancel({ Code: "ConditionalCheckFailed", Item: wireItem }, "None"));
    expect(await table.write(...both)).toEqual({ ok: false, failed: [{ index: 0, item }] });
  });

  it.each(["TransactionInProgress", "ThrottlingError"])("retries after the reason %s", async (reason) => {
    const { table, sleptMs } = await startFake(cancel(reason, "TransactionConflict"), ok());
    expect(await table.write(...both)).toEqual({ ok: true });
    expect(sleptMs).toEqual([25]);
  });

  it("retries a single write that collides with a transaction, and throws at the sixth collision", async () => {
    const collision = fail("TransactionConflictException");
    const { table, seen } = await startFake(collision, ok());
    expect(await table.write({ put: key })).toEqual({ ok: true });
    expect(seen.map(({ command }) => command)).toEqual(["PutItem", "PutItem"]);
    const busy = await startFake(...Array.from({ length: 6 }, () => collision));
    await expect(busy.table.write({ put: key })).rejects.toMatchObject({ name: "TransactionConflictException" });
  });

  it.each([
    ["a reason that does not pass", cancel("ValidationError", "TransactionConflict"), "TransactionCanceledException"],
    ["a cancellation without a reason", cancel("None", "None"), "TransactionCanceledException"],
    ["a transaction of unknown outcome", fail("TransactionInProgressException"), "TransactionInProgressException"],
    ["any other error", fail("ResourceNotFoundException"), "ResourceNotFoundException"],
  ])("throws at once at %s", async (_title, answer, name) => {
    const { table, sleptMs } = await startFake(answer);
    await expect(table.write(...both)).rejects.toMatchObject({ name });
    expect(sleptMs).toEqual([]);
  });
});
