/** A client of the deployed API, as a script of an operator's would be, and what the tests look at behind it. */
import { readdirSync, readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, inject } from "vitest";
import * as z from "zod";
import { job as jobSchema, node as nodeSchema } from "../../contracts/models.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { findJob } from "../../shared/store/jobs.ts";

const jobAccepted = z.object({ job_id: z.uuid() });
const simulatorState = z.object({
  projects: z.array(
    z.object({
      name: z.string(),
      servers: z.array(z.object({ id: z.number(), name: z.string(), labels: z.record(z.string(), z.string()) })),
      ssh_keys: z.array(z.object({ id: z.number() })),
    }),
  ),
});
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Everything the API ever answered in this run, for the canary search. */
export const answers: string[] = [];

export const stack = () => inject("stack");

let cookie: string | undefined;

/** One request with the session of the operator; logs in first. */
export const call = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  cookie ??= await logIn();
  return send(method, path, body, { cookie, ...headers });
};

export const send = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`${stack().base_url}${path}`, { method, headers: { ...type, ...headers }, ...text });
  const answer = await response.text();
  answers.push(answer);
  return { status: response.status, headers: response.headers, body: parse(answer) };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const logIn = async (): Promise<string> => {
  const { operator_email: email, operator_password: password } = stack();
  const answer = await send("POST", "/api/login", { email, password });
  expect(answer.status).toBe(200);
  const [first = ""] = answer.headers.getSetCookie();
  return first.split(";")[0] ?? "";
};

export const connect = (token = stack().hetzner_token): Promise<Answer> =>
  call("POST", "/api/providers", { provider_id: "hetzner", api_token: token });

export const order = async (name: string, headers: Record<string, string> = {}): Promise<string> => {
  const answer = await call("POST", "/api/nodes", { provider_id: "hetzner", name: named(name) }, headers);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return jobAccepted.parse(answer.body).job_id;
};

export const getJob = async (id: string) => jobSchema.parse((await call("GET", `/api/jobs/${id}`)).body);
export const getNode = async (id: string | null) => nodeSchema.parse((await call("GET", `/api/nodes/${id}`)).body);

/** Names differ from run to run, so that a stack that is kept can be used again. Faults are words after the prefix. */
const run = `r${Math.random().toString(36).slice(2, 6)}`;
export const named = (name: string): string => `${run}-${name}`;

/** How often a job was looked at and settled. */
export const hopsOf = async (jobId: string): Promise<number> => {
  const client = new DynamoDBClient(aws());
  const table = makeDynamoTable({ client, tableName: stack().table_name, sleep: pause, random: Math.random });
  return (await findJob(table, jobId))?.wakeSeq ?? 0;
};

/** How the tests reach the emulator, as the AWS SDK wants it. */
export const aws = () => ({
  endpoint: stack().aws_endpoint,
  region: stack().aws_region,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});

const POLL_MS = 500;
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until it holds; fails after `seconds`. */
export const until = async <T>(seconds: number, ask: () => Promise<T | undefined | false>): Promise<T> => {
  const endMs = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > endMs) throw new Error(`did not come true within ${seconds} s`);
    await pause(POLL_MS);
  }
};

export const ended = (jobId: string, seconds: number) =>
  until(seconds, async () => {
    const job = await getJob(jobId);
    return job.finished_at !== null && job;
  });

/** Servers of the connected project that carry a node's label. */
export const serversOf = async (nodeId: string | null) => {
  const state = simulatorState.parse(await (await fetch(`${stack().simulator_control}/state`)).json());
  const demo = state.projects.find(({ name }) => name === "demo");
  return (demo?.servers ?? []).filter((server) => server.labels.node === nodeId);
};

export const projectState = async (project: string) => {
  const state = simulatorState.parse(await (await fetch(`${stack().simulator_control}/state`)).json());
  return state.projects.find(({ name }) => name === project);
};

export const sqs = () => new SQSClient(aws());

export const sendMessage = (jobId: string, seq: number) =>
  sqs().send(
    new SendMessageCommand({ QueueUrl: stack().queue_url, MessageBody: JSON.stringify({ v: 1, job_id: jobId, seq }) }),
  );

/** Processes that run a Lambda function of this cloud: children of the emulator with its name in their arguments. */
export const lambdaWorkers = (name: string): number[] =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => parentOf(pid) === stack().emulator_pid && argumentsOf(pid).includes(name));

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
export const argumentsOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
