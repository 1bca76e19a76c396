import { makeSteppedClock } from "../../local/hetzner/index.ts";
import { limits } from "../../shared/config.ts";
import { makeMemoryQueue } from "./memory-queue.ts";
import { describeQueue } from "./queue.contract.ts";

describeQueue("in memory", async () => {
  const clock = makeSteppedClock(0);
  const queue = makeMemoryQueue(clock.now);
  return {
    queue,
    visibilityMs: limits.visibilityTimeoutSeconds * 1000,
    receive: async () => queue.receive(10),
    acknowledge: async (messageId) => queue.acknowledge(messageId),
    deadLetters: async () => queue.deadLetters(),
    wait: (ms) => clock.advance(ms),
  };
});
