import { describe, expect, it } from "vitest";
import { waitForBudgetMs } from "./budget.ts";

const seen = (remaining: number, limit = 3_600) => ({ limit, remaining, resetAtMs: 9e15, seenAtMs: 1_000 });
const ask = { nowMs: 1_000, cost: 1 } as const;

describe("the budget", () => {
  it.each([
    // remaining, priority, wait in ms; the reserve is 36 for writes, 108 for reads, 360 for polls
    [3_600, "poll", 0],
    [361, "poll", 0],
    [360, "poll", 1_000],
    [340, "poll", 21_000],
    [340, "read", 0],
    [108, "read", 1_000],
    [108, "write", 0],
    [36, "write", 1_000],
    [0, "write", 37_000],
    [0, "poll", 60_000],
  ] as const)("with %d of 3600 left lets a %s wait %d ms", (remaining, priority, wanted) => {
    expect(waitForBudgetMs({ ...ask, seen: seen(remaining), priority })).toBe(wanted);
  });

  it("refills evenly with time, up to the limit", () => {
    const question = { ...ask, seen: seen(360), priority: "poll" } as const;
    expect(waitForBudgetMs({ ...question, nowMs: 1_500 })).toBe(500);
    expect(waitForBudgetMs({ ...question, nowMs: 2_000 })).toBe(0);
    expect(waitForBudgetMs({ ...question, nowMs: 9e12, cost: 3_240 })).toBe(0);
    expect(waitForBudgetMs({ ...question, nowMs: 0 })).toBe(1_000);
  });

  it("follows the limit that Hetzner tells", () => {
    expect(waitForBudgetMs({ ...ask, seen: seen(720, 7_200), priority: "poll" })).toBe(500);
    expect(waitForBudgetMs({ ...ask, seen: seen(6, 60), priority: "poll" })).toBe(60_000);
  });

  it("counts what is sent together", () => {
    expect(waitForBudgetMs({ ...ask, seen: seen(370), priority: "poll", cost: 20 })).toBe(10_000);
  });

  it("does not hold back while nothing is known, nor for ever", () => {
    expect(waitForBudgetMs({ ...ask, seen: null, priority: "poll" })).toBe(0);
    expect(waitForBudgetMs({ ...ask, seen: seen(3_600), priority: "poll", cost: 99_999 })).toBe(0);
  });
});
