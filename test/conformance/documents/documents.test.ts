import { beforeAll, describe, expect, test } from "vitest";
import { type Fixture, makeFixture, tokens } from "../../../local/hetzner/fixture.ts";
import { routes } from "../../../local/hetzner/routes/table.ts";
import { makeHetzner } from "../../../shared/hetzner/index.ts";
import { documentDefects } from "./document-defects.ts";
import { type Check, documentNames, makeCheck, missingDocuments, readDocument } from "./published.ts";
import { makeExample } from "./route-examples.ts";
import { runScenario, steps } from "./sdk-scenario.ts";
import { type Exchange, tapWire } from "./wire-tap.ts";

const [newest, older] = documentNames;
const june = readDocument(newest);
const february = readDocument(older);
const missing = missingDocuments();
const absent = missing === null ? "" : ` (SKIPPED: ${missing})`;

const checks: readonly (readonly [string, Check])[] = [
  [newest, makeCheck({ document: june, defects: documentDefects, isClosed: true })],
  // Says the same in its own words, and is older: what is new since then is not held against an answer.
  [older, makeCheck({ document: february, defects: documentDefects, isClosed: false })],
];
const faultsOf = (exchange: Exchange): string[] =>
  checks.flatMap(([name, check]) => check(exchange).map((fault) => `${name}: ${fault}`));

/** All traffic of this file, for the last test. */
const seen: Exchange[] = [];

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

