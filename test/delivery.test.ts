/** CloudFront and the local gateway answer alike: what is deployed is read from the template and held against a running gateway. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { synthesize } from "../infra/synthesized.ts";
import { makeFile } from "../local/cloud/dashboard-files.ts";
import { type Gateway, startGateway } from "../local/cloud/gateway.ts";
import { listenOn } from "../local/cloud/ports.ts";
import { securityHeaders, tlsHeaders } from "../shared/delivery/headers.ts";
import { findKind } from "../shared/delivery/kinds.ts";

const { dashboard: template } = synthesize("prod");
const resourceOf = (type: string): unknown => Object.values(template?.findResources(type) ?? {})[0];

// --- CloudFront, as the template describes it ---

const functionSchema = z.object({
  Properties: z.object({ FunctionCode: z.string(), FunctionConfig: z.object({ Runtime: z.string() }) }),
});
const { FunctionCode: code, FunctionConfig } = functionSchema.parse(resourceOf("AWS::CloudFront::Function")).Properties;

const behaviour = z.object({
  AllowedMethods: z.array(z.string()),
  FunctionAssociations: z.array(z.unknown()).default([]),
});
const distributionSchema = z.object({
  Properties: z.object({
    DistributionConfig: z.object({
      DefaultCacheBehavior: behaviour,
      CacheBehaviors: z.tuple([behaviour.extend({ PathPattern: z.string() })]),
    }),
  }),
});
const distribution = distributionSchema.parse(resourceOf("AWS::CloudFront::Distribution"));
const {
  DefaultCacheBehavior: pages,
  CacheBehaviors: [api],
} = distribution.Properties.DistributionConfig;

/** CloudFront resolves dot segments to choose a behaviour, and hands the path on as it came. */
const isForApi = (path: string) => new URL(`http://x${path}`).pathname.startsWith(api.PathPattern.replace("*", ""));

/** The code as CloudFront runs it: a script with a global function, and nothing of Node's around it. */
const runFunction = (uri: string): string => {
  const event = JSON.stringify({
    version: "1.0",
    request: { method: "GET", uri, querystring: {}, headers: {}, cookies: {} },
  });
  const answer: unknown = runInNewContext(`${code}\nJSON.stringify(handler(JSON.parse(${JSON.stringify(event)})));`);
  return z.object({ uri: z.string() }).parse(JSON.parse(z.string().parse(answer))).uri;
};

// --- The gateway ---

const stored: Readonly<Record<string, string>> = {
  "/index.html": "<!doctype html><title>Pressluft</title>",
  "/docs/api/index.html": "<!doctype html><title>API</title>",
  "/docs/api/openapi.yaml": "openapi: 3.1.0",
  "/icon.svg": "<svg/>",
  "/assets/index-a1b2.js": "1",
  "/assets/index-a1b2.css": "a{}",
};

let gateway: Gateway;
const origin = createServer((_, response) =>
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" }).end('"api"'),
);
beforeAll(async () => {
  const port = await listenOn(origin, 0, "127.0.0.1");
  const files = Object.entries(stored).map(async ([address, body]) => {
    const kind = findKind(address);
    if (kind === undefined) throw new Error(`${address} is of no kind`);
    return [address, await makeFile(kind, Buffer.from(body))] as const;
  });
  const dashboard = new Map(await Promise.all(files));
  gateway = await startGateway({ port: 0, origin: () => `http://127.0.0.1:${port}`, dashboard });
});
afterAll(async () => {
  await gateway.stop();
  origin.close();
});

/** Not `fetch`: that tidies the path before it is sent. */
const ask = async (path: string, method = "GET") => {
  const question = request({ port: gateway.port, path, method }).end();
  const [answer]: IncomingMessage[] = await once(question, "response");
  if (answer === undefined) throw new Error("no answer");
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
};

// --- Both ---

const addresses = [
  "/",
  "/nodes",
  "/nodes/",
  "/nodes/018f0000-0000-7000-8000-000000000001",
  "/nodes?status=failed",
  "/nodes?file=a.js",
  "/settings/tokens",
  "/index.html",
  "/icon.svg",
  "/favicon.ico",
  "/.env",
  "/.well-known/security.txt",
  "/assets/index-a1b2.js",
  "/assets/index-a1b2.js?v=1",
  "/assets/index-a1b2.css",
  "/assets/index-old.js",
  "/assets/index%2Da1b2.js",
  "/assets/",
  "/assets/x",
  "/assets/..%2findex.html",
  "/docs",
  "/docs/api",
  "/docs/api/",
  "/docs/api?x=1",
  "/docs/api/index.html",
  "/docs/api/openapi.yaml",
  "/docs/api/openapi.json",
  "/a.b/nodes",
  "/nodes/a.b",
  "/nodes/a%2Eb",
  "/nodes/..",
  "/nodes/%2e%2e/icon.svg",
  "//",
  "//elsewhere/nodes",
  "/api",
  "/apiary",
  "/api/",
  "/api/x",
  "/api/nodes?limit=1",
  "/api/a.b",
  "/api/../nodes",
  "/api/%2e%2e/nodes",
  "/nodes/../api/x",
];

