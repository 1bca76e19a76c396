import { describe, expect, it } from "vitest";
import { classifyAction, classifyAnswer, classifyTransport } from "./classify.ts";
import type { HetznerErrorClass } from "./errors.ts";
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
  });
});

describe("an answer without a readable error", () => {
  it.each(statusTable)("$status with Hetzner's form but no code is $class", (row) => {
    const { class: got, retryable, effect } = classify(answer(row.status, { error: { message: "hm" } }));
    expect({ class: got, retryable, effect }).toEqual({
      class: row.class,
      retryable: row.retryable,
      effect: row.effect,
    });
  });

  it.each<[number, HetznerErrorClass]>([
    [400, "invalid_request"],
    [401, "unauthorized"],
    [407, "unavailable"],
    [408, "timeout"],
    [409, "conflict"],
    [410, "api_changed"],
    [412, "conflict"],
    [418, "invalid_request"],
    [423, "busy"],
    [429, "rate_limited"],
    [500, "unavailable"],
    [502, "unavailable"],
    [503, "unavailable"],
    [504, "timeout"],
    [599, "unavailable"],
  ])("%d from a gateway is %s", (status, wanted) => {
    expect(classify(answer(status, "<html>", "text/html"))).toMatchObject({ class: wanted, code: null });
  });

  it.each([403, 404, 405])("%d from a gateway is not believed", (status) => {
    const bodies = [answer(status, "<html>", "text/html"), answer(status, ""), answer(status, { message: "no route" })];
    for (const given of [...bodies, answer(status, wireError("not_found"), "text/html")]) {
      expect(classify(given)).toMatchObject({ class: "unexpected_response", effect: "unknown" });
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

  it.each(transportTable)("after $code is $effect", ({ reason, ...row }) => {
    expect(classifyTransport(create, row.code)).toMatchObject({ ...row, httpStatus: null });
    expect(classifyTransport(create, row.code).message).toContain(reason);
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
});
