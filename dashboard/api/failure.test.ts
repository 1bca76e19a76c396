import { describe, expect, it } from "vitest";
import { ApiFailure, failureOf, isPassing, isUnknown, offline, retryAfterMs, unanswered } from "./failure.ts";

describe("an answer that is an error", () => {
  it("speaks in the API's own words, with the field that it is about", () => {
    const body = { code: "bad_request", message: "name is taken", details: { field: "name" } };
    const failure = failureOf(400, body);
    expect(failure).toMatchObject({ kind: "refused", status: 400, message: "name is taken", error: body });
    expect([failure.field, failure.isLoggedOut]).toEqual(["name", false]);
  });

  it.each([
    ["a gateway's message", 503, { message: "Service Unavailable" }],
    ["no JSON", 504, undefined],
    ["a code that the contract does not know", 418, { code: "teapot", message: "<b>no</b>" }],
  ])("is told in ours when it is %s", (_, status, body) => {
    const failure = failureOf(status, body);
    expect(failure).toMatchObject({ kind: "garbled", status, error: null });
    expect(failure.message).not.toMatch(/Unavailable|<b>/);
  });

  it("ends the session when it is a 401", () => {
    expect(failureOf(401, { code: "unauthorized", message: "Log in first" }).isLoggedOut).toBe(true);
  });
});

it.each([
  [offline(), true],
  [failureOf(503, undefined), true],
  [failureOf(429, undefined), true],
  [failureOf(404, undefined), false],
  [failureOf(401, undefined), false],
  [new ApiFailure("garbled", "200, but not what was promised", { status: 200 }), false],
  [new TypeError("a bug"), false],
])("%s may be asked again by itself: %s", (failure, expected) => {
  expect(isPassing(failure)).toBe(expected);
});

it.each([
  ["5", 5000],
  ["0", 0],
  ["Mon, 23 Nov 2026 12:00:30 GMT", 30_000],
  ["Mon, 23 Nov 2026 11:00:00 GMT", 0],
  ["soon", 0],
  ["", 0],
  [null, 0],
])("Retry-After: %s is a wait of %i ms", (header, expected) => {
  expect(retryAfterMs(header, Date.UTC(2026, 10, 23, 12))).toBe(expected);
});

it("an answer that says when to come back keeps it", () => {
  expect(failureOf(503, undefined, 7000).retryAfterMs).toBe(7000);
});

it.each([
  [offline(), true],
  [failureOf(504, undefined), true],
  [failureOf(500, { code: "internal", message: "Ours" }), true],
  [new ApiFailure("garbled", "the answer broke off", { status: 202 }), true],
  [new TypeError("a bug"), true],
  [failureOf(400, { code: "bad_request", message: "name is taken" }), false],
  [failureOf(401, { code: "unauthorized", message: "Log in first" }), false],
  [failureOf(429, { message: "Too Many Requests" }), false],
  [failureOf(413, undefined), false],
  [null, false],
])("whether a write happened is open after %s: %s", (failure, expected) => {
  expect(isUnknown(failure)).toBe(expected);
});

it.each([
  [new DOMException("signal timed out", "TimeoutError"), /did not answer in time/],
  [new TypeError("Failed to fetch"), /No connection/],
])("in place of an answer, %s is told as %s", (cause, expected) => {
  expect(unanswered(cause)).toMatchObject({ kind: "offline", status: null });
  expect(unanswered(cause).message).toMatch(expected);
});
