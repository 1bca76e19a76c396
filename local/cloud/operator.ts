import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Credentials, createOperator } from "../../scripts/operator.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { clientConfig, type Target } from "../aws/aws.ts";

/** A name that can never be somebody's real address (RFC 2606). */
const email = "operator@pressluft.test";

/** Makes the operator in the deployed table, by the same code as `npm run operator`. */
export async function makeOperator(target: Target, tableName: string): Promise<Credentials> {
  const client = new DynamoDBClient(clientConfig(target));
  try {
    const table = makeDynamoTable({ client, tableName, sleep: (ms) => sleep(ms), random: Math.random });
    return await createOperator(table, { email, nowMs: Date.now(), random: randomBytes });
  } finally {
    client.destroy();
  }
}
