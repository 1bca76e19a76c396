import { createHash } from "node:crypto";
import { SQSClient } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import * as z from "zod";
import { delaySeconds, makeQueue } from "./queue.ts";

it.each([
  [-5000, 0],
  [0, 0],
  [1, 1],
  [1000, 1],
  [1001, 2],
  [899_001, 900],
  [900_000, 900],
  [86_400_000, 900],
])("a delay of %d ms is %d whole seconds: never early, at most what SQS can", (delayMs, seconds) => {
  expect(delaySeconds(delayMs)).toBe(seconds);
});

const command = z.object({ QueueUrl: z.string(), MessageBody: z.string(), DelaySeconds: z.number() });

/** A client whose requests end before the network: what they would have said is kept. */
const makeClient = () => {
  const sent: z.infer<typeof command>[] = [];
  const client = new SQSClient({ region: "eu-central-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  client.middlewareStack.add(
    () => async (args) => {
      const input = command.parse(args.input);
      sent.push(input);
      const MD5OfMessageBody = createHash("md5").update(input.MessageBody).digest("hex");
      return { output: { $metadata: {}, MessageId: "1", MD5OfMessageBody }, response: {} };
    },
    { step: "initialize", priority: "low" },
  );
  return { client, sent };
};

it("says which job and which turn, and nothing else", async () => {
  const { client, sent } = makeClient();
  await makeQueue(client, "https://sqs.example.org/jobs").send({ v: 1, job_id: "job-1", seq: 3 }, 1500);
  expect(sent).toEqual([
    { QueueUrl: "https://sqs.example.org/jobs", MessageBody: '{"v":1,"job_id":"job-1","seq":3}', DelaySeconds: 2 },
  ]);
});
