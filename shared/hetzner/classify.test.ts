import { describe, expect, it } from "vitest";
import { classifyAction, classifyAnswer, classifyTransport } from "./classify.ts";
import type { Effect, HetznerErrorClass } from "./errors.ts";
import type { Answer, ApiRequest } from "./request.ts";
import { actionSchema } from "./schemas/action.ts";
import { statusTable } from "./status-table.ts";
import { failedWith, sampleToken, wireAction, wireError } from "./testing/fixtures.ts";
import { transportTable } from "./transport-table.ts";

const create: ApiRequest = { operation: "servers.create", method: "POST", path: "/servers" };
const read: ApiRequest = { operation: "servers.get", method: "GET", path: "/servers/1" };

function answer(
  status: number,
  body: unknown,
  type = "application/json",
  headers: Record<string, string> = {},
): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: new Headers({ "content-type": type, ...headers }), text };
}

const classify = (given: Answer, request = create) => classifyAnswer(request, given, sampleToken);

describe("an answer with a readable error", () => {
  it("goes by its code, not by its status", () => {
    expect(classify(answer(403, wireError("token_readonly"))).class).toBe("token_readonly");
    expect(classify(answer(401, wireError("token_readonly"))).class).toBe("token_readonly");
    expect(classify(answer(403, wireError("resource_limit_exceeded"))).class).toBe("quota_exceeded");
    expect(classify(answer(403, wireError("maintenance"))).class).toBe("unavailable");
    expect(classify(answer(412, wireError("primary_ip_version_mismatch"))).class).toBe("invalid_request");
    expect(classify(answer(422, wireError("placement_error"))).class).toBe("capacity");
  });

  it("goes by its status when the code is unknown, and keeps the code", () => {
    const error = classify(answer(404, wireError("brand_new")));
    expect(error).toMatchObject({ class: "not_found", code: "brand_new", httpStatus: 404 });
  });

  it("keeps code and message whatever the details are", () => {
    for (const details of [null, [], "odd", 7, { fields: "odd" }, { fields: [{ name: 1 }] }]) {
      expect(classify(answer(422, wireError("invalid_input", "bad name", details)))).toMatchObject({
        code: "invalid_input",
        message: "servers.create: bad name (invalid_input, 422)",
        details: { fields: [], limits: [], announcement: null },
      });
    }
  });

  it("passes on the known details only", () => {
    const details = {
      fields: [{ name: "name", messages: ["too long"], secret: "x" }, { name: "image" }],
      limits: [{ name: "server_limit" }],
      announcement: "https://docs.hetzner.cloud/changelog",
      other: "dropped",
    };
    expect(classify(answer(422, wireError("invalid_input", "bad", details))).details).toEqual({
      fields: [
        { name: "name", messages: ["too long"] },
        { name: "image", messages: [] },
      ],
      limits: ["server_limit"],
      announcement: "https://docs.hetzner.cloud/changelog",
    });
  });

  it("carries the correlation id, unless it is none", () => {
    const id = "0af7651916cd43dd8448eb211c80319c";
    const error = classify(answer(500, wireError("server_error"), "application/json", { "x-correlation-id": id }));
    expect(error.correlationId).toBe(id);
    expect(error.message).toContain(id);
    for (const odd of ["a b", "x".repeat(65), sampleToken]) {
      const given = answer(500, wireError("server_error"), "application/json", { "x-correlation-id": odd });
      expect(classify(given).correlationId).toBeNull();
    }
  });

  it("never repeats the token, half of it, or line breaks", () => {
    const text = `limit reached\nfor '${sampleToken.slice(0, 32)}' and ${sampleToken}`;
    const error = classify(answer(429, wireError("rate_limit_exceeded", text)));
    expect(error.message).toBe(
      "servers.create: limit reached for '[redacted]' and [redacted] (rate_limit_exceeded, 429)",
    );
  });

  it("does not repeat a code that is not one", () => {
    expect(classify(answer(400, wireError("<script>"))).code).toBeNull();
    expect(classify(answer(400, wireError(sampleToken))).code).toBeNull();
    const token = "abcdefghijklmnopqrstuvwx";
    const given = answer(400, wireError(`limit_${token.slice(3, 15)}`));
    expect(classifyAnswer(create, given, token).code).toBeNull();
    expect(classifyAnswer(create, given, sampleToken).code).toBe("limit_defghijklmno");
  });

  it("is cut to 300 characters, after the token is out of it", () => {
    const text = `${"x".repeat(290)}${sampleToken}${"y".repeat(500)}`;
    expect(classify(answer(422, wireError("invalid_input", text))).text).toBe(`${"x".repeat(290)}[redacted]`);
    expect(classify(answer(422, wireError("invalid_input", "y".repeat(500)))).text).toBe("y".repeat(300));
  });
});

