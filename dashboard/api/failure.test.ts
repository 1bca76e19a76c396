import { describe, expect, it } from "vitest";
import { ApiFailure, failureOf, isPassing, offline } from "./failure.ts";

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
