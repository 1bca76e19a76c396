import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { isForS3, openS3Gate } from "./s3-gate.ts";

const host = "198.18.7.254:4566";
const signed = (service: string) => ({
  host,
  authorization: `AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});
const presigned = (service: string) => `X-Amz-Credential=test%2F20261123%2Fus-east-1%2F${service}%2Faws4_request`;

describe("what passes", () => {
  it.each([
    ["GET", "/backups/site/db.sql.zst", signed("s3")],
    ["PUT", "/backups/a%20b", signed("s3")],
    ["PUT", "/backups", signed("s3")],
    ["GET", "/", signed("s3")],
    ["GET", `/backups/key?${presigned("s3")}&X-Amz-Signature=0`, { host }],
  ])("%s %s", (method, url, headers) => {
    expect(isForS3({ method, url, headers }, host)).toBe(true);
  });
});

describe("what does not", () => {
  it.each([
    ["nothing that is signed", "GET", "/backups/key", { host }],
    ["another service", "POST", "/", signed("secretsmanager")],
    ["another service by path", "GET", "/backups/key", signed("lambda")],
    [
      "a target beside a signature for S3",
      "POST",
      "/backups",
      { ...signed("s3"), "x-amz-target": "secretsmanager.GetSecretValue" },
    ],
    ["an action in the query", "GET", "/backups?Action=ListQueues", signed("s3")],
    ["a form at the root", "POST", "/", signed("s3")],
    ["Lambda's paths", "GET", "/2015-03-31/functions/", signed("s3")],
    ["the emulator's own paths", "GET", "/_aws/execute-api/x", signed("s3")],
    ["an encoded path", "GET", "/%5Faws/execute-api/x", signed("s3")],
    ["an empty segment", "GET", "//_aws/execute-api/x", signed("s3")],
    ["another host name", "GET", "/backups/key", { ...signed("s3"), host: "abc.execute-api.localhost" }],
    ["a presigned address for another service", "GET", `/backups/key?${presigned("sqs")}`, { host }],
  ])("%s", (_what, method, url, headers) => {
    expect(isForS3({ method, url, headers }, host)).toBe(false);
  });
});

describe("the gate", () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  const listen = async () => {
    const server = createServer((incoming, response) => {
      response.writeHead(200, { "x-path": incoming.url });
      incoming.pipe(response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(() => server.close());
    const found = server.address();
    if (found === null || typeof found === "string") throw new Error("no port");
    const gate = await openS3Gate("127.77.251.1", found.port);
    closers.push(() => gate.close());
    return { url: `http://127.77.251.1:${found.port}`, end: () => server.close() };
  };

  it("passes body and answer of what is for S3, both ways", async () => {
    const { url } = await listen();
    const body = "x".repeat(3_000_000);
    const { authorization } = signed("s3");
    const answer = await fetch(`${url}/backups/key?a=b`, { method: "PUT", headers: { authorization }, body });
    expect([answer.status, answer.headers.get("x-path")]).toEqual([200, "/backups/key?a=b"]);
    expect(await answer.text()).toBe(body);
  });

  it("answers anything else itself", async () => {
    const { url } = await listen();
    const answer = await fetch(`${url}/`, { method: "POST", headers: signed("secretsmanager"), body: "{}" });
    expect([answer.status, answer.headers.get("x-path")]).toEqual([403, null]);
  });

  it("cuts the connection when nobody listens behind it", async () => {
    const { url, end } = await listen();
    end();
    const { authorization } = signed("s3");
    await expect(fetch(`${url}/backups/key`, { headers: { authorization } })).rejects.toThrow();
  });
});
