import { setTimeout as sleep } from "node:timers/promises";

/** Looks until `isTrue` answers true; false when it did not within `timeoutMs`. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 10,
): Promise<boolean> {
  const startedMs = performance.now();
  for (;;) {
    if (await isTrue()) return true;
    if (performance.now() - startedMs >= timeoutMs) return false;
    await sleep(everyMs);
  }
}
