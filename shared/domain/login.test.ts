import { describe, expect, it } from "vitest";
import { decideTry, type LoginTries, normaliseEmail } from "./login.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const start = 1_800_000_000_000;

const allow = (tries: LoginTries | undefined, nowMs: number): LoginTries => {
  const decision = decideTry(tries, nowMs);
  if (!decision.allowed) throw new Error(`refused for ${decision.retryAfterSeconds} s`);
  return decision.counted;
};

/** The state after so many wrong tries, each made as soon as it is allowed. */
const afterWrong = (count: number): LoginTries => {
  let tries = allow(undefined, start);
  for (let made = 1; made < count; made += 1) tries = allow(tries, Math.max(start, tries.waitUntilMs));
  return tries;
};

describe("the wait after wrong passwords", () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
    [5, 1],
    [6, 2],
    [7, 4],
    [8, 8],
    [9, 15],
    [10, 15],
    [40, 15],
  ])("after %i wrong tries is %i minutes", (wrong, minutes) => {
    const before = wrong === 1 ? undefined : afterWrong(wrong - 1);
    const nowMs = before?.waitUntilMs ?? start;
    expect(allow(before, nowMs)).toMatchObject({ wrong, waitUntilMs: nowMs + minutes * MINUTE });
  });

  it.each([
    ["at its beginning", 0, 60],
    ["in the middle", 30_000, 30],
    ["with a part of a second left", 59_001, 1],
    ["in its last millisecond", 59_999, 1],
  ])("refuses a try %s and says the whole seconds that are left", (_when, afterMs, retryAfterSeconds) => {
    expect(decideTry(afterWrong(5), start + afterMs)).toEqual({ allowed: false, retryAfterSeconds });
  });

  it("ends on its last millisecond", () => {
    expect(decideTry(afterWrong(5), start + MINUTE)).toMatchObject({ allowed: true, counted: { wrong: 6 } });
  });

  it("is forgotten a day after the last try that was allowed", () => {
    const tries = afterWrong(5);
    expect(decideTry(tries, start + 24 * HOUR - 1)).toMatchObject({ allowed: true, counted: { wrong: 6 } });
    expect(decideTry(tries, start + 24 * HOUR)).toMatchObject({
      allowed: true,
      counted: { wrong: 1, waitUntilMs: start + 24 * HOUR },
    });
  });
});

it.each([
  ["Ada@Example.ORG", "ada@example.org"],
  ["  ada@example.org\t", "ada@example.org"],
  ["ada@example.org", "ada@example.org"],
])("reads %j as %j", (given, meant) => {
  expect(normaliseEmail(given)).toBe(meant);
});
