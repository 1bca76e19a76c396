/** `node local/many-nodes.ts 1000 [DIR]`: fills the list of nodes of the local cloud that keeps its files in DIR (.local). */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { makeDynamoTable } from "../shared/store/dynamo-table.ts";
import { clientConfig } from "./aws/aws.ts";
import { manyNodes, putNodes } from "./cloud/many-nodes.ts";
import { readStack } from "./cloud/stack-file.ts";

const [countText = "1000", dir = ".local"] = process.argv.slice(2);
const stack = await readStack(`${dir}/stack.json`);
const client = new DynamoDBClient(clientConfig({ endpoint: stack.aws_endpoint, region: stack.aws_region }));
const table = makeDynamoTable({
  client,
  tableName: stack.table_name,
  sleep: (ms) => sleep(ms),
  random: () => randomInt(1000) / 1000,
});
const nodes = manyNodes(Number(countText), Date.now());
await putNodes(table, nodes);
client.destroy();
console.log(
  `${nodes.length} nodes are listed at ${stack.base_url}/nodes. They have no servers; a new start forgets them.`,
);
