import { afterEach, expect, test } from "vitest";
import { makeFixture, numberAt, tokens } from "./fixture.ts";
import { type ServedSimulator, serveSimulator } from "./http.ts";
import { makeSimulator, type Simulator } from "./simulator.ts";

let served: ServedSimulator | undefined;
afterEach(async () => served?.stop());

async function start(): Promise<{ simulator: Simulator; endpoint: string; origin: string }> {
  const { simulator } = makeFixture();
  served = await serveSimulator(simulator, { port: 0 });
  return { simulator, endpoint: served.endpoint, origin: new URL(served.endpoint).origin };
}

const headers = { Authorization: `Bearer ${tokens.rw}`, "User-Agent": "test" };
const json = { ...headers, "Content-Type": "application/json" };
const web = JSON.stringify({ name: "web", server_type: "cx23", image: "debian-13" });

test("the same code answers behind a socket", async () => {
  const { endpoint } = await start();
  expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  const made = await fetch(`${endpoint}/servers`, { method: "POST", headers: json, body: web });
  expect(made.status).toBe(201);
  const body: unknown = await made.json();
  const deleted = await fetch(`${endpoint}/servers/${numberAt(body, "server.id")}`, { method: "DELETE", headers });
  expect(deleted.status).toBe(423);
  expect(deleted.headers.get("x-correlation-id")).toMatch(/^[0-9a-f]{32}$/);
});

test("a request without a body has no Content-Type and an empty POST none either", async () => {
  const { endpoint } = await start();
  const answer = await fetch(`${endpoint}/servers/1/actions/poweron`, { method: "POST", headers });
  expect(answer.status).toBe(404);
});

test.each(["socket", "in-process"])("a reset looks alike to a client: %s", async (way) => {
  const { simulator, endpoint } = await start();
  simulator.plan({ kind: "reset_after_commit" });
  const send = way === "socket" ? fetch : simulator.wireFetch;
  const failure: unknown = await send(`${endpoint}/servers`, { method: "POST", headers: json, body: web }).catch(
    (error) => error,
  );
  expect(failure).toBeInstanceOf(TypeError);
  expect(failure instanceof TypeError && failure.message).toBe("fetch failed");
  expect(failure instanceof TypeError && failure.cause).toMatchObject({ code: "ECONNRESET" });
  expect(simulator.serverByName("web")).toBeDefined();
});

test.each(["socket", "in-process"])("an answer that never comes ends when the client gives up: %s", async (way) => {
  const { simulator, endpoint } = await start();
  simulator.plan({ kind: "lost_after_commit" });
  const abort = new AbortController();
  const send = way === "socket" ? fetch : simulator.wireFetch;
  const lost = send(`${endpoint}/servers`, { method: "POST", headers: json, body: web, signal: abort.signal });
  const reason = new Error("given up");
  while (simulator.serverByName("web") === undefined) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(reason);
  await expect(lost).rejects.toBe(reason);
});

test.each(["socket", "in-process"])("a redirect is refused when the client asks for that: %s", async (way) => {
  const { simulator, endpoint } = await start();
  simulator.plan({ kind: "redirect" });
  const send = way === "socket" ? fetch : simulator.wireFetch;
  await expect(send(`${endpoint}/servers`, { headers, redirect: "error" })).rejects.toThrow("fetch failed");
});

test("a body that says too little about itself arrives as sent", async () => {
  const { simulator, endpoint } = await start();
  simulator.plan({ kind: "truncated_json", route: "/servers" });
  simulator.plan({ kind: "empty_body", route: "/ssh_keys" });
  const half = await fetch(`${endpoint}/servers`, { headers });
  await expect(half.json()).rejects.toThrow(SyntaxError);
  expect(await (await fetch(`${endpoint}/ssh_keys`, { headers })).text()).toBe("");
});

test("state goes on from a snapshot, tokens apart", async () => {
  const { clock, create, simulator } = makeFixture();
  await create("web-fault-sold-out");
  await create("web-fault-sold-out");
  await create("late-fault-commits-late-90s");
  simulator.plan({ kind: "quota", nth: 5 });
  const snapshot = simulator.snapshot();
  for (const token of Object.values(tokens)) expect(snapshot).not.toContain(token);
  const projects = [{ name: "demo", tokens: [{ value: tokens.rw, permission: "rw" as const }] }];
  const again = makeSimulator({ clock, projects, snapshot });
  await clock.advance(95_000);
  expect(again.state().projects[0]?.servers).toEqual(simulator.state().projects[0]?.servers);
  expect(again.planned()).toEqual(simulator.planned());
  expect(again.state().projects[0]?.servers.map((server) => server.status)).toEqual(["running", "running"]);
});

test("only the API, the control endpoint and the page are there", async () => {
  const { origin } = await start();
  expect((await fetch(`${origin}/servers`, { headers })).status).toBe(404);
});
