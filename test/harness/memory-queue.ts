/** The job queue in memory, on a stepped clock: delay, visibility time-out, receive count and dead letters as SQS has them. */
import type { JobMessage } from "../../contracts/messages.ts";
import { limits } from "../../shared/config.ts";
import { delaySeconds, type Queue } from "../../shared/queue.ts";

interface Entry {
  readonly messageId: string;
  readonly body: string;
  visibleAtMs: number;
  receives: number;
}

export interface MemoryQueue extends Queue {
  /** Up to `max` messages that are visible now; they are hidden for the visibility time-out. */
  receive(max: number): { messageId: string; body: string }[];
  acknowledge(messageId: string): void;
  /** When the next message is visible; undefined when there is none. */
  nextVisibleAtMs(): number | undefined;
  /** Every body that was ever sent. */
  sent(): readonly string[];
  deadLetters(): readonly string[];
}

export const makeMemoryQueue = (now: () => number): MemoryQueue => {
  const entries = new Map<string, Entry>();
  const sent: string[] = [];
  const dead: string[] = [];
  const receiveOne = (entry: Entry): Entry[] => {
    entry.receives += 1;
    entry.visibleAtMs = now() + limits.visibilityTimeoutSeconds * 1000;
    if (entry.receives <= limits.maxReceiveCount) return [entry];
    entries.delete(entry.messageId);
    dead.push(entry.body);
    return [];
  };
  return {
    send: async (message: JobMessage, delayMs: number) => {
      const messageId = `message-${sent.length + 1}`;
      const body = JSON.stringify(message);
      sent.push(body);
      entries.set(messageId, { messageId, body, visibleAtMs: now() + delaySeconds(delayMs) * 1000, receives: 0 });
    },
    receive: (max) => {
      const visible = [...entries.values()].filter((entry) => entry.visibleAtMs <= now()).slice(0, max);
      return visible.flatMap(receiveOne).map(({ messageId, body }) => ({ messageId, body }));
    },
    acknowledge: (messageId) => {
      entries.delete(messageId);
    },
    nextVisibleAtMs: () => {
      const times = [...entries.values()].map((entry) => entry.visibleAtMs);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    sent: () => sent,
    deadLetters: () => dead,
  };
};
