import { describe, expect, it } from "vitest";
import { apiError } from "../../contracts/models.ts";
import { makeLog } from "../../shared/log.ts";
import { makeMemoryTable } from "../../shared/store/memory-table.ts";
import { BadCursor } from "../../shared/store/table.ts";
import { ApiProblem, type Handlers, type LambdaContext, serve } from "./edge.ts";
import { buildGatewayEvent, type GatewayShape } from "./gateway-event.ts";
import {
  apiToken,
  jsonRequest,
  makeWorld,
  operatorEmail,
  readBody,
  sessionToken,
  withSession,
  withToken,
} from "./testing.ts";

const shapes: GatewayShape[] = ["aws", "emulator"];
const jobId = "01999f00-9c20-7b4f-9a2e-6e7f3bad5f02";
const nodeId = "01999f00-9c1f-7d5a-8c3f-7f8a4cbe6a03";
const getSession = { method: "GET", path: "/api/session" };

describe.each(shapes)("an event of %s", (shape) => {
  it("is answered to a session cookie among other cookies", async () => {
    const world = await makeWorld();
    const response = await world.send({ ...getSession, ...withSession }, shape);
    expect(response.statusCode).toBe(200);
    expect(readBody(response)).toEqual({ email: operatorEmail, expires_at: "2026-10-02T08:00:00.000Z" });
  });

  it("gives the parameters of the path and of the query to the handler", async () => {
    const asked: unknown[] = [];
    const world = await makeWorld({
      nodes: {
        listNodes: async ({ query }) => {
          asked.push(query);
          return { body: [] };
        },
        deleteNode: async ({ params, actor }) => {
          asked.push(params, actor.kind);
          return { body: { job_id: jobId } };
        },
      },
    });
    await world.send(
      { method: "GET", path: "/api/nodes", query: "include=decommissioned&limit=7", ...withToken },
      shape,
    );
    await world.send({ method: "DELETE", path: `/api/nodes/${nodeId}`, ...withSession }, shape);
    expect(asked).toEqual([{ limit: 7, include: "decommissioned" }, { id: nodeId }, "session"]);
  });

  it("may carry its body in base64", async () => {
    const world = await makeWorld();
    const event = buildGatewayEvent(shape, jsonRequest("POST", "/api/tokens", { name: "ci é" }));
    const body = Buffer.from(String(event.body)).toString("base64");
    const handler = serve(
      "auth",
      stubAuth({ createToken: async (call) => Promise.reject(new ApiProblem("conflict", call.body.name)) }),
      {
        ...edgeOver(world.table),
        now: () => world.startMs,
      },
    );
    const response = await handler({ ...event, body, isBase64Encoded: true }, {});
    expect(readBody(response)).toMatchObject({ code: "conflict", message: "ci é" });
  });

  it("with an unknown address is a 404 in our shape", async () => {
    const world = await makeWorld();
    const response = await world.send({ method: "GET", path: "/api/nowhere" }, shape);
    expect(response.statusCode).toBe(404);
    expect(apiError.parse(readBody(response)).code).toBe("not_found");
  });
});

const unreached = async (): Promise<never> => {
  throw new Error("not part of this test");
};
const stubAuth = (stubs: Partial<Handlers<"auth">>): Handlers<"auth"> => ({
  login: unreached,
  logout: unreached,
  getSession: unreached,
  createToken: unreached,
  listTokens: unreached,
  deleteToken: unreached,
  ...stubs,
});
const edgeOver = (table = makeMemoryTable(), write: (line: string) => void = () => undefined) => ({
  table,
  now: () => Date.UTC(2026, 9, 1, 8),
  log: makeLog("test", () => 0, write),
  cookieSecure: true,
});

describe("who calls", () => {
  it.each([
    ["nobody", {}],
    ["an unknown session", { cookies: ["session_token=unknown"] }],
    ["an empty session cookie", { cookies: ["session_token="] }],
    ["an unknown API token", { headers: { authorization: `Bearer ${apiToken.slice(0, -1)}3` } }],
    ["a bearer token of no known shape", { headers: { authorization: "Bearer x" } }],
    ["a session's token as a bearer token", { headers: { authorization: `Bearer ${sessionToken}` } }],
    ["an API token as a cookie", { cookies: [`session_token=${apiToken}`] }],
    ["a name and password", { headers: { authorization: "Basic YWRhOnNlY3JldA==" } }],
  ])("is refused: %s", async (_who, credentials) => {
    const world = await makeWorld();
    const response = await world.send({ ...getSession, ...credentials });
    expect([response.statusCode, apiError.parse(readBody(response)).code]).toEqual([401, "unauthorized"]);
  });

  it("is the API token when a session cookie is there too", async () => {
    const world = await makeWorld();
    const response = await world.send({ ...getSession, ...withSession, headers: { authorization: "Bearer x" } });
    expect(response.statusCode).toBe(401);
  });

  it("is known by the first of two session cookies", async () => {
    const world = await makeWorld();
    const cookies = [`session_token=${sessionToken}`, "session_token=planted"];
    expect((await world.send({ ...getSession, cookies })).statusCode).toBe(200);
  });

  it("is asked after the route and before the body", async () => {
    const world = await makeWorld();
    const request = { method: "POST", path: "/api/nodes", headers: { "content-type": "text/plain" }, body: "{" };
    expect((await world.send(request)).statusCode).toBe(401);
  });
});

