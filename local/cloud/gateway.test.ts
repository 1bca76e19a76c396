import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { findKind } from "../../shared/delivery/kinds.ts";
import { makeFile } from "./dashboard-files.ts";
import { type Gateway, parseTarget, startGateway } from "./gateway.ts";
import { listenOn } from "./ports.ts";

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function startOrigin(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  const port = await listenOn(server, 0, "127.0.0.1");
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${port}/stage`;
}

const madeOf = async (address: string, text: string) => {
  const kind = findKind(address);
  if (kind === undefined) throw new Error(`${address} is of no kind`);
  return [address, await makeFile(kind, Buffer.from(text))] as const;
};
const long = "export const answer = 42;\n".repeat(100);
const dashboard = new Map(
  await Promise.all([
    madeOf("/index.html", "<!doctype html>"),
    madeOf("/assets/a-1.js", long),
    madeOf("/docs/api/index.html", "<!doctype html><title>reference</title>"),
  ]),
);

async function startBefore(listener: RequestListener | undefined, timeoutMs = 5_000): Promise<Gateway> {
  const base = listener === undefined ? undefined : await startOrigin(listener);
  const gateway = await startGateway({ port: 0, origin: () => base, dashboard, timeoutMs });
  open.push(gateway.stop);
  return gateway;
}

/** Tells what arrived. */
const echo: RequestListener = (request, response) => {
  void text(request).then((body) => {
    const { method, url, headers } = request;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ method, url, headers, body }));
  });
};

describe("gateway", () => {
  it.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
    "passes %s with path, query and cookie on",
    async (method) => {
      const { url } = await startBefore(echo);
      const answer = await fetch(`${url}/api/nodes/a%2Fb?limit=1`, { method, headers: { cookie: "session_token=x" } });
      expect(await answer.json()).toMatchObject({
        method,
        url: "/stage/api/nodes/a%2Fb?limit=1",
        headers: { cookie: "session_token=x" },
      });
    },
  );

  it("sends the API's own host, not the browser's", async () => {
    const { url } = await startBefore((request, response) => response.end(request.headers.host));
    expect(await (await fetch(`${url}/api/x`)).text()).not.toBe(new URL(url).host);
  });

  it.each(["POST", "DELETE"])("passes the body of a chunked %s on with its length", async (method) => {
    const { port } = await startBefore(echo);
    const question = request({ port, method, path: "/api/x", headers: { "transfer-encoding": "chunked" } });
    question.write("one ");
    question.end("two");
    const [answer]: IncomingMessage[] = await once(question, "response");
    const said = answer === undefined ? "" : await text(answer);
    expect(JSON.parse(said)).toMatchObject({ body: "one two", headers: { "content-length": "7" } });
  });

  it("passes status, cookies and security headers back", async () => {
    const { url } = await startBefore((_, response) =>
      response.writeHead(418, { "set-cookie": ["a=1; HttpOnly", "b=2"], connection: "close" }).end("tea"),
    );
    const answer = await fetch(`${url}/api/x`);
    expect(answer.status).toBe(418);
    expect(answer.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2"]);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("strict-transport-security")).toBeNull();
  });

  it.each([
    { name: "there is no API yet", listener: undefined },
    { name: "the API does not answer in time", listener: () => {} },
    { name: "the API hangs up", listener: (request: IncomingMessage) => void request.socket.destroy() },
  ])("answers 503 with only a message when $name", async ({ listener }) => {
    const { url } = await startBefore(listener, 50);
    const answer = await fetch(`${url}/api/x`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ message: "Service Unavailable" });
  });

  it("refuses a body over 10 MiB without asking the API", async () => {
    let asked = 0;
    const { url } = await startBefore((_, response) => response.end(String(++asked)));
    const body = Buffer.alloc(10 * 1024 * 1024 + 1);
    const answer = await fetch(`${url}/api/x`, { method: "POST", body });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toEqual({ message: "Request Entity Too Large" });
    expect(asked).toBe(0);
  });

  it.each([
    ["/", 200, "no-cache"],
    ["/?from=mail", 200, "no-cache"],
    ["/nodes/1", 200, "no-cache"],
    ["/api", 200, "no-cache"],
    ["/api/../secret", 200, "no-cache"],
    ["/docs/api", 200, "no-cache"],
    ["/assets/a-1.js", 200, "public, max-age=31536000, immutable"],
    ["/assets/a%2D1.js", 200, "public, max-age=31536000, immutable"],
    ["/assets/a-0.js", 404, null],
    ["/assets/a-0", 404, null],
    ["/assets/%zz.js", 404, null],
    ["/.env", 404, null],
  ])("answers %s itself with %i and a strict policy, to be cached: %s", async (path, status, cacheControl) => {
    const { url } = await startBefore((_, response) => response.writeHead(500).end());
    const answer = await fetch(`${url}${path}`);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([status, cacheControl]);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("takes nothing but GET and HEAD outside the API, as CloudFront does", async () => {
    const { url } = await startBefore((_, response) => response.writeHead(500).end());
    const statuses = ["POST", "PUT", "DELETE", "OPTIONS"].map(
      async (method) => (await fetch(`${url}/nodes`, { method })).status,
    );
    expect(await Promise.all(statuses)).toEqual([403, 403, 403, 403]);
  });
});

describe("a file", () => {
  const ask = async (headers: Record<string, string>, method = "GET", path = "/assets/a-1.js") => {
    const { port } = await startBefore(undefined);
    const question = request({ port, method, path, headers }).end();
    const [answer]: IncomingMessage[] = await once(question, "response");
    if (answer === undefined) throw new Error("no answer");
    return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
  };

  it("is compressed for those who take it, Brotli before gzip", async () => {
    const plain = await ask({});
    const gzipped = await ask({ "accept-encoding": "gzip" });
    const brotlied = await ask({ "accept-encoding": "gzip, deflate, br" });
    expect(plain.body.toString()).toBe(long);
    expect(gunzipSync(gzipped.body).toString()).toBe(long);
    expect(brotliDecompressSync(brotlied.body).toString()).toBe(long);
    expect([plain, gzipped, brotlied].map(({ headers }) => [headers["content-encoding"], headers.vary])).toEqual([
      [undefined, "accept-encoding"],
      ["gzip", "accept-encoding"],
      ["br", "accept-encoding"],
    ]);
    expect(brotlied.body.length).toBeLessThan(plain.body.length / 10);
  });

  it("below a kilobyte is left as it is", async () => {
    const { headers, body } = await ask({ "accept-encoding": "br" }, "GET", "/");
    expect(headers["content-encoding"]).toBeUndefined();
    expect(body.toString()).toBe("<!doctype html>");
  });

  it("that did not change is not sent again, whichever form the browser has", async () => {
    const { headers } = await ask({ "accept-encoding": "br" });
    const { etag } = headers;
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/);
    for (const accept of ["br", "identity"]) {
      const again = await ask({ "accept-encoding": accept, "if-none-match": etag ?? "" });
      expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
      expect(again.headers["cache-control"]).toBe(headers["cache-control"]);
      expect(again.headers["content-security-policy"]).toBe(headers["content-security-policy"]);
    }
    expect((await ask({ "if-none-match": '"another"' })).status).toBe(200);
  });

  it("is described by HEAD, and not sent", async () => {
    const { headers: told, body: sent } = await ask({ "accept-encoding": "gzip" });
    const { status, headers, body } = await ask({ "accept-encoding": "gzip" }, "HEAD");
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers["content-length"]).toBe(String(sent.length));
    expect({ ...headers, date: "" }).toEqual({ ...told, date: "" });
  });
});

it.each([
  { url: "/api/nodes?x=1", target: "/api/nodes?x=1" },
  { url: "/api/../_ministack/reset", target: "/_ministack/reset" },
  { url: "/api/%2e%2e/_ministack/reset", target: "/_ministack/reset" },
  { url: "/api/..\\_ministack", target: "/_ministack" },
  { url: "//elsewhere/api/nodes", target: "//elsewhere/api/nodes" },
  { url: "*", target: undefined },
  { url: "http://elsewhere/api/nodes", target: undefined },
])("reads $url as $target", ({ url, target }) => {
  expect(parseTarget(url)).toBe(target);
});
