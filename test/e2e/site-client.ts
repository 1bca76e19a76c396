/** Sites of the deployed API: asked for, shown, and what is on a node and in the bucket behind it. */
import { createHash } from "node:crypto";
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import * as z from "zod";
import type { Job } from "../../contracts/models.ts";
import * as sites from "../../contracts/site-models.ts";
import { makeNodeShell } from "../hosts/node-shell.ts";
import { aws, call, ended, getJob, hopsOf, order, sendMessage, stack, until } from "./client.ts";

const accepted = z.object({ job_id: z.uuid() });

/** Asks for a job and answers its id. */
export const start = async (method: string, path: string, body?: unknown): Promise<string> => {
  const answer = await call(method, path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return accepted.parse(answer.body).job_id;
};

export const getSite = async (id: string | null) => sites.site.parse((await call("GET", `/api/sites/${id}`)).body);
export const getEnvironment = async (id: string | null) =>
  sites.environment.parse((await call("GET", `/api/environments/${id}`)).body);
/** Newest first. */
export const getBackups = async (environmentId: string) =>
  z.array(sites.backup).parse((await call("GET", `/api/environments/${environmentId}/backups`)).body);

/** How long a job may take here; no test waits for its second attempt. */
const JOB_SECONDS = 120;

/** Sends the message of a job again and again: ten at once at first, old and current ones at each look, all at its end. */
const pester = async (jobId: string): Promise<void> => {
  await Promise.all(Array.from({ length: 10 }, () => sendMessage(jobId, 0)));
  await until(JOB_SECONDS, async () => {
    const hops = await hopsOf(jobId);
    await Promise.all([hops, Math.max(0, hops - 1)].map((seq) => sendMessage(jobId, seq)));
    return (await getJob(jobId)).finished_at !== null;
  });
  const numbers = Array.from({ length: (await hopsOf(jobId)) + 2 }, (_, seq) => seq);
  await Promise.all(numbers.map((seq) => sendMessage(jobId, seq)));
};

/** A node with all jobs on it: each is done while its messages come again and again, and is held against later. */
export interface Ground {
  readonly nodeId: string;
  /** Every job that has ended, as it was then. */
  readonly over: Job[];
  /** Every run that must have been begun on the node. */
  readonly runs: string[];
}

/** A new node that is ready for sites. */
export const makeGround = async (name: string): Promise<Ground> => {
  const job = await ended(await order(name), 90);
  expect(job.status, job.error_message ?? "").toBe("succeeded");
  return { nodeId: job.node_id ?? "", over: [job], runs: [`${job.id}-install_runtime-1`] };
};

/** Does what takes a job. `steps`: the steps that are a run on the node, each of which must be begun once. */
export const work = async (
  { over, runs }: Ground,
  { asked, steps }: { asked: Promise<string>; steps: readonly string[] },
): Promise<Job> => {
  const jobId = await asked;
  await pester(jobId);
  const job = await getJob(jobId);
  over.push(job);
  runs.push(...steps.map((step) => `${jobId}-${step}-1`));
  return job;
};

/** The same for what must succeed. */
export const succeed = async (ground: Ground, asked: Promise<string>, ...steps: string[]): Promise<Job> => {
  const job = await work(ground, { asked, steps });
  expect(job.error_message ?? job.status).toBe("succeeded");
  expect(job).toMatchObject({ progress: 100, attempt_count: 1, log_tail: [] });
  return job;
};

/** Nothing that ended has changed since, and nothing was begun twice or that nobody asked for. */
export const expectUnchanged = async ({ nodeId, over, runs }: Ground): Promise<void> => {
  const shell = await makeNodeShell(stack(), nodeId);
  expect((await shell("ls /var/lib/pressluft/jobs")).split("\n")).toEqual(runs.toSorted());
  expect(await Promise.all(over.map(({ id }) => getJob(id)))).toEqual(over);
};

/** The node goes, and every job on it is still what it was. */
export const leave = async (ground: Ground): Promise<void> => {
  await expectUnchanged(ground);
  const job = await work(ground, { asked: start("DELETE", `/api/nodes/${ground.nodeId}`), steps: [] });
  expect(job.status).toBe("succeeded");
  expect(await Promise.all(ground.over.map(({ id }) => getJob(id)))).toEqual(ground.over);
};

const s3 = () => new S3Client({ ...aws(), forcePathStyle: true });
const at = ({ storage_path: Key }: sites.Backup) => ({ Bucket: stack().artifacts_bucket, Key });

/** Size and sha256 of what the bucket holds of a backup. */
export const stored = async (backup: sites.Backup) => {
  const bytes = await (await s3().send(new GetObjectCommand(at(backup)))).Body?.transformToByteArray();
  const checksum = createHash("sha256").update(bytes ?? "");
  return { size_bytes: bytes?.length, checksum: checksum.digest("hex") };
};

/** Behind the product's back. `bytes` null: the object is removed. */
export const spoil = async (backup: sites.Backup, bytes: Buffer | null): Promise<void> => {
  if (bytes !== null) return void (await s3().send(new PutObjectCommand({ ...at(backup), Body: bytes })));
  await s3().send(new DeleteObjectCommand(at(backup)));
  await expect(s3().send(new HeadObjectCommand(at(backup)))).rejects.toThrow();
};

/** Everything in the table, as text. */
export const readTable = async (): Promise<string> => {
  const pages: string[] = [];
  const client = new DynamoDBClient(aws());
  for await (const page of paginateScan({ client }, { TableName: stack().table_name }))
    pages.push(JSON.stringify(page.Items));
  return pages.join("");
};
