/**
 * The ground under a file of tests: an empty project and nothing connected, as on the day of the deployment. There is one
 * operator and one Hetzner connection in a deployment, so files that share one wipe it first.
 */
import { BatchWriteItemCommand, DynamoDBClient, paginateScan, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import * as z from "zod";
import { job } from "../../contracts/models.ts";
import { aws, call, connect, ended, order, pause, stack } from "../e2e/client.ts";

const key = z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) });
type Key = z.output<typeof key>;

/** What is made once for a deployment, and who is logged in. */
const stays = /^(OPERATOR|SESSION|INSTALLATION)/;

async function readKeys(client: DynamoDBClient): Promise<Key[]> {
  const found: Key[] = [];
  const wish = { TableName: stack().table_name, ProjectionExpression: "pk, sk" };
  for await (const page of paginateScan({ client }, wish)) found.push(...z.array(key).parse(page.Items ?? []));
  return found;
}

/** Items in one request, at most (DynamoDB, BatchWriteItem). */
const BATCH = 25;
const ROUNDS = 20;

/** DynamoDB hands back what it had no room for. */
async function writeAll(client: DynamoDBClient, requests: WriteRequest[]): Promise<void> {
  let left = requests;
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    if (round > 0) await pause(100 * round);
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [stack().table_name]: left } }));
    left = answer.UnprocessedItems?.[stack().table_name] ?? [];
  }
  if (left.length > 0) throw new Error(`${left.length} items of the table are still there`);
}

async function wipeTable(): Promise<void> {
  const client = new DynamoDBClient(aws());
  const old = (await readKeys(client)).filter(({ pk }) => !stays.test(pk.S));
  for (let at = 0; at < old.length; at += BATCH) {
    await writeAll(
      client,
      old.slice(at, at + BATCH).map((Key) => ({ DeleteRequest: { Key } })),
    );
  }
  client.destroy();
}

const projects = z.object({
  projects: z.array(z.object({ servers: z.array(z.object({ id: z.number() })) })),
});

/** Tells the simulator something that no API of Hetzner's does: `POST faults`. */
export async function control(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> {
  const text =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const answer = await fetch(`${stack().simulator_control}/${path}`, { method, ...text });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

/** A job that a failed test left would go on into the next one's table and project. One that does not end is named. */
async function endJobs(): Promise<void> {
  const jobs = z.array(job).parse((await call("GET", "/api/jobs?limit=100")).body);
  const open = jobs.filter(({ finished_at }) => finished_at === null);
  const end = async (id: string): Promise<void> => {
    await call("POST", `/api/jobs/${id}/cancel`);
    await ended(id, 60).catch(() => process.stderr.write(`browser: job ${id} of a test before does not end\n`));
  };
  await Promise.all(open.map(({ id }) => end(id)));
}

async function wipeProject(): Promise<void> {
  const { projects: all } = projects.parse(await control("GET", "state"));
  const servers = all.flatMap((project) => project.servers);
  await Promise.all(servers.map(({ id }) => control("POST", "delete_by_hand", { server_id: id })));
}

/** For `beforeAll`: whatever the tests before left, nothing is connected or at work afterwards. */
export async function startAfresh(): Promise<void> {
  if (inject("chromium").missing !== null) return;
  await control("DELETE", "faults");
  await endJobs();
  await wipeTable();
  await wipeProject();
}

/** The same, with Hetzner connected by the API. */
export async function startConnected(): Promise<void> {
  if (inject("chromium").missing !== null) return;
  await startAfresh();
  const { status, body } = await connect();
  if (status !== 200) throw new Error(`Hetzner is not connected: ${status} ${JSON.stringify(body)}`);
}

/** A node that can take sites, made by the API. Answers its id. */
export async function makeNode(name: string): Promise<string> {
  if (inject("chromium").missing !== null) return "";
  const job = await ended(await order(name), 60);
  if (job.status !== "succeeded" || job.node_id === null) throw new Error(job.error_message ?? job.status);
  return job.node_id;
}
