import { describe, expect, test } from "vitest";
import { at, makeFixture, namesIn, numberAt, tokens } from "./fixture.ts";
import { routes } from "./routes/table.ts";

describe("every answer", () => {
  test.each([
    ["a good one", "GET", "/servers", tokens.rw],
    ["an unknown token", "GET", "/servers", tokens.unknown],
    ["an unknown route", "GET", "/nowhere", tokens.rw],
    ["a wrong method", "PATCH", "/servers", tokens.rw],
  ])("has rate limit and correlation headers: %s", async (_what, method, path, token) => {
    const { call } = makeFixture();
    const { headers } = await call(method, path, undefined, { token });
    expect(headers.get("x-correlation-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(headers.get("ratelimit-limit")).toBe("3600");
    expect(headers.get("ratelimit-remaining")).toBe("3599");
    expect(headers.get("ratelimit-reset")).toBe("1795348801");
  });
});

describe("checks come in the provider's order", () => {
  test("the rate limit is counted before the token is looked at, and its message quotes the token", async () => {
    const project = { name: "demo", tokens: [{ value: tokens.rw, permission: "rw" as const }], rateLimitPerHour: 1 };
    const { clock, call } = makeFixture({ projects: [project] });
    expect((await call("GET", "/servers")).status).toBe(200);
    const refused = await call("GET", "/nowhere");
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "rate_limit_exceeded" } } });
    expect(at(refused.body, "error.message")).toContain(`'${tokens.rw.slice(0, 32)}'`);
    expect(refused.text).not.toContain(tokens.rw.slice(0, 33));
    await clock.advance(3_600_000);
    expect((await call("GET", "/servers")).status).toBe(200);
  });

  test("an unknown token is refused before route and body", async () => {
    const { call } = makeFixture();
    const refused = await call("POST", "/nowhere", "{", { token: tokens.unknown });
    expect(refused).toMatchObject({
      status: 401,
      body: { error: { code: "unauthorized", message: "unable to authenticate", details: null } },
    });
  });

  test.each(["POST", "PUT", "DELETE", "PATCH"])("a read-only token is refused %s before the route", async (method) => {
    const { call } = makeFixture();
    const refused = await call(method, "/nowhere", undefined, { token: tokens.ro });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "token_readonly" } } });
    expect((await call("GET", "/servers", undefined, { token: tokens.ro })).status).toBe(200);
  });

  const writes = routes.filter(({ method }) => method !== "GET").map(({ method, route }) => [method, route] as const);
  test.each(writes)("a read-only token is refused %s %s, which then changes nothing", async (method, route) => {
    const { call, clock, create, simulator } = makeFixture();
    const id = numberAt((await create("web")).body, "server.id");
    await clock.advance(5000);
    const before = simulator.state().projects;
    const path = route.replace("{id}", String(route.startsWith("/servers") ? id : 98_000_001));
    const refused = await call(method, path, {}, { token: tokens.ro });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "token_readonly" } } });
    expect(simulator.state().projects).toEqual(before);
  });

  test.each([
    [{}, 403, "token_readonly"],
    [{ readonlyStatus: 401 }, 401, "token_readonly"],
    [{ readonlyCode: "forbidden" }, 403, "forbidden"],
  ] as const)("a read-only token's refusal can be what has been seen of it: %j", async (options, status, code) => {
    const { call } = makeFixture(options);
    const refused = await call("POST", "/ssh_keys", {}, { token: tokens.ro });
    expect([refused.status, at(refused.body, "error.code")]).toEqual([status, code]);
  });

  test.each([
    ["POST", "/ssh_keys", "{", 400, "json_error"],
    ["POST", "/ssh_keys", undefined, 400, "json_error"],
    ["POST", "/ssh_keys", {}, 422, "invalid_input"],
    ["GET", "/servers/abc", undefined, 404, "not_found"],
    ["GET", "/servers/1", undefined, 404, "not_found"],
    ["GET", "/servers/", undefined, 404, "not_found"],
    ["DELETE", "/servers", undefined, 405, "method_not_allowed"],
    ["GET", "/actions", undefined, 410, "deprecated_api_endpoint"],
    ["GET", "/datacenters", undefined, 410, "deprecated_api_endpoint"],
    ["GET", "/volumes", undefined, 501, "not_implemented"],
    ["POST", "/servers/1/actions/attach_iso", { iso: "x" }, 501, "not_implemented"],
  ])("%s %s with %j answers %d %s", async (method, path, body, status, code) => {
    const { call } = makeFixture();
    expect(await call(method, path, body)).toMatchObject({ status, body: { error: { code } } });
  });
});

