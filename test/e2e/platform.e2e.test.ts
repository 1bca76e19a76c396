/** The store, the vault and the queue on the emulator: the same suites that hold their stand-ins in memory. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { describeTable } from "../../shared/store/table.contract.ts";
import { describeVault } from "../../shared/vault.contract.ts";
import { makeVault } from "../../shared/vault.ts";
import { aws, stack } from "./client.ts";

describeTable("the deployed table", async () =>
  makeDynamoTable({
    client: new DynamoDBClient(aws()),
    tableName: stack().table_name,
    sleep,
    random: Math.random,
  }),
);

describeVault(
  "the emulator's Secrets Manager",
  () => makeVault({ client: new SecretsManagerClient(aws()) }),
  () => `contract/${randomUUID()}`,
);
