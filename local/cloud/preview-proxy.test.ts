import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { type Gateway, type PreviewGround, startGateway } from "./gateway.ts";
import { listenOn } from "./ports.ts";

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Any address of 127.0.0.0/8 is this machine on Linux; elsewhere only the first. */
const address = "127.0.0.1";
const host = "main.shop.127-0-0-1.localhost:8080";

async function startNode(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  const port = await listenOn(server, 0, address);
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return port;
}

async function startBefore(listener: RequestListener, more: Partial<PreviewGround> = {}): Promise<Gateway> {
  const port = await startNode(listener);
  const ground = { prefix: "127.0.0", hasServer: (ipv4: string) => ipv4 === address, port, timeoutMs: 5_000, ...more };
  const gateway = await startGateway({
    port: 0,
    origin: () => `http://127.0.0.1:${port}/api-of-ours`,
    previews: () => ground,
  });
  open.push(gateway.stop);
  return gateway;
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

/** Node's own fetch sends no Host of ours, and does not resolve names below localhost. */
async function ask({ port }: Gateway, { method = "GET", path = "/", headers = {}, body }: Asked = {}) {
  const question = request({ port, method, path, headers: { host, ...headers } });
  question.end(body);
  const [answer]: IncomingMessage[] = await once(question, "response");
  if (answer === undefined) throw new Error("no answer");
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** Tells what arrived. */
const echo = (request: IncomingMessage, response: ServerResponse) => {
  void text(request).then((body) => {
    const { method, url, headers } = request;
    response.writeHead(200, { "x-from": "site" }).end(JSON.stringify({ method, url, headers, body }));
  });
};

describe("a preview", () => {
  it.each(["GET", "POST", "PUT", "DELETE", "OPTIONS"])("passes %s on with its path, query and Host", async (method) => {
    const { status, body } = await ask(await startBefore(echo), { method, path: "/a%2Fb/../c?x=1" });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ method, url: "/a%2Fb/../c?x=1", headers: { host } });
  });

  it.each([
    { method: "POST", headers: {} },
    { method: "POST", headers: { "transfer-encoding": "chunked" } },
    { method: "DELETE", headers: { "transfer-encoding": "chunked" } },
    { method: "GET", headers: { "transfer-encoding": "chunked" } },
  ])("passes the body of a $method with $headers on", async ({ method, headers }) => {
    const { body } = await ask(await startBefore(echo), { method, headers, body: "one two" });
    expect(JSON.parse(body)).toMatchObject({ body: "one two" });
  });

  it("keeps cookies, status and every header of the site, and puts none of ours on it", async () => {
    const gateway = await startBefore((_, response) =>
      response.writeHead(418, { "set-cookie": ["a=1", "b=2"], "x-frame-options": "ALLOWALL" }).end("tea"),
    );
    const answer = await ask(gateway, { headers: { cookie: "wordpress=1" } });
    expect(answer).toMatchObject({ status: 418, body: "tea" });
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.headers["x-frame-options"]).toBe("ALLOWALL");
    expect(answer.headers["content-security-policy"]).toBeUndefined();
  });

  it.each(["keep-alive", "te", "upgrade", "proxy-authorization", "x-only-here"])(
    "keeps %s for itself",
    async (name) => {
      const headers = { [name]: "value", connection: "x-only-here" };
      const { body } = await ask(await startBefore(echo), { headers });
      expect(JSON.parse(body).headers).not.toHaveProperty(name);
    },
  );

  it("carries megabytes both ways as they come", async () => {
    const gateway = await startBefore((request, response) => void request.pipe(response));
    const body = "x".repeat(8 * 1024 * 1024);
    expect((await ask(gateway, { method: "POST", body })).body).toBe(body);
  });

  it("begins to answer before the request has ended", async () => {
    const { port } = await startBefore((request, response) => void request.pipe(response));
    const question = request({ port, method: "POST", headers: { host } });
    question.write("first");
    const [answer]: IncomingMessage[] = await once(question, "response");
    if (answer === undefined) throw new Error("no answer");
    const [chunk] = await once(answer, "data");
    expect(String(chunk)).toBe("first");
    question.end();
    await once(answer, "end");
  });

  it("breaks off where the node does, so that nobody takes a part for the whole", async () => {
    const gateway = await startBefore((_, response) => {
      response.writeHead(200).write("half of");
      setImmediate(() => response.destroy());
    });
    await expect(ask(gateway)).rejects.toThrow("aborted");
  });
});

describe("a preview that cannot be shown", () => {
  it("is a 502 when the node hangs up", async () => {
    const gateway = await startBefore((request) => void request.socket.destroy());
    expect(await ask(gateway)).toMatchObject({ status: 502, body: expect.stringContaining("The node does not") });
  });

  it("is a 502 when nothing listens there, also to an upload", async () => {
    const port = await startNode(() => {});
    await open.splice(0)[0]?.();
    const gateway = await startBefore(echo, { port });
    expect(await ask(gateway, { method: "POST", body: "x".repeat(100_000) })).toMatchObject({ status: 502 });
  });

  it("is a 504 when the node says nothing", async () => {
    const gateway = await startBefore(() => {}, { timeoutMs: 50 });
    expect(await ask(gateway)).toMatchObject({ status: 504, body: expect.stringContaining("in time") });
  });

  it("is a 413 before anything is sent when it would be too large", async () => {
    let asked = 0;
    const { port } = await startBefore((_, response) => response.end(String(++asked)));
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${1024 ** 3 + 1}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 413 /);
    expect(asked).toBe(0);
  });

  it.each([
    ["main.shop.127-0-0-2.localhost", "No node of this local cloud has the address 127.0.0.2"],
    ["main.shop.93-184-216-34.localhost", "No node of this local cloud"],
    ["shop.localhost", "Previews are at"],
  ])("is a 404 at %s", async (host, sentence) => {
    const answer = await ask(await startBefore(echo), { headers: { host } });
    expect(answer).toMatchObject({ status: 404, body: expect.stringContaining(sentence) });
    expect(answer.headers["content-security-policy"]).toBeUndefined();
  });
});

describe("the API and the dashboard", () => {
  it.each(["/api", "/api/session", "/api?x", "/x/../api/session", "/%61pi/session", "/x/%2e%2e/api/session"])(
    "are not met at %s of a site's name",
    async (path) => {
      const answer = await ask(await startBefore(echo), { path });
      expect(answer.body).not.toContain("api-of-ours");
    },
  );

  it("are where they were under their own names", async () => {
    const gateway = await startBefore(echo);
    const { body } = await ask(gateway, { path: "/api/session", headers: { host: `localhost:${gateway.port}` } });
    expect(JSON.parse(body).url).toBe("/api-of-ours/api/session");
  });
});
