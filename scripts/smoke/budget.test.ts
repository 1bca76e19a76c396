import { describe, expect, it } from "vitest";
import { canRepeat, decidePause, pollPauseMs, retryAfterMs } from "./budget.ts";

describe("the pause between looks", () => {
  it.each([
    [0, 1_000],
    [1, 1_500],
    [2, 2_250],
    [6, 10_000],
    [1_000_000, 10_000],
  ])("after look %i is %i ms", (look, ms) => {
    expect(pollPauseMs(look)).toBe(ms);
  });

  it("is as long as Retry-After asks, and never shorter than by itself", () => {
    expect(decidePause({ look: 0, retryAfterMs: 7_000, leftMs: 60_000 })).toBe(7_000);
    expect(decidePause({ look: 6, retryAfterMs: 7_000, leftMs: 60_000 })).toBe(10_000);
  });

  it("is none when the budget does not reach beyond it", () => {
    expect(decidePause({ look: 0, retryAfterMs: null, leftMs: 1_001 })).toBe(1_000);
    expect(decidePause({ look: 0, retryAfterMs: null, leftMs: 1_000 })).toBeNull();
    expect(decidePause({ look: 0, retryAfterMs: 900_000, leftMs: 60_000 })).toBeNull();
  });
});

describe("Retry-After", () => {
  const nowMs = Date.parse("2026-11-23T12:00:00Z");
  it.each([
    [null, null],
    ["0", 0],
    [" 30 ", 30_000],
    ["Mon, 23 Nov 2026 12:00:05 GMT", 5_000],
    ["Mon, 23 Nov 2026 11:00:00 GMT", 0],
    ["soon", null],
    ["99999999999999", null],
  ])("%s is %s ms", (header, ms) => {
    expect(retryAfterMs(header, nowMs)).toBe(ms);
  });
});

describe("a request is sent again", () => {
  const get = { method: "GET", hasKey: false, status: null, code: null };
  const post = { ...get, method: "POST" };
  it.each([
    ["a read without an answer", get, true],
    ["a read that a gateway could not pass on", { ...get, status: 503 }, true],
    ["a read that the API itself answers with 502", { ...get, status: 502, code: "node_unreachable" }, false],
    ["a read with a fault of the API", { ...get, status: 500, code: "internal" }, false],
    ["a read of what is not there", { ...get, status: 404, code: "not_found" }, false],
    ["a write without an answer", post, false],
    ["a write without an answer, but with a key", { ...post, hasKey: true }, true],
    ["a write with a key that a gateway could not pass on", { ...post, hasKey: true, status: 504 }, true],
    ["a write that was too much", { ...post, status: 429, code: "rate_limited" }, true],
    ["a write that is refused", { ...post, hasKey: true, status: 409, code: "conflict" }, false],
    ["a success", { ...get, status: 200 }, false],
  ])("%s", (_what, outcome, repeats) => {
    expect(canRepeat(outcome)).toBe(repeats);
  });
});
