/** The job queue: it only ever says "look at this job". Losing a message loses nothing, the sweeper sends it again. */
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { JobMessage } from "../contracts/messages.ts";
import { limits } from "./config.ts";

export interface Queue {
  /** Delivers the message after `delayMs`, at least once; a longer delay than the queue can is cut to 15 minutes. */
  send(message: JobMessage, delayMs: number): Promise<void>;
}

/** Whole seconds, never early, at most what SQS can delay (AWS: 900). */
export const delaySeconds = (delayMs: number): number =>
  Math.min(limits.queueDelayMaxSeconds, Math.max(0, Math.ceil(delayMs / 1000)));

export const makeQueue = (client: SQSClient, queueUrl: string): Queue => ({
  send: async (message, delayMs) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        DelaySeconds: delaySeconds(delayMs),
      }),
    );
  },
});
