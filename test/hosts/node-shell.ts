/** A way into a node of a running local cloud, with the key and the host keys that the product has itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { clientConfig } from "../../local/aws/aws.ts";
import type { StackFile } from "../../local/cloud/stack-file.ts";
import { look, type SshCommand } from "../../shared/node/index.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { findProvider } from "../../shared/store/providers.ts";
import { makeVault } from "../../shared/vault.ts";

const limits = { connectTimeoutMs: 8_000, commandTimeoutMs: 120_000, totalTimeoutMs: 130_000 };

export type NodeShell = (command: SshCommand) => Promise<string>;

/** Runs commands as root and answers their output. Throws when a command fails, or when the node lets nobody in. */
export async function makeNodeShell(stack: StackFile, nodeId: string): Promise<NodeShell> {
  const config = clientConfig({ endpoint: stack.aws_endpoint, region: stack.aws_region });
  const client = new DynamoDBClient(config);
  const table = makeDynamoTable({ client, tableName: stack.table_name, sleep, random: Math.random });
  const [node, provider] = await Promise.all([findNode(table, nodeId), findProvider(table, "hetzner")]);
  const vault = makeVault({ client: new SecretsManagerClient(config) });
  const privateKey = await vault.read(provider?.managedKey?.secretName ?? "");
  if (node?.publicIp == null || privateKey === undefined) throw new Error("there is no way into the node");
  const target = {
    host: node.publicIp,
    port: node.sshPort,
    user: node.sshUser,
    privateKey,
    hostKeys: node.hostKeys,
  };
  return async (command) => {
    const outcome = await look(target, [command], limits);
    const [result] = outcome.reached ? outcome.results : [];
    if (result?.exitCode === 0) return result.stdout.trim();
    throw new Error(`on the node: ${outcome.reached ? JSON.stringify(result) : outcome.reason}`);
  };
}