describe("strict requests", () => {
  test.each([
    ["an unknown field", { colour: "red" }, "colour"],
    ["the removed datacenter", { datacenter: "fsn1-dc14" }, "datacenter"],
    ["an underscore in the name", { name: "my_server" }, "name"],
    ["too much user data", { user_data: "x".repeat(32_769) }, "user_data"],
    ["a reserved label", { labels: { "hetzner.cloud/x": "1" } }, "labels"],
    ["a number as a name", { name: 5 }, "name"],
  ])("%s is refused by field", async (_what, fields, field) => {
    const { create } = makeFixture();
    const refused = await create("web", fields);
    expect(refused).toMatchObject({ status: 422, body: { error: { code: "invalid_input" } } });
    expect(at(refused.body, "error.details.fields.0.name")).toBe(field);
  });

  test("exactly 32 KiB of user data are taken, counted in bytes", async () => {
    const { create } = makeFixture();
    expect((await create("web", { user_data: "x".repeat(32_768) })).status).toBe(201);
    expect((await create("web2", { user_data: "\u00e9".repeat(16_385) })).status).toBe(422);
    expect((await create("web2", { user_data: "\u00e9".repeat(16_384) })).status).toBe(201);
  });

  test.each([
    ["POST", "/servers", '{"name":"a","server_type":"cx23","image":"debian-13","labels":{"__proto__":"x"}}'],
    ["POST", "/ssh_keys", '{"name":"a","public_key":"k","labels":{"__proto__":"x"}}'],
    ["POST", "/primary_ips", '{"name":"a","type":"ipv4","location":"fsn1","labels":{"__proto__":"x"}}'],
  ])("%s %s does not lose the label __proto__ silently", async (method, path, body) => {
    const { call } = makeFixture();
    const refused = await call(method, path, body);
    expect(refused).toMatchObject({ status: 422, body: { error: { code: "invalid_input" } } });
    expect(at(refused.body, "error.details.fields.0")).toMatchObject({
      name: "labels",
      messages: [expect.stringContaining("'__proto__'")],
    });
  });

  test("other names of JavaScript's are labels like any", async () => {
    const { create } = makeFixture();
    const labels = { constructor: "a", toString: "b", hasOwnProperty: "c" };
    expect(at((await create("web", { labels })).body, "server.labels")).toEqual(labels);
  });

  test("a User-Agent is needed", async () => {
    const { call } = makeFixture();
    expect((await call("GET", "/servers", undefined, { headers: { "User-Agent": "" } })).status).toBe(400);
  });

  test("a Content-Type goes with a body and only with one", async () => {
    const { call } = makeFixture();
    const json = { "Content-Type": "application/json" };
    expect((await call("GET", "/servers", undefined, { headers: json })).status).toBe(400);
    expect((await call("POST", "/ssh_keys", {}, { headers: { "Content-Type": "text/plain" } })).status).toBe(400);
  });
});

describe("lists", () => {
  test("come in pages that lead to each other", async () => {
    const { create, call } = makeFixture();
    for (const name of ["a", "b", "c"]) await create(name);
    const middle = await call("GET", "/servers?per_page=1&page=2&sort=name:desc");
    expect(namesIn(middle, "servers")).toEqual(["b"]);
    expect(at(middle.body, "meta.pagination")).toEqual({
      page: 2,
      per_page: 1,
      previous_page: 1,
      next_page: 3,
      last_page: 3,
      total_entries: 3,
    });
    expect(middle.headers.get("link")).toContain('page=3&sort=name%3Adesc>; rel="next"');
    const last = await call("GET", "/servers?per_page=1&page=3");
    expect(at(last.body, "meta.pagination.next_page")).toBeNull();
  });

  test("give 25 unless asked and refuse more than 50", async () => {
    const { call } = makeFixture();
    expect(at((await call("GET", "/servers")).body, "meta.pagination.per_page")).toBe(25);
    for (const query of ["per_page=51", "page=0", "per_page=x", "sort=colour", "label_selector=a%20b"]) {
      expect((await call("GET", `/servers?${query}`)).status).toBe(422);
    }
  });

  test("filter by exact name, status and labels", async () => {
    const { clock, create, call } = makeFixture();
    await create("web", { labels: { env: "production" } });
    await create("web-2", { labels: { env: "staging" } });
    expect(namesIn(await call("GET", "/servers?name=web"), "servers")).toEqual(["web"]);
    expect(namesIn(await call("GET", "/servers?name=we"), "servers")).toEqual([]);
    const selector = encodeURIComponent("env in (production,test)");
    expect(namesIn(await call("GET", `/servers?label_selector=${selector}`), "servers")).toEqual(["web"]);
    expect(namesIn(await call("GET", "/servers?status=running"), "servers")).toEqual([]);
    await clock.advance(2000);
    expect(namesIn(await call("GET", "/servers?status=running&status=off"), "servers")).toHaveLength(2);
  });

  test("of images hold one per architecture, deprecated ones on request", async () => {
    const { call } = makeFixture();
    expect(namesIn(await call("GET", "/images?name=debian-13"), "images")).toHaveLength(2);
    expect(namesIn(await call("GET", "/images?name=debian-13&architecture=arm"), "images")).toHaveLength(1);
    expect(namesIn(await call("GET", "/images?name=debian-11"), "images")).toHaveLength(0);
    expect(namesIn(await call("GET", "/images?name=debian-11&include_deprecated=true"), "images")).toHaveLength(2);
  });
});

test("what was served is kept without tokens and user data", async () => {
  const { create, call, simulator } = makeFixture();
  await create("web", { user_data: "secret-host-key", labels: { stray: tokens.rw.slice(0, 63) } });
  await call("GET", `/servers?name=${tokens.rw}`, undefined, { token: tokens.unknown });
  const [first, second] = simulator.requests();
  expect(first).toMatchObject({
    method: "POST",
    path: "/servers",
    status: 201,
    tokenName: "demo-rw-1",
    project: "demo",
    body: { name: "web", user_data: "<15 bytes>" },
  });
  expect(second).toMatchObject({ status: 401, tokenName: null, query: "name=<token>" });
  const text = JSON.stringify(simulator.requests());
  for (const secret of ["secret-host-key", tokens.rw, tokens.unknown]) expect(text).not.toContain(secret);
});
