/** Every operation against everything that can be wrong with a request, generated from the contract's table. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { apiError } from "../../contracts/models.ts";
import { type OperationShape, operations } from "../../contracts/operations.ts";
import { limits } from "../../shared/config.ts";
import type { GatewayRequest } from "./gateway-event.ts";
import { operationIds } from "./route.ts";
import { jsonRequest, makeWorld, readBody, withSession, withToken } from "./testing.ts";

const unknownId = "01999f00-0000-7000-8000-000000000000";
const canary = "c4nary-value-that-no-answer-may-repeat";

const record = z.record(z.string(), z.unknown());
const readExample = (id: string): Record<string, unknown> =>
  record.parse(
    JSON.parse(readFileSync(new URL(`../../contracts/examples/${id}.request.json`, import.meta.url), "utf8")),
  );

const shapes = operationIds.map((id) => {
  const shape: OperationShape = operations[id];
  const path = shape.path.replace("{id}", unknownId).replace("{provider_id}", "hetzner");
  return { id, shape, path, good: shape.body ? readExample(id) : {} };
});
type Case = (typeof shapes)[number];

const withBody = ({ shape, path }: Case, body: unknown): GatewayRequest => jsonRequest(shape.method, path, body);
const raw = ({ shape, path }: Case, contentType: string, body: string): GatewayRequest => ({
  method: shape.method,
  path,
  headers: { ...withToken.headers, "content-type": contentType },
  body,
});

const send = async (request: GatewayRequest) => {
  const response = await (await makeWorld()).send(request);
  const { code, message, details } = apiError.parse(readBody(response));
  expect(response.body).not.toContain(canary);
  return { status: response.statusCode, code, message, field: details?.field, headers: response.headers };
};

const badField = (field: string) => ({ status: 400, code: "bad_request", field });

describe.each(shapes)("$id", (operation) => {
  const { shape, path, good } = operation;

  it.each(["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json, text/plain"])(
    "with a body of type %j is a 415",
    async (contentType) => {
      const answer = await send(raw(operation, contentType, JSON.stringify(good)));
      expect(answer).toMatchObject({ status: 415, code: "unsupported_media_type" });
    },
  );

  it.each(["{", "{'a':1}", "nul", "{}{}", "[".repeat(10_000), "\u0000"])(
    "with broken JSON is a 400: %.10s",
    async (body) => {
      expect(await send(raw(operation, "application/json", body))).toMatchObject(badField("body"));
    },
  );

  it.each([[[]], [null], [canary], [7], [true]])("with a body that is no object is a 400: %j", async (body) => {
    expect(await send(withBody(operation, body))).toMatchObject(badField("body"));
  });

  it.each(["colour", "constructor", "__proto__", "toString"])(
    "with the unknown field %s is a 400 on it",
    async (name) => {
      const body = JSON.stringify(good)
        .replace(/^\{/, `{${JSON.stringify(name)}:${JSON.stringify(canary)},`)
        .replace(",}", "}");
      const answer = await send(raw(operation, "application/json", body));
      expect(answer).toMatchObject(badField(name));
      expect(answer.message).toContain(name);
    },
  );

  it("with an unknown query parameter is a 400 on it", async () => {
    const request = shape.body ? withBody(operation, good) : { method: shape.method, path, ...withToken };
    expect(await send({ ...request, query: `colour=${canary}` })).toMatchObject(badField("colour"));
  });

  it("with a body beyond the limit is a 413", async () => {
    const body = JSON.stringify({ ...good, filler: "x".repeat(limits.bodyMaxBytes) });
    const answer = await send(raw(operation, "application/json; charset=utf-8", body));
    expect(answer).toMatchObject({ status: 413, code: "payload_too_large" });
  });

  it.each(["PUT", "PATCH", "HEAD", "OPTIONS", "get", ""])(
    "with the method %j is a 405 that says what is allowed",
    async (method) => {
      const answer = await send({ method, path });
      const allowed = shapes.filter((other) => other.path === path).map((other) => other.shape.method);
      expect(answer).toMatchObject({ status: 405, code: "method_not_allowed", headers: { allow: allowed.join(", ") } });
    },
  );
});

const jsonSchema = z.object({
  properties: z.record(z.string(), z.object({ type: z.string().optional(), maxLength: z.number().optional() })),
  required: z.array(z.string()),
});

const fields = shapes.flatMap((operation) => {
  if (operation.shape.body === undefined) return [];
  const { properties, required } = jsonSchema.parse(z.toJSONSchema(z.object(operation.shape.body.shape)));
  return Object.entries(properties).map(([field, rule]) => ({
    operation,
    id: operation.id,
    field,
    rule,
    isRequired: required.includes(field),
  }));
});

describe.each(fields)("$id: $field", ({ operation, field, rule, isRequired }) => {
  if (isRequired)
    it("missing is a 400 on it", async () => {
      const { [field]: _left, ...body } = operation.good;
      expect(await send(withBody(operation, body))).toMatchObject({
        ...badField(field),
        message: `${field}: is required`,
      });
      expect(await send({ ...withBody(operation, body), body: "" })).toMatchObject({
        status: 400,
        code: "bad_request",
      });
    });

  const wrongTypes = [
    ...[null, [canary], { [canary]: canary }, rule.type === "string" ? 7 : canary, ""],
    ...(rule.type === "boolean" ? [0, "true"] : [true]),
  ];
  it.each(wrongTypes)("that is %j is a 400 on it", async (value) => {
    expect(await send(withBody(operation, { ...operation.good, [field]: value }))).toMatchObject(badField(field));
  });

  if (rule.maxLength !== undefined)
    it("too long is a 400 on it", async () => {
      const value = "x".repeat((rule.maxLength ?? 0) + 1);
      expect(await send(withBody(operation, { ...operation.good, [field]: value }))).toMatchObject(badField(field));
    });
});

describe.each(shapes.filter(({ shape }) => shape.params?.shape.id))("$id of an id that is none", ({ shape }) => {
  it.each(["1", "not-a-uuid", "%2e%2e", "%", "%zz", "%C3%A9", "..", `${unknownId}x`, "x".repeat(5000), "__proto__"])(
    "is a 404: %.20s",
    async (id) => {
      const path = shape.path.replace("{id}", id);
      expect(await send({ method: shape.method, path, ...withToken })).toMatchObject({
        status: 404,
        code: "not_found",
      });
    },
  );
});

describe.each(shapes.filter(({ shape }) => shape.params?.shape.provider_id))(
  "$id of an unknown provider",
  ({ shape }) => {
    it.each(["hetzner2", "Hetzner", "%68etzner2", ""])("is a 404: %s", async (provider) => {
      const path = shape.path.replace("{provider_id}", provider);
      expect(await send({ method: shape.method, path, ...withToken })).toMatchObject({
        status: 404,
        code: "not_found",
      });
    });
  },
);

describe.each(shapes.filter(({ shape }) => shape.paged))("$id", ({ shape, path }) => {
  it.each([
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=ten", "limit"],
    ["limit=1.5", "limit"],
    ["limit=", "limit"],
    ["limit=1&limit=2", "limit"],
    ["cursor=", "cursor"],
    [`cursor=${"x".repeat(1025)}`, "cursor"],
  ])("with ?%.20s is a 400 on it", async (query, field) => {
    expect(await send({ method: shape.method, path, query, ...withToken })).toMatchObject(badField(field));
  });
});

it.each([
  "/",
  "",
  "/api",
  "/api/",
  "/api/nodes/",
  "//api/nodes",
  "/api//nodes",
  "/API/nodes",
  "/api/nodes/1/2/3",
  "/api/tokens/{id}/x",
])("answers the unknown address %j with a 404, whatever the method", async (path) => {
  for (const method of ["GET", "POST", "BREW", ""]) {
    expect(await send({ method, path })).toMatchObject({ status: 404, code: "not_found" });
  }
});

const guarded = shapes.filter(({ shape }) => !shape.public);

describe.each(guarded)("$id", ({ shape, path }) => {
  it("without a session or a token is a 401", async () => {
    expect(await send({ method: shape.method, path })).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

describe.each(guarded.filter(({ shape }) => shape.method !== "GET"))("$id", ({ shape, path }) => {
  it("with the cookie and a body that is not JSON is a 403", async () => {
    const request = { method: shape.method, path, headers: { "content-type": "text/plain" }, body: "{}" };
    expect(await send({ ...request, ...withSession })).toMatchObject({ status: 403, code: "forbidden" });
  });
});