/** Sends a request and gives what went over the wire. */
async function ask({ simulator }: Fixture, { method, path, body, token = tokens.rw }: Ask): Promise<Exchange> {
  const noted: Exchange[] = [];
  const send = tapWire(simulator.wireFetch, (exchange) => noted.push(exchange));
  await send(`https://api.hetzner.cloud/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      "User-Agent": "test",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const [exchange] = noted;
  if (exchange === undefined) throw new Error("nothing went over the wire");
  seen.push(exchange);
  return exchange;
}

const nobodysId = "4242424242";
const answerFaults = (exchange: Exchange): string[] =>
  faultsOf(exchange).filter((fault) => / (answer|the answer|the document)/.test(fault));
const table = routes.map(({ method, route }) => [method, route] as const);

describe.skipIf(absent !== "")(`the simulator's answers${absent}`, () => {
  test.each(table)("%s %s: a success, as asked for, has the published shape", async (method, route) => {
    const { fixture, example } = await makeExample(method, route);
    const exchange = await ask(fixture, { method, ...example });
    expect([200, 201, 204], JSON.stringify(exchange.responseBody)).toContain(exchange.status);
    expect(faultsOf(exchange)).toEqual([]);
  });

  test.each(table)("%s %s: errors have the published shape", async (method, route) => {
    const { fixture, example } = await makeExample(method, route);
    const asked = { method, ...example };
    const nobody = {
      method,
      path: route.replace("{id}", nobodysId).replace("{action_id}", nobodysId),
      body: example.body,
    };
    const errors = [await ask(fixture, { ...asked, token: tokens.unknown })];
    if (method !== "GET") errors.push(await ask(fixture, { ...asked, token: tokens.ro }));
    if (route.includes("{id}")) errors.push(await ask(fixture, nobody));
    if (example.body !== undefined) errors.push(await ask(fixture, { ...asked, body: "{" }));
    if (example.body !== undefined) errors.push(await ask(fixture, { ...asked, body: { nobody_knows_this: 1 } }));
    for (const kind of ["rate_limited", "unavailable_json", "timeout_json", "server_error", "unknown_code"] as const) {
      fixture.simulator.plan({ kind, method, route });
      errors.push(await ask(fixture, asked));
    }
    expect(errors.filter(({ status }) => status < 400)).toEqual([]);
    expect(errors.flatMap(answerFaults)).toEqual([]);
  });

  test.each([
    ["GET", "/datacenters", 410],
    ["GET", "/actions", 410],
    ["GET", "/networks", 501],
    ["GET", "/volumes/1", 501],
  ])("%s %s is refused in the published shape", async (method, path, status) => {
    const exchange = await ask(makeFixture(), { method, path });
    expect(exchange.status).toBe(status);
    expect(answerFaults(exchange)).toEqual([]);
  });

  test("a server that failed, and lists of everything, have the published shape too", async () => {
    const fixture = makeFixture();
    await fixture.create("web-fault-start-failed");
    await fixture.create("web-fault-ipv4-missing");
    fixture.simulator.addPrimaryIp({ project: "demo" });
    await fixture.clock.advance(5000);
    for (const path of [
      "/servers",
      "/servers/actions",
      "/primary_ips",
      "/servers?status=off&sort=name:desc&page=1&per_page=1",
    ])
      expect(faultsOf(await ask(fixture, { method: "GET", path }))).toEqual([]);
  });

  test("every answer carries the budget and a correlation id", async () => {
    for (const [method, route] of table) {
      const { fixture, example } = await makeExample(method, route);
      await ask(fixture, { method, ...example });
    }
    expect(seen.length).toBeGreaterThanOrEqual(table.length);
    const bare = seen.filter(
      ({ responseHeaders }) =>
        !/^\d+$/.test(responseHeaders.get("ratelimit-remaining") ?? "") ||
        !/^[0-9a-f]{32}$/.test(responseHeaders.get("x-correlation-id") ?? ""),
    );
    expect(bare.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([]);
  });
});

describe.skipIf(absent !== "")(`the SDK's requests${absent}`, () => {
  const sent: Exchange[] = [];
  const fixture = makeFixture();
  const client = makeHetzner({
    token: tokens.rw,
    clock: fixture.clock,
    fetch: tapWire(fixture.simulator.wireFetch, (exchange) => sent.push(exchange)),
  });
  beforeAll(async () => {
    await runScenario(client, fixture.simulator.addPrimaryIp({ project: "demo" }), (work) => fixture.clock.run(work));
    seen.push(...sent);
  });

  test("come from every operation that there is", () => {
    const operations = Object.entries(client).flatMap(([resource, methods]) =>
      Object.keys(methods).map((name) => `${resource}.${name}`),
    );
    expect(Object.keys(steps).sort()).toEqual(operations.sort());
  });

  test("are in the documents, with their queries and bodies, and so are the answers", () => {
    expect(sent.length).toBeGreaterThan(Object.keys(steps).length);
    // The lost answers that the scenario asks for are a proxy's, not the API's.
    const isHtml = ({ responseType }: Exchange): boolean => responseType?.startsWith("text/html") === true;
    expect(sent.filter(isHtml).length).toBe(2);
    expect(sent.filter((exchange) => !isHtml(exchange)).flatMap(faultsOf)).toEqual([]);
  });

  test("reach every route that has a function in the SDK, successfully", () => {
    const reached = new Set(
      sent
        .filter(({ status }) => status < 300)
        .map(({ method, path }) => `${method} ${path.replace(/\/\d+/g, "/{id}")}`),
    );
    expect([...reached].sort()).toMatchInlineSnapshot(`
      [
        "DELETE /primary_ips/{id}",
        "DELETE /servers/{id}",
        "DELETE /ssh_keys/{id}",
        "GET /actions",
        "GET /actions/{id}",
        "GET /images",
        "GET /locations",
        "GET /pricing",
        "GET /primary_ips",
        "GET /server_types",
        "GET /servers",
        "GET /servers/{id}",
        "GET /servers/{id}/actions",
        "GET /ssh_keys",
        "GET /ssh_keys/{id}",
        "POST /servers",
        "POST /servers/{id}/actions/poweroff",
        "POST /servers/{id}/actions/poweron",
        "POST /ssh_keys",
        "PUT /servers/{id}",
        "PUT /ssh_keys/{id}",
      ]
    `);
  });
});

describe.skipIf(absent !== "")(`the check${absent}`, () => {
  const good = async () => {
    const { fixture, example } = await makeExample("POST", "/servers");
    return ask(fixture, { method: "POST", ...example });
  };

  test("refuses an answer without a required field, with a field of another type, and with one nobody knows", async () => {
    const exchange = await good();
    const body = { ...Object(exchange.responseBody) };
    for (const wrong of [
      { ...body, action: undefined },
      { ...body, next_actions: 5 },
      { ...body, made_up: 1 },
    ])
      expect(faultsOf({ ...exchange, responseBody: JSON.parse(JSON.stringify(wrong)) })).not.toEqual([]);
  });

  test("refuses a request with a field, a type, a parameter or a path that nobody knows", async () => {
    const exchange = await good();
    const body = { ...Object(exchange.requestBody) };
    for (const wrong of [
      { requestBody: { ...body, made_up: 1 } },
      { requestBody: { ...body, name: 5 } },
      { requestBody: { ...body, labels: { a: 1 } } },
      { requestType: "text/plain" },
      { query: new URLSearchParams("made_up=1") },
      { path: "/server" },
    ])
      expect(faultsOf({ ...exchange, ...wrong })).not.toEqual([]);
  });

  test.each(documentDefects)("needs the defect: $reason", (defect) => {
    const others = documentDefects.filter((other) => other !== defect);
    const check = makeCheck({ document: june, defects: others, isClosed: true });
    expect(seen.some((exchange) => exchange.status < 300 && check(exchange).length > 0)).toBe(true);
  });
});