describe("an answer without a readable error", () => {
  // Written down a second time, so that a slip in the table shows.
  const byStatus: readonly [number, HetznerErrorClass, "once" | "again", Effect][] = [
    [400, "invalid_request", "once", "none"],
    [401, "unauthorized", "once", "none"],
    [407, "unavailable", "again", "none"],
    [408, "timeout", "again", "unknown"],
    [409, "conflict", "once", "none"],
    [410, "api_changed", "once", "none"],
    [412, "conflict", "once", "none"],
    [413, "invalid_request", "once", "none"],
    [418, "invalid_request", "once", "none"],
    [422, "invalid_request", "once", "none"],
    [423, "busy", "again", "none"],
    [429, "rate_limited", "again", "none"],
    [499, "invalid_request", "once", "none"],
    [500, "unavailable", "again", "unknown"],
    [502, "unavailable", "again", "unknown"],
    [503, "unavailable", "again", "unknown"],
    [504, "timeout", "again", "unknown"],
    [599, "unavailable", "again", "unknown"],
  ];
  const onlyHetzners: typeof byStatus = [
    [403, "forbidden", "once", "none"],
    [404, "not_found", "once", "none"],
    [405, "api_changed", "once", "none"],
  ];

  it.each([...byStatus, ...onlyHetzners])("%d with Hetzner's form but no code is %s: %s, %s", (status, ...wanted) => {
    const error = classify(answer(status, { error: { message: "hm" } }));
    expect([error.class, error.retryable ? "again" : "once", error.effect]).toEqual(wanted);
    expect(error).toMatchObject({ code: null, text: "hm" });
  });

  it.each(byStatus)("%d from a gateway is %s: %s, %s", (status, ...wanted) => {
    const error = classify(answer(status, "<html>", "text/html"));
    expect([error.class, error.retryable ? "again" : "once", error.effect]).toEqual(wanted);
    expect(error.code).toBeNull();
  });

  it("is judged by nothing that is not written down here", () => {
    const known = [...byStatus, ...onlyHetzners].map(([status]) => status);
    expect(statusTable.map(({ status }) => status).filter((status) => !known.includes(status))).toEqual([]);
  });

  it.each([403, 404, 405])("%d from a gateway is not believed", (status) => {
    const bodies = [answer(status, "<html>", "text/html"), answer(status, ""), answer(status, { message: "no route" })];
    for (const given of [...bodies, answer(status, wireError("not_found"), "text/html")]) {
      expect(classify(given)).toMatchObject({ class: "unexpected_response", effect: "unknown", retryable: true });
    }
  });
});

