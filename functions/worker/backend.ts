/** What the worker and the sweeper are built from at a cold start. */
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { realClock } from "../../shared/hetzner/index.ts";
import { newId } from "../../shared/ids.ts";
import { makeLog } from "../../shared/log.ts";
import { makeQueue } from "../../shared/queue.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { awsClientDefaults } from "../http/deps.ts";
import type { WorkerDeps } from "./deps.ts";
import { makeHetznerFor } from "./hetzner.ts";

interface BackendConfig {
  TABLE_NAME: string;
  QUEUE_URL: string;
  HETZNER_ENDPOINT: string;
}

/** What both have; what only the worker has is its own. */
type Backend = Pick<WorkerDeps, "table" | "queue" | "clock" | "log" | "newId" | "hetznerFor">;

export const makeBackend = (source: string, config: BackendConfig, sqs: SQSClient): Backend => {
  const client = new DynamoDBClient(awsClientDefaults);
  const log = makeLog(source, Date.now, (line) => process.stdout.write(`${line}\n`));
  return {
    table: makeDynamoTable({ client, tableName: config.TABLE_NAME, sleep, random: Math.random }),
    queue: makeQueue(sqs, config.QUEUE_URL),
    clock: realClock,
    log,
    newId: () => newId(Date.now()),
    hetznerFor: makeHetznerFor({ endpoint: config.HETZNER_ENDPOINT, log }),
  };
};

/**
 * Keeps what was found for the life of this process: a secret's value never changes under its name. What was not found
 * is asked for again.
 */
export const remember = (read: (name: string) => Promise<string | undefined>) => {
  const known = new Map<string, string>();
  return async (name: string): Promise<string | undefined> => {
    const value = known.get(name) ?? (await read(name));
    if (value !== undefined) known.set(name, value);
    return value;
  };
};
