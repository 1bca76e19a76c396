import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { at, makeFixture, tokens } from "./fixture.ts";
import { type ServedSimulator, serveSimulator } from "./http.ts";
import type { Simulator } from "./simulator.ts";

let served: ServedSimulator | undefined;
afterEach(async () => served?.stop());

async function start(host?: string): Promise<{ simulator: Simulator; endpoint: string; port: number }> {
  const { simulator } = makeFixture();
  served = await serveSimulator(simulator, { port: 0, ...(host === undefined ? {} : { host }) });
  return { simulator, endpoint: served.endpoint, port: Number(new URL(served.endpoint).port) };
}

const headers = { Authorization: `Bearer ${tokens.rw}`, "User-Agent": "test" };
const json = { ...headers, "Content-Type": "application/json" };

/** Says something over a bare connection, and gives all that comes back until it is closed. */
async function say(port: number, head: readonly string[], body = ""): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += String(chunk)));
  const lines = [...head, `Authorization: Bearer ${tokens.rw}`, "User-Agent: test", "Connection: close", "", body];
  socket.write(lines.join("\r\n"));
  await once(socket, "close");
  return answer;
}

/** Sends a body over a connection of an agent; gives the status, the headers and the text. */
async function post(agent: Agent, url: string, body: string) {
  const sending = request(url, { method: "POST", agent, headers: json });
  sending.end(body);
  const [answer] = await once(sending, "response");
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, headers: answer.headers, text };
}

describe("a body above 1 MiB", () => {
  test.each([1_048_577, 20_000_000])("of %d bytes is always answered with 413 in Hetzner's form", async (size) => {
    const { simulator, endpoint } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let time = 1; time <= 4; time += 1) {
      const refused = await post(agent, `${endpoint}/servers`, "x".repeat(size));
      expect(refused.status).toBe(413);
      expect(JSON.parse(refused.text)).toMatchObject({ error: { code: "invalid_input", details: null } });
      expect(refused.headers).toMatchObject({ connection: "close", "ratelimit-limit": "3600" });
      expect(refused.headers["x-correlation-id"]).toBe(simulator.requests().at(-1)?.correlationId);
      const next = await post(agent, `${endpoint}/ssh_keys`, "{}");
      expect(next.status).toBe(422);
    }
    agent.destroy();
    const counted = simulator.counts().map(({ route, outcomes }) => [route, outcomes]);
    expect(counted).toEqual([
      [null, { 413: 4 }],
      ["/ssh_keys", { 422: 4 }],
    ]);
    expect(simulator.requests()[0]?.body).toBe("<more than 1048576 bytes>");
  });

  test("of 1 MiB exactly is read", async () => {
    const { endpoint } = await start();
    const body = JSON.stringify({ name: "x".repeat(1_048_576 - 11) });
    expect((await fetch(`${endpoint}/ssh_keys`, { method: "POST", headers: json, body })).status).toBe(422);
  });

  test("is no plan for the control endpoint either", async () => {
    const { simulator, endpoint } = await start();
    const body = `{"faults":[{"kind":"quota"}]}${" ".repeat(1_048_576)}`;
    const url = new URL("/_control/faults", endpoint);
    const refused = await fetch(url, { method: "POST", headers: json, body });
    expect([refused.status, simulator.planned()]).toEqual([413, []]);
  });
});

describe("no request from outside is answered with 500", () => {
  test.each([
    ["TRACE", ["TRACE /v1/servers HTTP/1.1", "Host: a"], "405"],
    ["TRACE of nothing", ["TRACE /v1/nowhere HTTP/1.1", "Host: a"], "404"],
    ["a Host that is none", ["GET /v1/servers HTTP/1.1", "Host: ["], "200"],
    ["a Host with a space", ["GET /v1/servers HTTP/1.1", "Host: a b"], "200"],
    ["an empty Host", ["GET /v1/servers HTTP/1.1", "Host:"], "200"],
    ["an absolute target", ["GET http://a.example/v1/servers?name=x HTTP/1.1", "Host: a"], "200"],
    ["two slashes", ["GET //v1/servers HTTP/1.1", "Host: a"], "404"],
    ["an absolute target without a path", ["GET mailto:v1 HTTP/1.1", "Host: a"], "400"],
    ["a star", ["OPTIONS * HTTP/1.1", "Host: a"], "404"],
    ["a broken escape", ["GET /v1/servers/%zz HTTP/1.1", "Host: a"], "404"],
    ["dots that lead out", ["GET /v1/../servers HTTP/1.1", "Host: a"], "404"],
  ])("%s", async (_what, head, status) => {
    const { port } = await start();
    expect(await say(port, head)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("TRACE is in the log like any other", async () => {
    const { simulator, port } = await start();
    await say(port, ["TRACE /v1/servers HTTP/1.1", "Host: a"]);
    expect(simulator.requests()).toMatchObject([{ method: "TRACE", path: "/servers", status: 405, outcome: "answer" }]);
    expect(simulator.counts()).toMatchObject([{ method: "TRACE", total: 1, outcomes: { 405: 1 } }]);
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
const skipped = hasIpv6 ? "" : " (SKIPPED: this machine has no ::1)";
test.skipIf(!hasIpv6)(`the endpoint at an IPv6 address is a URL${skipped}`, async () => {
  const { endpoint } = await start("::1");
  expect(endpoint).toMatch(/^http:\/\/\[::1\]:\d+\/v1$/);
  const answer = await fetch(`${endpoint}/servers`, { headers });
  expect(at(await answer.json(), "servers")).toEqual([]);
});