describe("the effect", () => {
  it("is open after a lost write and none after a lost read", () => {
    const lost = answer(504, wireError("timeout"));
    expect(classify(lost, create).effect).toBe("unknown");
    expect(classify(lost, read).effect).toBe("none");
    expect(classifyTransport(create, "ECONNRESET").effect).toBe("unknown");
    expect(classifyTransport(read, "ECONNRESET").effect).toBe("none");
  });

  // Written down a second time, so that a slip in the table shows.
  const certificates = `CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_UNTRUSTED DEPTH_ZERO_SELF_SIGNED_CERT
    SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    UNABLE_TO_VERIFY_LEAF_SIGNATURE ERR_TLS_CERT_ALTNAME_INVALID`;
  const transports: [string, HetznerErrorClass, "once" | "again", Effect][] = (
    [
      ["DEADLINE UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT ETIMEDOUT", "timeout", "again", "unknown"],
      ["UND_ERR_CONNECT_TIMEOUT", "timeout", "again", "none"],
      ["ECONNREFUSED ENOTFOUND EAI_AGAIN", "unavailable", "again", "none"],
      ["ECONNRESET EPIPE UND_ERR_SOCKET", "unavailable", "again", "unknown"],
      [certificates, "unavailable", "once", "none"],
      ["REDIRECT BODY_TOO_LARGE", "unexpected_response", "again", "unknown"],
    ] as const
  ).flatMap(([codes, ...verdict]) => codes.split(/\s+/).map((code): (typeof transports)[number] => [code, ...verdict]));

  it.each(transports)("after %s: %s, %s, %s", (code, ...wanted) => {
    const error = classifyTransport(create, code);
    expect([error.class, error.retryable ? "again" : "once", error.effect]).toEqual(wanted);
    expect(error).toMatchObject({ code, httpStatus: null });
  });

  it("has its reason in the text, for each code of the table and no other", () => {
    expect(transportTable.map(({ code }) => code).sort()).toEqual(transports.map(([code]) => code).sort());
    for (const { code, reason } of transportTable) expect(classifyTransport(create, code).text).toBe(reason);
  });

  it("is open after a failure below HTTP that nobody knows", () => {
    expect(classifyTransport(create, null)).toMatchObject({ class: "unavailable", code: null, effect: "unknown" });
    expect(classifyTransport(create, "EWHATEVER")).toMatchObject({ class: "unavailable", effect: "unknown" });
    expect(classifyTransport(create, "ERR_SSL_WRONG_VERSION_NUMBER")).toMatchObject({
      retryable: false,
      effect: "none",
    });
    expect(classifyTransport(create, "HPE_INVALID_CONSTANT").class).toBe("unexpected_response");
  });
});

describe("an action", () => {
  const classifyWire = (overrides: Record<string, unknown>) =>
    classifyAction(actionSchema.parse(wireAction(5, overrides)));
  const { error } = failedWith("action_failed");

  it("that runs or succeeded is no error, even with an error inside", () => {
    expect(classifyWire({ status: "running", error })).toBeNull();
    expect(classifyWire({ status: "success", error })).toBeNull();
    expect(classifyWire({ status: "brand_new", error })).toBeNull();
  });

  it("that failed is judged by its code", () => {
    expect(classifyWire(failedWith("resource_unavailable"))).toMatchObject({ class: "capacity", retryable: false });
    expect(classifyWire(failedWith("locked"))).toMatchObject({ class: "busy", retryable: true, effect: "unknown" });
    expect(classifyWire(failedWith("unknown_error"))).toMatchObject({ class: "action_failed", retryable: false });
    expect(classifyWire(failedWith("brand_new"))).toMatchObject({ class: "action_failed", code: "brand_new" });
    expect(classifyWire({ status: "error", error: null })).toMatchObject({ class: "action_failed", code: null });
  });

  it.each<[string, unknown, string | null, string]>([
    ["no code", { message: "bad" }, null, "bad"],
    ["no message", { code: "locked" }, "locked", "the action failed without a reason"],
    ["nulls", { code: null, message: null }, null, "the action failed without a reason"],
    ["nothing", {}, null, "the action failed without a reason"],
    ["a code that is a number", { code: 5, message: "bad" }, null, "bad"],
    ["a message that is an object", { code: "locked", message: {} }, "locked", "the action failed without a reason"],
    ["text", "bad", null, "the action failed without a reason"],
    ["a list", ["bad"], null, "the action failed without a reason"],
  ])("that failed has failed whatever its error holds: %s", (_, odd, code, text) => {
    expect(classifyWire({ status: "error", error: odd })).toMatchObject({ phase: "action", code, text });
  });

  it("does not repeat a command that is not one", () => {
    const wanted = { operation: "actions.unknown", action: { command: "unknown" } };
    expect(classifyWire({ ...failedWith("locked"), command: "Some <b>thing</b>" })).toMatchObject(wanted);
  });
});
