import { describe, expect, it } from "vitest";
import { securityHeaders } from "../../shared/delivery/headers.ts";
import { headersForOrigin, headersForViewer } from "./headers.ts";

describe("headers on their way to the API", () => {
  it.each([
    { name: "host", value: "127.0.0.1:8080" },
    { name: "connection", value: "keep-alive" },
    { name: "keep-alive", value: "timeout=5" },
    { name: "te", value: "trailers" },
    { name: "transfer-encoding", value: "chunked" },
    { name: "upgrade", value: "h2c" },
    { name: "expect", value: "100-continue" },
    { name: "proxy-authorization", value: "Basic x" },
  ])("leave out $name", ({ name, value }) => {
    expect(headersForOrigin({ [name]: [value] }, 0)).not.toHaveProperty(name);
  });

  it.each(["cookie", "authorization", "content-type", "sec-fetch-site", "idempotency-key", "x-forwarded-for"])(
    "keep %s",
    (name) => {
      expect(headersForOrigin({ [name]: ["value"] }, 0)).toEqual({ [name]: ["value"] });
    },
  );

  it("leave out what Connection names", () => {
    const headers = { connection: ["close, X-Only-Here"], "x-only-here": ["1"], "x-other": ["2"] };
    expect(headersForOrigin(headers, 0)).toEqual({ "x-other": ["2"] });
  });

  it.each([
    { headers: { "content-length": ["99"] }, sizeBytes: 3, length: ["3"] },
    { headers: { "transfer-encoding": ["chunked"] }, sizeBytes: 5, length: ["5"] },
    { headers: { "content-length": ["0"] }, sizeBytes: 0, length: ["0"] },
    { headers: {}, sizeBytes: 0, length: undefined },
  ])("state the length $length of the body they were sent with", ({ headers, sizeBytes, length }) => {
    expect(headersForOrigin(headers, sizeBytes)["content-length"]).toEqual(length);
  });
});

describe("headers on their way to the browser", () => {
  it("keep every cookie apart", () => {
    expect(headersForViewer({ "set-cookie": ["a=1", "b=2"] })["set-cookie"]).toEqual(["a=1", "b=2"]);
  });

  it("carry the security headers, over the API's own", () => {
    expect(headersForViewer({ "x-frame-options": ["ALLOWALL"] })).toMatchObject(securityHeaders);
  });
});
