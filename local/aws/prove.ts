import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DescribeTimeToLiveCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as z from "zod";
import { findRedriveSettings, findTtlSettings, readStacks, type Stack } from "./assembly.ts";
import {
  callCloudFormation,
  clientConfig,
  deleteFunction,
  findPhysicalIds,
  invokeFunction,
  type Target,
} from "./aws.ts";
import { probe, probeTemplate } from "./probe-stack.ts";
import { proveS3 } from "./prove-s3.ts";
import {
  concurrencyLimitMs,
  judgeConcurrency,
  judgePoison,
  judgeRedrive,
  judgeRemainingTime,
  judgeTtl,
} from "./verdict.ts";

/** Five receives a second apart take about 6 s. */
const poisonLimitMs = 14_000;

export interface ProveInput extends Target {
  log: (line: string) => void;
}

interface Probe {
  target: Target;
  sqs: SQSClient;
  /** Physical ids of the probe's own resources, by logical id. */
  ids: Map<string, string>;
}

/**
 * Proves on the live emulator what the product relies on and emulators get wrong: queues are worked on side by side up
 * to the maximum concurrency, a poison message reaches the dead-letter queue, a function sees its true remaining time, S3
 * stores what is sent by signed addresses in parts.
 * Needs nothing deployed, so it can run beside the build; takes about 7 s and removes what it made. Throws an Error of
 * one line that says which guarantee does not hold.
 */
export async function proveEmulator({ endpoint, region, log }: ProveInput): Promise<void> {
  const target = { endpoint, region };
  const sqs = new SQSClient(clientConfig(target));
  const name = `pressluft-probe-${randomUUID().slice(0, 8)}`;
  log("Checking that the emulator keeps what the product relies on ...");
  try {
    await createStack(target, name);
    const ids = await findPhysicalIds(target, name);
    const parts = [
      proveConcurrency({ target, sqs, ids }),
      provePoison({ target, sqs, ids }),
      proveRemainingTime({ target, sqs, ids }),
    ];
    const faults = await Promise.all(parts);
    // Afterwards: megabytes through the same process would spoil what is measured in seconds.
    const found = [...faults, await proveS3(target)].find((fault) => fault !== undefined);
    if (found !== undefined) throw broken(found);
  } finally {
    await removeStack(target, name);
    sqs.destroy();
  }
}

async function createStack(target: Target, StackName: string): Promise<void> {
  const TemplateBody = JSON.stringify(probeTemplate());
  const capability = { "Capabilities.member.1": "CAPABILITY_IAM" };
  await callCloudFormation(target, { Action: "CreateStack", StackName, TemplateBody, ...capability });
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    const xml = await callCloudFormation(target, { Action: "DescribeStacks", StackName });
    const status = /<StackStatus>([^<]*)/.exec(xml)?.[1] ?? "";
    if (status === "CREATE_COMPLETE") return;
    if (status !== "CREATE_IN_PROGRESS") throw new Error(`The probe's stack could not be made: ${status}.`);
    await sleep(50);
  }
  throw new Error("The probe's stack was not made within 20 s.");
}

/** Removes the probe; what fails here is worth less than the verdict, and the emulator forgets all at its end. */
async function removeStack(target: Target, StackName: string): Promise<void> {
  const ids = await findPhysicalIds(target, StackName).catch(() => new Map<string, string>());
  const functionName = ids.get("Function");
  if (functionName !== undefined) await deleteFunction(target, functionName).catch(() => {});
  await callCloudFormation(target, { Action: "DeleteStack", StackName }).catch(() => {});
}

async function proveConcurrency({ sqs, ids }: Probe): Promise<string | undefined> {
  const QueueUrl = idOf(ids, "Slow");
  const Entries = Array.from({ length: probe.messages }, (_, index) => ({ Id: String(index), MessageBody: "slow" }));
  const startMs = performance.now();
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const tookMs = () => Math.round(performance.now() - startMs);
  while (tookMs() < concurrencyLimitMs && !(await isEmpty(sqs, QueueUrl))) await sleep(100);
  return judgeConcurrency(tookMs());
}

async function isEmpty(sqs: SQSClient, QueueUrl: string): Promise<boolean> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  return Attributes.ApproximateNumberOfMessages === "0" && Attributes.ApproximateNumberOfMessagesNotVisible === "0";
}

async function provePoison({ sqs, ids }: Probe): Promise<string | undefined> {
  const deadline = performance.now() + poisonLimitMs;
  await sqs.send(new SendMessageCommand({ QueueUrl: idOf(ids, "Poison"), MessageBody: "poison" }));
  const QueueUrl = idOf(ids, "Dead");
  const receive = { QueueUrl, WaitTimeSeconds: 1, MessageSystemAttributeNames: ["ApproximateReceiveCount" as const] };
  while (performance.now() < deadline) {
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand(receive));
    if (message !== undefined) return judgePoison(Number(message.Attributes?.ApproximateReceiveCount));
  }
  return judgePoison(undefined);
}

const remainingSchema = z.object({ beforeMs: z.number(), afterMs: z.number() });

async function proveRemainingTime({ target, ids }: Probe): Promise<string | undefined> {
  return judgeRemainingTime(remainingSchema.parse(await invokeFunction(target, idOf(ids, "Function"))));
}

export interface ProveDeploymentInput extends Target {
  /** The synthesized app that was deployed: says which tables and queues to look at. */
  cdkOut: string;
}

/**
 * Proves that the deployed tables and queues have what their templates say and emulators drop: expiry of items, a
 * dead-letter queue. Takes a fraction of a second. Throws an Error of one line that names the first that has not.
 */
export async function proveDeployment({ endpoint, region, cdkOut }: ProveDeploymentInput): Promise<void> {
  const target = { endpoint, region };
  const clients = { dynamodb: new DynamoDBClient(clientConfig(target)), sqs: new SQSClient(clientConfig(target)) };
  try {
    for (const stack of await readStacks(cdkOut)) {
      const fault = await findFault({ ...clients, stack, ids: await findPhysicalIds(target, stack.name) });
      if (fault !== undefined) throw broken(fault);
    }
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

interface Deployed {
  dynamodb: DynamoDBClient;
  sqs: SQSClient;
  stack: Stack;
  ids: Map<string, string>;
}

async function findFault(deployed: Deployed): Promise<string | undefined> {
  return (await findTableFault(deployed)) ?? (await findQueueFault(deployed));
}

async function findTableFault({ dynamodb, stack, ids }: Deployed): Promise<string | undefined> {
  for (const { logicalId, attribute } of findTtlSettings(stack.template)) {
    const TableName = idOf(ids, logicalId);
    const { TimeToLiveDescription: ttl } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
    const fault = judgeTtl(TableName, attribute, { status: ttl?.TimeToLiveStatus, attribute: ttl?.AttributeName });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

async function findQueueFault({ sqs, stack, ids }: Deployed): Promise<string | undefined> {
  for (const { logicalId, maxReceiveCount } of findRedriveSettings(stack.template)) {
    const QueueUrl = idOf(ids, logicalId);
    const query = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["RedrivePolicy"] });
    const fault = judgeRedrive(QueueUrl, maxReceiveCount, (await sqs.send(query)).Attributes?.RedrivePolicy);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function broken(guarantee: string): Error {
  return new Error(`The AWS emulator does not keep a guarantee: ${guarantee}.`);
}

function idOf(ids: Map<string, string>, logicalId: string): string {
  const id = ids.get(logicalId);
  if (id === undefined) throw new Error(`CloudFormation did not make ${logicalId}.`);
  return id;
}
