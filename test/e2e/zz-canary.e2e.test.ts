/** After everything else has run: the token is in Secrets Manager and nowhere else. Runs last, by its name. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { readLambdaLogs } from "../lambda-logs.ts";
import { answers, argumentsOf, aws, call, connect, ended, order, sqs, stack } from "./client.ts";

/** The token, its first half (Hetzner's 429 quotes it), and what a private key begins with. */
const canaries = () => [stack().hetzner_token.slice(0, 32), stack().hetzner_token.slice(32), "OPENSSH PRIVATE KEY"];
const expectClean = (where: string, text: string) => {
  for (const canary of canaries()) expect(text.includes(canary), `a secret in ${where}`).toBe(false);
};

const scanAll = async (): Promise<string> => {
  const pages: string[] = [];
  for await (const page of paginateScan({ client: new DynamoDBClient(aws()) }, { TableName: stack().table_name })) {
    pages.push(JSON.stringify(page.Items));
  }
  return pages.join("");
};

/** Readable files below a folder, the emulator's own state and logs among them. */
const files = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? files(path) : entry.isFile() && statSync(path).size < 50_000_000 ? [path] : [];
  });

test("after a full run the token is in Secrets Manager and nowhere else", { timeout: 180_000 }, async () => {
  expect((await connect()).status).toBe(200);
  const job = await ended(await order("canary-fault-rate-limited"), 150);
  expect(job.status).toBe("succeeded");
  await call("GET", "/api/providers/hetzner");
  const secrets = new SecretsManagerClient(aws());
  const { SecretList = [] } = await secrets.send(new ListSecretsCommand({ MaxResults: 100 }));
  const tokens = SecretList.filter(({ Name }) => Name?.includes("/token/"));
  const values = await Promise.all(
    tokens.map(async ({ Name }) => (await secrets.send(new GetSecretValueCommand({ SecretId: Name }))).SecretString),
  );
  expect(values).toContain(stack().hetzner_token);

  expectClean("the table", await scanAll());
  const logs = (await readLambdaLogs(stack())).join("\n");
  expect(logs, "the logs were read").toContain("job_look");
  expectClean("the logs", logs);
  expectClean("answers of the API", answers.join("\n"));
  for (const queue of [stack().queue_url, stack().dlq_url]) {
    const { Messages = [] } = await sqs().send(
      new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
    );
    expectClean("a queue", JSON.stringify(Messages));
  }
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  expectClean("the arguments of a process", pids.map((pid) => argumentsOf(Number(pid))).join("\n"));
  // The bundles themselves hold the words that begin a private key.
  for (const path of files(".local/e2e/aws")) {
    const text = readFileSync(path, "latin1");
    expect(text.includes(stack().hetzner_token.slice(0, 32)), `the token in ${path}`).toBe(false);
  }
});
