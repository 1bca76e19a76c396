import { expect, test } from "vitest";
import { takeRequest } from "./rate-limit.ts";

const nowMs = 1_795_348_800_000;
const nowSeconds = nowMs / 1000;

test("a full bucket tells what is left and when all of it is back", () => {
  expect(takeRequest(undefined, 3600, nowMs)).toMatchObject({
    allowed: true,
    headers: {
      "RateLimit-Limit": "3600",
      "RateLimit-Remaining": "3599",
      "RateLimit-Reset": String(nowSeconds + 1),
    },
  });
  const { headers } = takeRequest({ tokens: 3597, atMs: nowMs }, 3600, nowMs);
  expect(headers).toMatchObject({ "RateLimit-Remaining": "3596", "RateLimit-Reset": String(nowSeconds + 4) });
});

test("an empty bucket refuses and is not emptied further", () => {
  const taken = takeRequest({ tokens: 0.5, atMs: nowMs }, 3600, nowMs);
  expect(taken.allowed).toBe(false);
  expect(taken.bucket.tokens).toBe(0.5);
  expect(taken.headers["RateLimit-Reset"]).toBe(String(nowSeconds + 3600));
});

test("requests come back one by one, not all at once", () => {
  const empty = { tokens: 0, atMs: nowMs };
  expect(takeRequest(empty, 3600, nowMs + 999).allowed).toBe(false);
  expect(takeRequest(empty, 3600, nowMs + 1000).allowed).toBe(true);
  expect(takeRequest(empty, 7200, nowMs + 500).allowed).toBe(true);
  expect(takeRequest(empty, 3600, nowMs + 86_400_000).bucket.tokens).toBe(3599);
});

test("Reset is never too early: a part of a second counts as a whole one", () => {
  const { headers } = takeRequest({ tokens: 3597, atMs: nowMs + 1 }, 3600, nowMs + 1);
  expect(headers["RateLimit-Reset"]).toBe(String(nowSeconds + 5));
  expect(takeRequest(undefined, 7200, nowMs).headers["RateLimit-Reset"]).toBe(String(nowSeconds + 1));
});

test("a clock that goes backwards takes nothing away, and gives nothing twice", () => {
  const held = { tokens: 100, atMs: nowMs };
  const back = takeRequest(held, 3600, nowMs - 60_000);
  expect([back.allowed, back.bucket.tokens]).toEqual([true, 99]);
  expect(takeRequest(back.bucket, 3600, nowMs).bucket.tokens).toBe(98);
});
