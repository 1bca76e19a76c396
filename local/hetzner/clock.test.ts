import { describe, expect, test } from "vitest";
import { makeSteppedClock, realClock } from "./clock.ts";

describe("the stepped clock", () => {
  test("ends sleeps in the order they fall due, each at its own instant", async () => {
    const clock = makeSteppedClock(1000);
    const seen: string[] = [];
    const nap = async (name: string, ms: number) => {
      await clock.sleep(ms);
      seen.push(`${name} at ${clock.now()}`);
    };
    void nap("late", 500);
    void nap("early", 100).then(() => nap("again", 50));
    await clock.advance(400);
    expect(seen).toEqual(["early at 1100", "again at 1150"]);
    expect(clock.now()).toBe(1400);
    await clock.advance(100);
    expect(seen.at(-1)).toBe("late at 1500");
  });

  test("runs work to its end without waiting", async () => {
    const clock = makeSteppedClock(0);
    const work = async () => {
      await clock.sleep(60_000);
      await clock.sleep(60_000);
      return clock.now();
    };
    await expect(clock.run(work())).resolves.toBe(120_000);
  });

  test("passes on what the work fails with", async () => {
    const clock = makeSteppedClock(0);
    const work = clock.sleep(5).then(() => Promise.reject(new Error("broken")));
    await expect(clock.run(work)).rejects.toThrow("broken");
  });

  test("says so when work never settles", async () => {
    const clock = makeSteppedClock(0);
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow("did not settle");
  });

  test("does not move past its limit", async () => {
    const clock = makeSteppedClock(0);
    void clock.sleep(10_000).catch(() => undefined);
    await clock.runUntilIdle(5_000);
    expect([clock.now(), clock.sleepers()]).toEqual([0, 1]);
  });

  test("an aborted sleep rejects with the signal's reason and is forgotten", async () => {
    const clock = makeSteppedClock(0);
    const abort = new AbortController();
    const sleep = clock.sleep(10, abort.signal);
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    expect(clock.sleepers()).toBe(0);
    await expect(clock.sleep(10, abort.signal)).rejects.toBe(reason);
  });
});

test("the real clock's sleep rejects with the signal's reason", async () => {
  const reason = new Error("enough");
  await expect(realClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
});
