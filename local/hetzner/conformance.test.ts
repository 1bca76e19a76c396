import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { documentDefects } from "./conformance-defects.ts";
import { at, type Fixture, makeFixture, numberAt, publicKey, type Seen, tokens } from "./fixture.ts";
import { routes } from "./routes/table.ts";

const documentPath = resolve(import.meta.dirname, "../../../shared/hetzner/openapi-2026-06.json");
const isThere = existsSync(documentPath);
if (!isThere) console.log(`conformance skipped: Hetzner's published document is not at ${documentPath}`);
const published: unknown = isThere ? JSON.parse(readFileSync(documentPath, "utf8")) : {};

const mended = new Set<string>();

/** The schema with every known defect mended, and only the keywords JSON schema knows. */
function mend(name: string, node: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => mend(name, item));
  if (typeof node !== "object" || node === null) return node;
  let current: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(node));
  for (const defect of documentDefects) {
    if (!defect.at(name, current)) continue;
    mended.add(defect.reason);
    current = defect.mend(current);
  }
  const dropped = ["example", "examples", "description", "format"];
  const kept = Object.entries(current).filter(([key, value]) => !dropped.includes(key) || typeof value === "object");
  return Object.fromEntries(kept.map(([key, value]) => [key, mend(key, value)]));
}

const ajv = new Ajv({ strict: false, allErrors: true });

/** The check of an answer's body, or null when the document has none for it. */
function validatorOf(method: string, route: string, status: number): ValidateFunction | null {
  const pathItem = Object.entries(Object(at(published, "paths"))).find(([path]) => path === route)?.[1];
  const responses = at(pathItem, `${method.toLowerCase()}.responses`);
  const answer = at(responses, String(status)) ?? at(responses, `${Math.floor(status / 100)}xx`);
  const content = Object.entries(Object(at(answer, "content"))).find(([type]) => type === "application/json")?.[1];
  const schema = mend("", at(content, "schema"));
  return typeof schema === "object" && schema !== null ? ajv.compile(schema) : null;
}

interface Example {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** A project with one of everything: two servers (one without addresses of its own), a key, a free address. */
async function makeExamples(fixture: Fixture): Promise<Readonly<Record<string, Example>>> {
  const { call, create, clock, simulator } = fixture;
  const key = await call("POST", "/ssh_keys", { name: "k", public_key: publicKey(1), labels: { a: "b" } });
  const made = await create("web", { ssh_keys: ["k"], labels: { a: "b" } });
  await create("plain", { public_net: { enable_ipv4: false } });
  await clock.advance(2000);
  const [server, keyId, action] = [
    numberAt(made.body, "server.id"),
    numberAt(key.body, "ssh_key.id"),
    numberAt(made.body, "action.id"),
  ];
  const free = simulator.addPrimaryIp({ project: "demo" });
  const ids: Readonly<Record<string, number>> = {
    servers: server,
    ssh_keys: keyId,
    actions: action,
    server_types: 114,
    locations: 1,
    images: 114_690_387,
    primary_ips: free,
  };
  const bodies: Readonly<Record<string, unknown>> = {
    "POST /servers": { name: "new", server_type: "cax11", image: "ubuntu-24.04" },
    "POST /ssh_keys": { name: "new", public_key: publicKey(2) },
    "PUT /servers/{id}": { labels: {} },
    "PUT /ssh_keys/{id}": { name: "renamed" },
    "POST /servers/{id}/actions/change_protection": { delete: false, rebuild: false },
  };
  const example = ({ method, route }: { method: string; route: string }): Example => {
    const resource = route.startsWith("/servers/actions") ? "actions" : (route.split("/")[1] ?? "");
    const path = route.replace("{id}", String(ids[resource])) + (route === "/actions" ? `?id=${action}` : "");
    return { method, path, body: bodies[`${method} ${route}`] };
  };
  return Object.fromEntries(routes.map((route) => [`${route.method} ${route.route}`, example(route)]));
}

function expectConform(method: string, route: string, seen: Seen): void {
  if (seen.status === 204) return;
  const validate = validatorOf(method, route, seen.status);
  expect(validate, `the document has no ${seen.status} for ${method} ${route}`).not.toBeNull();
  validate?.(seen.body);
  expect(validate?.errors ?? []).toEqual([]);
}

describe.skipIf(!isThere)("answers have the shape that Hetzner publishes", () => {
  test.each(routes.map((route) => [route.method, route.route]))("%s %s", async (method, route) => {
    const fixture = makeFixture();
    const examples = await makeExamples(fixture);
    const example = examples[`${method} ${route}`];
    const seen = await fixture.call(method, example?.path ?? "", example?.body);
    expect([200, 201, 204]).toContain(seen.status);
    expectConform(method, route, seen);
  });

  test.each([
    ["GET", "/servers/{id}", "/servers/1", undefined, tokens.rw],
    ["GET", "/servers", "/servers", undefined, tokens.unknown],
    ["POST", "/servers", "/servers", {}, tokens.rw],
    ["POST", "/ssh_keys", "/ssh_keys", {}, tokens.ro],
    ["GET", "/actions", "/actions", undefined, tokens.rw],
  ])("errors of %s %s", async (method, route, path, body, token) => {
    const seen = await makeFixture().call(method, path, body, { token });
    expect(seen.status).toBeGreaterThanOrEqual(400);
    expectConform(method, route, seen);
  });

  test("a server that failed, and a free address, conform too", async () => {
    const fixture = makeFixture();
    await fixture.create("web-fault-start-failed");
    fixture.simulator.addPrimaryIp({ project: "demo" });
    await fixture.clock.advance(5000);
    expectConform("GET", "/servers", await fixture.call("GET", "/servers"));
    expectConform("GET", "/servers/actions", await fixture.call("GET", "/servers/actions"));
    expectConform("GET", "/primary_ips", await fixture.call("GET", "/primary_ips"));
  });

  test("a body without a required field does not pass", () => {
    const validate = validatorOf("GET", "/servers/{id}", 200);
    expect(validate?.({ server: { id: 1 } })).toBe(false);
  });

  test("every listed defect is really there", () => {
    for (const route of routes) validatorOf(route.method, route.route, 200);
    expect(documentDefects.filter((defect) => !mended.has(defect.reason))).toEqual([]);
  });
});
