/** What the harness relies on of the job queue, held to the emulator's SQS: the same cases over both. */
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { JobMessage } from "../../contracts/messages.ts";
import { limits } from "../../shared/config.ts";
import type { Queue } from "../../shared/queue.ts";

/** A queue with its receiving end. */
export interface QueueUnderTest {
  readonly queue: Queue;
  /** How long a received message stays hidden. */
  readonly visibilityMs: number;
  /** What is visible now. */
  receive(): Promise<readonly { messageId: string; body: string }[]>;
  acknowledge(messageId: string): Promise<void>;
  deadLetters(): Promise<readonly string[]>;
  wait(ms: number): Promise<void>;
}

const message = (): JobMessage => ({ v: 1, job_id: randomUUID(), seq: 0 });

export const describeQueue = (name: string, make: () => Promise<QueueUnderTest>): void => {
  describe(`the queue: ${name}`, () => {
    test("delivers what was sent, as it was sent", async () => {
      const under = await make();
      const sent = message();
      await under.queue.send(sent, 0);
      expect((await under.receive()).map(({ body }) => JSON.parse(body))).toEqual([sent]);
    });

    test("delivers nothing before its delay, in whole seconds, and then does", async () => {
      const under = await make();
      await under.queue.send(message(), 1200);
      await under.wait(1500);
      expect(await under.receive()).toEqual([]);
      await under.wait(1500);
      expect(await under.receive()).toHaveLength(1);
    });

    test("hides what is being worked on, and brings it back unless it is acknowledged", async () => {
      const under = await make();
      await under.queue.send(message(), 0);
      expect(await under.receive()).toHaveLength(1);
      expect(await under.receive()).toEqual([]);
      await under.wait(under.visibilityMs + 500);
      const [again] = await under.receive();
      await under.acknowledge(again?.messageId ?? "");
      await under.wait(under.visibilityMs + 500);
      expect(await under.receive()).toEqual([]);
    });

    test("puts aside what was received too often", async () => {
      const under = await make();
      await under.queue.send(message(), 0);
      for (let receives = 0; receives < limits.maxReceiveCount; receives += 1) {
        expect(await under.receive()).toHaveLength(1);
        await under.wait(under.visibilityMs + 500);
      }
      expect(await under.receive()).toEqual([]);
      expect(await under.deadLetters()).toHaveLength(1);
    });
  });
};
