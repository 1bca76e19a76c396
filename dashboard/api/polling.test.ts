import { expect, it } from "vitest";
import { LIST_MS, pollMs, WATCHED_MS } from "./polling.ts";

it.each([
  [{ everyMs: LIST_MS, failureCount: 0, isAwake: true }, 15_000],
  [{ everyMs: WATCHED_MS, failureCount: 0, isAwake: true }, 1500],
  [{ everyMs: WATCHED_MS, failureCount: 1, isAwake: true }, 3000],
  [{ everyMs: WATCHED_MS, failureCount: 3, isAwake: true }, 12_000],
  [{ everyMs: WATCHED_MS, failureCount: 40, isAwake: true }, 60_000],
  [{ everyMs: LIST_MS, failureCount: 9, isAwake: true }, 60_000],
  [{ everyMs: WATCHED_MS, failureCount: 0, isAwake: false }, false],
  [{ everyMs: WATCHED_MS, failureCount: 1, isAwake: true, retryAfterMs: 90_000 }, 90_000],
  [{ everyMs: LIST_MS, failureCount: 1, isAwake: true, retryAfterMs: 2000 }, 30_000],
  [{ everyMs: LIST_MS, failureCount: 1, isAwake: false, retryAfterMs: 2000 }, false],
])("%j waits %s ms", (polling, expected) => {
  expect(pollMs(polling)).toBe(expected);
});
