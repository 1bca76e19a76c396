/** What every API function is built from at its cold start. */
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { ApiFunction } from "../../contracts/operations.ts";
import type { Config, FunctionName } from "../../shared/config.ts";
import { makeLog } from "../../shared/log.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import type { ApiHandler, EdgeDeps } from "./edge.ts";

/**
 * For every AWS client: three tries, none of which may hang. The SDK keeps connections open by itself, and only warns of
 * a request that takes too long unless it is told to throw.
 */
export const awsClientDefaults = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
} as const;

/** Where the platform picks log lines up. */
const writeLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

export const makeEdge = (
  name: ApiFunction & FunctionName,
  config: Pick<Config<"auth">, "TABLE_NAME" | "COOKIE_SECURE">,
): EdgeDeps => {
  const client = new DynamoDBClient(awsClientDefaults);
  return {
    table: makeDynamoTable({ client, tableName: config.TABLE_NAME, sleep, random: Math.random }),
    now: Date.now,
    log: makeLog(name, Date.now, writeLine),
    cookieSecure: config.COOKIE_SECURE,
  };
};

/** Builds on the first request and keeps what was built; a build that failed is tried again by the next request. */
export const onFirstCall = (build: () => ApiHandler): ApiHandler => {
  let handler: ApiHandler | undefined;
  return (event, context) => {
    handler ??= build();
    return handler(event, context);
  };
};