describe("a write from another site", () => {
  const write = (headers: Record<string, string>) => jsonRequest("POST", "/api/logout", {}, headers);
  it.each([
    ["cross-site", 403],
    ["same-site", 403],
    ["", 403],
    ["same-origin", 200],
    ["none", 200],
  ])("with the cookie and Sec-Fetch-Site %j is answered %i", async (site, status) => {
    const world = await makeWorld();
    const response = await world.send({ ...write({ "sec-fetch-site": site }), ...withSession });
    expect(response.statusCode).toBe(status);
  });

  it("is allowed to a client that says nothing of sites", async () => {
    const world = await makeWorld();
    expect((await world.send({ ...write({}), ...withSession })).statusCode).toBe(200);
  });

  it("is allowed to an API token, which no browser adds by itself", async () => {
    const world = await makeWorld();
    const headers = { ...withToken.headers, "sec-fetch-site": "cross-site" };
    expect((await world.send(write(headers))).statusCode).toBe(200);
  });

  it("is no matter when it only reads", async () => {
    const world = await makeWorld();
    const response = await world.send({ ...getSession, ...withSession, headers: { "sec-fetch-site": "cross-site" } });
    expect(response.statusCode).toBe(200);
  });

  it("with the cookie and a form's body is forbidden", async () => {
    const world = await makeWorld();
    const headers = { "content-type": "text/plain" };
    const response = await world.send({ method: "POST", path: "/api/tokens", ...withSession, headers, body: "{}" });
    expect(response.statusCode).toBe(403);
  });
});

describe("an answer", () => {
  it("says that it is nobody else's, and which request it is for", async () => {
    const world = await makeWorld();
    const { headers } = await world.send({ ...getSession, ...withToken });
    expect(headers).toEqual({
      "content-type": "application/json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-request-id": "JKJaXmPLvHcESHA=",
    });
  });

  it("of 202 names its job", async () => {
    const world = await makeWorld({ nodes: { createNode: async () => ({ body: { job_id: jobId } }) } });
    const response = await world.send(jsonRequest("POST", "/api/nodes", { provider_id: "hetzner" }));
    expect(response.statusCode).toBe(202);
    expect(response.headers.location).toBe(`/api/jobs/${jobId}`);
  });

  it("of a page links to the next with all that was asked", async () => {
    const world = await makeWorld({ nodes: { listNodes: async () => ({ body: [], nextCursor: "a+b=" }) } });
    const query = "include=decommissioned&limit=2";
    const response = await world.send({ method: "GET", path: "/api/nodes", query, ...withToken });
    expect(response.headers.link).toBe('</api/nodes?limit=2&include=decommissioned&cursor=a%2Bb%3D>; rel="next"');
  });

  it("of the last page links nowhere", async () => {
    const world = await makeWorld({ nodes: { listNodes: async () => ({ body: [] }) } });
    const response = await world.send({ method: "GET", path: "/api/nodes", ...withToken });
    expect(response.headers).not.toHaveProperty("link");
  });

  it("never carries more than the contract declares", async () => {
    const leaky = { job_id: jobId, lease: "ours alone" };
    const world = await makeWorld({ nodes: { createNode: async () => ({ body: leaky }) } });
    const response = await world.send(jsonRequest("POST", "/api/nodes", { provider_id: "hetzner" }));
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toMatch(/lease|ours alone/);
  });
});

