/** Each minute: looks at nodes over SSH, with the same key and in the same way as the check that a person asks for. */
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { environments, readConfig, sshLimits } from "../../shared/config.ts";
import { makeLog } from "../../shared/log.ts";
import { lookAtHost } from "../../shared/node/index.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { makeVault } from "../../shared/vault.ts";
import { awsClientDefaults } from "../http/deps.ts";
import { type NodeWatchDeps, watchNodes } from "./handlers.ts";

const makeDeps = (): NodeWatchDeps => {
  const { TABLE_NAME: tableName } = readConfig(environments["node-watch"]);
  const client = new DynamoDBClient(awsClientDefaults);
  const vault = makeVault({ client: new SecretsManagerClient(awsClientDefaults) });
  return {
    table: makeDynamoTable({ client, tableName, sleep, random: Math.random }),
    now: Date.now,
    log: makeLog("node-watch", Date.now, (line) => process.stdout.write(`${line}\n`)),
    readSecret: vault.read,
    lookAtHost: (target) => lookAtHost(target, sshLimits),
  };
};

let deps: NodeWatchDeps | undefined;

/** The Lambda handler of the schedule. */
export const handler = async (): Promise<void> => {
  deps ??= makeDeps();
  await watchNodes(deps);
};
