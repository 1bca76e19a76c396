/** The `Table` on DynamoDB. */
import {
  type CancellationReason,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { encodeCursor } from "./cursor.ts";
import { buildQuery, buildWrite } from "./expressions.ts";
import { assertKey, assertQuery, assertWrites } from "./rules.ts";
import type { Item, Table, Write, WriteResult } from "./table.ts";
import { itemSchema } from "./values.ts";

export interface DynamoTableDeps {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  sleep(ms: number): Promise<void>;
  /** From 0 up to but not including 1; spreads the retries of writers that collided. */
  random(): number;
}

const retriesMax = 5;
const firstRetryMaxMs = 50;

/**
 * Reasons with which nothing is wrong but the moment (AWS, TransactWriteItems, "Cancellation reason codes"). A cancelled
 * transaction has changed nothing, so sending it again, under a new idempotency token of the SDK, is safe.
 */
const passingReasons = new Set(["TransactionConflict", "TransactionInProgress", "ThrottlingError"]);

type Refused = Extract<WriteResult, { ok: false }>;
type Reaction = Refused | "retry" | "throw";

const readItem = (attributes: CancellationReason["Item"]): Item | undefined =>
  attributes === undefined ? undefined : itemSchema.parse(unmarshall(attributes));

const decideCancelled = (reasons: readonly CancellationReason[]): Reaction => {
  const failed = reasons.flatMap(({ Code, Item }, index) =>
    Code === "ConditionalCheckFailed" ? [{ index, item: readItem(Item) }] : [],
  );
  if (failed.length > 0) return { ok: false, failed };
  const codes = reasons.map(({ Code }) => Code ?? "None").filter((code) => code !== "None");
  return codes.length > 0 && codes.every((code) => passingReasons.has(code)) ? "retry" : "throw";
};

/** What an error of a write means: a condition that does not hold, a collision that passes, or a fault. */
const decideReaction = (error: unknown): Reaction => {
  if (error instanceof ConditionalCheckFailedException) {
    return { ok: false, failed: [{ index: 0, item: readItem(error.Item) }] };
  }
  if (error instanceof TransactionConflictException) return "retry";
  return error instanceof TransactionCanceledException ? decideCancelled(error.CancellationReasons ?? []) : "throw";
};

/** Full jitter over a bound that doubles: up to 50, 100, 200, 400 and 800 ms. */
const decideDelayMs = (retries: number, random: number): number => random * firstRetryMaxMs * 2 ** retries;

const makeSend = (client: DynamoDBDocumentClient, tableName: string) => {
  return async (writes: readonly Write[]): Promise<WriteResult> => {
    const actions = writes.map((write) => buildWrite(tableName, write));
    const [only] = actions.length === 1 ? actions : [];
    if (only?.Put) await client.send(new PutCommand(only.Put));
    else if (only?.Delete) await client.send(new DeleteCommand(only.Delete));
    else if (only?.Update) {
      const answer = await client.send(new UpdateCommand({ ...only.Update, ReturnValues: "ALL_NEW" }));
      return { ok: true, item: itemSchema.parse(answer.Attributes) };
    } else await client.send(new TransactWriteCommand({ TransactItems: actions }));
    return { ok: true };
  };
};

/**
 * Collisions with other transactions are retried up to 5 times with jitter, then thrown, as is every other error of
 * DynamoDB. A conditional single write whose answer was lost is sent again by the SDK and can then be refused because
 * of itself: where that matters, write something the caller can recognise (a lease id) or use a transaction, which
 * carries an idempotency token.
 */
export const makeDynamoTable = ({ client, tableName, sleep, random }: DynamoTableDeps): Table => {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: false } });
  const send = makeSend(documents, tableName);
  return {
    get: async ({ pk, sk }) => {
      assertKey({ pk, sk });
      const answer = await documents.send(
        new GetCommand({ TableName: tableName, Key: { pk, sk }, ConsistentRead: true }),
      );
      return answer.Item && itemSchema.parse(answer.Item);
    },
    write: async (...writes) => {
      assertWrites(writes);
      for (let retries = 0; ; retries += 1) {
        try {
          return await send(writes);
        } catch (error) {
          const reaction = decideReaction(error);
          if (typeof reaction === "object") return reaction;
          if (reaction === "throw" || retries === retriesMax) throw error;
        }
        await sleep(decideDelayMs(retries, random()));
      }
    },
    query: async (query) => {
      assertQuery(query);
      const answer = await documents.send(new QueryCommand(buildQuery(tableName, query)));
      return {
        items: (answer.Items ?? []).map((item) => itemSchema.parse(item)),
        cursor: answer.LastEvaluatedKey && encodeCursor(query.index, answer.LastEvaluatedKey),
      };
    },
  };
};
