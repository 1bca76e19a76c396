/** The emulator's SQS by the suite that holds the harness's queue; on queues of its own, which it removes. */
import { randomUUID } from "node:crypto";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { afterAll } from "vitest";
import { limits } from "../../shared/config.ts";
import { makeQueue } from "../../shared/queue.ts";
import { describeQueue } from "../harness/queue.contract.ts";
import { pause, sqs } from "./client.ts";

const VISIBILITY_SECONDS = 1;
const made: string[] = [];

const create = async (attributes: Record<string, string>): Promise<string> => {
  const { QueueUrl = "" } = await sqs().send(
    new CreateQueueCommand({ QueueName: `contract-${randomUUID()}`, Attributes: attributes }),
  );
  made.push(QueueUrl);
  return QueueUrl;
};

const arnOf = async (url: string): Promise<string> => {
  const { Attributes } = await sqs().send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
  );
  return Attributes?.QueueArn ?? "";
};

const receiveFrom = async (url: string) => {
  const { Messages = [] } = await sqs().send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
  );
  return Messages.map(({ ReceiptHandle = "", Body = "" }) => ({ messageId: ReceiptHandle, body: Body }));
};

describeQueue("SQS on the emulator", async () => {
  const dead = await create({});
  const redrive = { deadLetterTargetArn: await arnOf(dead), maxReceiveCount: limits.maxReceiveCount };
  const url = await create({ VisibilityTimeout: String(VISIBILITY_SECONDS), RedrivePolicy: JSON.stringify(redrive) });
  return {
    queue: makeQueue(sqs(), url),
    visibilityMs: VISIBILITY_SECONDS * 1000,
    receive: () => receiveFrom(url),
    acknowledge: async (handle) => {
      await sqs().send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle }));
    },
    deadLetters: async () => (await receiveFrom(dead)).map(({ body }) => body),
    wait: pause,
  };
});

afterAll(async () => {
  for (const url of made) await sqs().send(new DeleteQueueCommand({ QueueUrl: url }));
});