describe("an address", () => {
  it.each(addresses)("%s leads to the same on CloudFront and on the gateway", async (address) => {
    const answer = await ask(address);
    if (isForApi(address)) {
      expect(answer).toMatchObject({ status: 200, body: '"api"' });
      return;
    }
    const [path = ""] = address.split("?");
    // S3 reads the path of a request percent-decoded.
    const key = decodeURIComponent(runFunction(path));
    const body = stored[key];
    const kind = findKind(key);
    expect([answer.status, answer.headers["content-type"], answer.headers["cache-control"]]).toEqual(
      body === undefined ? [404, "text/plain; charset=utf-8", undefined] : [200, kind?.contentType, kind?.cacheControl],
    );
    if (body !== undefined) expect(answer.body).toBe(body);
  });

  it("of the API keeps the API's own word on caching", async () => {
    expect((await ask("/api/x")).headers["cache-control"]).toBe("no-store");
  });

  it.each(["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"])(
    "takes %s in the same places",
    async (method) => {
      const isTaken = (at: { AllowedMethods: string[] }) => (at.AllowedMethods.includes(method) ? 200 : 403);
      expect((await ask("/nodes", method)).status).toBe(isTaken(pages));
      expect((await ask("/api/nodes", method)).status).toBe(isTaken(api));
    },
  );
});

describe("the function", () => {
  it("is CloudFront's JavaScript 2.0 and small enough for it", () => {
    expect(FunctionConfig.Runtime).toBe("cloudfront-js-2.0");
    expect(code.length).toBeLessThan(10_000);
    expect(code).not.toMatch(/\b(import|export|require|class|process)\b|\?\?|\?\./);
  });

  it("runs for pages alone, so that no answer of the API is ever a page", () => {
    expect([pages.FunctionAssociations.length, api.FunctionAssociations.length]).toEqual([1, 0]);
  });

  it("leaves all else of a request as it is", () => {
    const event = {
      request: { method: "HEAD", uri: "/nodes", querystring: { a: { value: "1" } }, headers: {}, cookies: {} },
    };
    const answer = runInNewContext(`${code}\nJSON.stringify(handler(${JSON.stringify(event)}));`);
    expect(JSON.parse(answer)).toEqual({ ...event.request, uri: "/index.html" });
  });
});

const headersPolicy = z.object({
  Properties: z.object({
    ResponseHeadersPolicyConfig: z.strictObject({
      Name: z.string(),
      SecurityHeadersConfig: z.strictObject({
        ContentSecurityPolicy: z.strictObject({ ContentSecurityPolicy: z.string(), Override: z.literal(true) }),
        ContentTypeOptions: z.strictObject({ Override: z.literal(true) }),
        FrameOptions: z.strictObject({ FrameOption: z.string(), Override: z.literal(true) }),
        ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), Override: z.literal(true) }),
        StrictTransportSecurity: z.strictObject({ AccessControlMaxAgeSec: z.number(), Override: z.literal(true) }),
      }),
      CustomHeadersConfig: z.object({
        Items: z.array(z.strictObject({ Header: z.string(), Value: z.string(), Override: z.literal(true) })),
      }),
    }),
  }),
});

describe("the headers", () => {
  const config = headersPolicy.parse(resourceOf("AWS::CloudFront::ResponseHeadersPolicy"));
  const { SecurityHeadersConfig: named, CustomHeadersConfig: custom } = config.Properties.ResponseHeadersPolicyConfig;
  const fromCloudFront = {
    "content-security-policy": named.ContentSecurityPolicy.ContentSecurityPolicy,
    "x-content-type-options": "nosniff",
    "x-frame-options": named.FrameOptions.FrameOption,
    "referrer-policy": named.ReferrerPolicy.ReferrerPolicy,
    "strict-transport-security": `max-age=${named.StrictTransportSecurity.AccessControlMaxAgeSec}`,
    ...Object.fromEntries(custom.Items.map(({ Header, Value }) => [Header, Value])),
  };

  it("of CloudFront are those of the one table", () => {
    expect(fromCloudFront).toEqual({ ...securityHeaders, ...tlsHeaders });
  });

  it.each(["/", "/assets/index-a1b2.js", "/assets/none.js", "/docs/api", "/api/x"])(
    "of the gateway at %s are the same, but for the one that is meant for TLS alone",
    async (address) => {
      const { headers } = await ask(address);
      expect({ ...headers, ...tlsHeaders }).toMatchObject(fromCloudFront);
      expect(headers["strict-transport-security"]).toBeUndefined();
    },
  );
});