describe("an error", () => {
  const failing = (error: unknown) => makeWorld({ jobs: { getMetrics: async () => Promise.reject(error) } });
  const getMetrics = { method: "GET", path: "/api/metrics", ...withToken };

  it("of a handler is shown as it was meant", async () => {
    const parts = { guidance: ["Do this."], details: { field: "name" }, headers: { "retry-after": "5" } };
    const world = await failing(new ApiProblem("provider_in_use", "In use.", parts));
    const response = await world.send(getMetrics);
    expect([response.statusCode, response.headers["retry-after"]]).toEqual([409, "5"]);
    expect(readBody(response)).toEqual({
      code: "provider_in_use",
      message: "In use.",
      guidance: ["Do this."],
      details: { field: "name" },
      request_id: "JKJaXmPLvHcESHA=",
    });
  });

  it.each([
    ["an Error", new Error("connect ECONNREFUSED 10.0.0.1 password=hunter2")],
    ["a text", "password=hunter2"],
    ["nothing", undefined],
  ])("that nobody foresaw (%s) is a bare 500, logged once", async (_what, error) => {
    const world = await failing(error);
    const response = await world.send(getMetrics);
    expect(response.statusCode).toBe(500);
    expect(Object.keys(apiError.parse(readBody(response)))).toEqual(["code", "message", "request_id"]);
    expect(response.body).not.toContain("hunter2");
    expect(world.logLines).toHaveLength(1);
    expect(JSON.parse(world.logLines[0] ?? "")).toMatchObject({ level: "error", operation: "getMetrics", status: 500 });
  });

  it("of a cursor that no list gave is a 400 on cursor", async () => {
    const world = await failing(new BadCursor("malformed"));
    const response = await world.send(getMetrics);
    expect(response.statusCode).toBe(400);
    expect(apiError.parse(readBody(response)).details).toMatchObject({ field: "cursor" });
  });

  it("of a request that came to the wrong function is ours", async () => {
    const lines: string[] = [];
    const handler = serve(
      "jobs",
      { listJobs: unreached, getJob: unreached, cancelJob: unreached, getMetrics: unreached },
      edgeOver(undefined, (line) => lines.push(line)),
    );
    const response = await handler(buildGatewayEvent("aws", getSession), {});
    expect(response.statusCode).toBe(500);
    expect(lines.join()).toContain("getSession was routed to jobs");
  });

  it("is told before Lambda stops a handler that does not end", async () => {
    const context: LambdaContext = { getRemainingTimeInMillis: () => 501 };
    const endless = stubAuth({ login: () => new Promise(() => undefined) });
    const request = jsonRequest("POST", "/api/login", { email: "a", password: "b" }, {});
    const response = await serve("auth", endless, edgeOver())(buildGatewayEvent("aws", request), context);
    expect(response.statusCode).toBe(500);
  });
});

describe("an Idempotency-Key", () => {
  const create = (key: string) =>
    jsonRequest("POST", "/api/nodes", { provider_id: "hetzner" }, { ...withToken.headers, "idempotency-key": key });

  it.each([
    ["empty", "", 400],
    ["with a space", "a b", 400],
    ["beyond ASCII", "é", 400],
    ["of 256 characters", "k".repeat(256), 400],
    ["of 255 characters", "k".repeat(255), 202],
    ["of one character", "~", 202],
  ])("%s is honoured or refused", async (_what, key, status) => {
    const world = await makeWorld({ nodes: { createNode: async () => ({ body: { job_id: jobId } }) } });
    expect((await world.send(create(key))).statusCode).toBe(status);
  });

  it("reaches the handler of a POST that answers 202", async () => {
    const seen: unknown[] = [];
    const world = await makeWorld({
      nodes: {
        createNode: async ({ idempotencyKey }) => {
          seen.push(idempotencyKey);
          return { body: { job_id: jobId } };
        },
      },
    });
    await world.send(create("key-1"));
    await world.send(jsonRequest("POST", "/api/nodes", { provider_id: "hetzner" }));
    expect(seen).toEqual(["key-1", null]);
  });

  it("means nothing elsewhere", async () => {
    const world = await makeWorld();
    const headers = { ...withToken.headers, "idempotency-key": "not valid here" };
    expect((await world.send({ ...getSession, headers })).statusCode).toBe(200);
  });
});

it("logs one line a request: what, how it went, how long, who", async () => {
  const world = await makeWorld({
    jobs: {
      listJobs: async () => {
        world.advance(12);
        return { body: [] };
      },
    },
  });
  await world.send({ method: "GET", path: "/api/jobs", query: "limit=7", ...withToken });
  expect(world.logLines.map((line) => JSON.parse(line))).toEqual([
    {
      at: "2026-10-01T08:00:00.012Z",
      level: "info",
      source: "test",
      event: "request",
      request_id: "JKJaXmPLvHcESHA=",
      operation: "listJobs",
      status: 200,
      ms: 12,
      actor: "01999f00-7a10-7c3e-8b1d-5d6f2a9c4e01",
    },
  ]);
});

it("refuses handlers that are not exactly the function's operations, at compile time", () => {
  // @ts-expect-error one is missing
  const missing: Handlers<"node-check"> = {};
  // @ts-expect-error one is another function's
  const extra: Handlers<"node-check"> = { checkNode: unreached, getNode: unreached };
  expect([missing, extra]).toHaveLength(2);
});
