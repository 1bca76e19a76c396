import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { makeArtifacts, makeS3Clients } from "../../shared/artifacts.ts";
import { backupPathOf } from "../../shared/domain/backup.ts";
import { isForBackups, openS3Gate } from "./s3-gate.ts";

const host = "198.18.7.254:4566";
const bucket = "artifacts";
const path = `/${bucket}/backups/env-1/backup-1.tar.zst`;
const part = { uploadId: "a+b/c==", partNumber: "3" };
const credential = (service: string) => `test/20261123/us-east-1/${service}/aws4_request`;
const presigned = (more: Record<string, string> = {}): string =>
  new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
    "X-Amz-Credential": credential("s3"),
    "X-Amz-Signature": "0".repeat(64),
    "X-Amz-SignedHeaders": "host",
    ...more,
  }).toString();
const read = presigned();
const send = presigned(part);
const inHeader = {
  host,
  authorization: `AWS4-HMAC-SHA256 Credential=${credential("s3")}, SignedHeaders=host, Signature=${"0".repeat(64)}`,
};

describe("what passes is what is signed for a node", () => {
  const signedForNodes = async () => {
    const defaults = {
      region: "us-east-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b", sessionToken: "c/d" },
    };
    const artifacts = makeArtifacts({ ...makeS3Clients(`http://${host}`, defaults), bucket });
    const key = backupPathOf("018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002");
    const [address = ""] = await artifacts.partAddresses({ key, uploadId: "a+b/c==", from: 9, count: 1 });
    return { GET: await artifacts.readAddress(key), PUT: address };
  };

  it.each(["GET", "PUT"] as const)("%s", async (method) => {
    const { pathname, search } = new URL((await signedForNodes())[method]);
    expect(isForBackups({ method, url: pathname + search, headers: { host } }, { host, bucket })).toBe(true);
    const other = {
      method: method === "GET" ? "POST" : "GET",
      url: `${pathname}${search}&partNumber=1`,
      headers: { host },
    };
    expect(isForBackups(other, { host, bucket })).toBe(false);
  });

  it("also where another case of hexadecimal digits was used to encode it", () => {
    const url = `${path}?${send.replaceAll("%2F", "%2f")}`;
    expect(isForBackups({ method: "PUT", url, headers: { host } }, { host, bucket })).toBe(true);
  });
});

describe("what does not", () => {
  it.each([
    ["nothing that is signed", "GET", path, { host }],
    ["a signature in a header", "GET", path, inHeader],
    ["a signature in a header beside the address", "GET", `${path}?${read}`, inHeader],
    ["another bucket", "GET", `/assets/backups/env-1/a.tar.zst?${read}`, { host }],
    ["a bucket whose name begins alike", "GET", `/artifacts2/backups/env-1/a.tar.zst?${read}`, { host }],
    ["another folder", "GET", `/artifacts/code/a.zip?${read}`, { host }],
    ["the list of a bucket", "GET", `/artifacts?${read}`, { host }],
    ["the folder itself", "GET", `/artifacts/backups/?${read}`, { host }],
    ["a way out of the folder", "GET", `/artifacts/backups/../code/a.zip?${read}`, { host }],
    ["an encoded way out", "GET", `/artifacts/backups/%2e%2e/code/a.zip?${read}`, { host }],
    ["an encoded slash", "GET", `/artifacts/backups%2Fa?${read}`, { host }],
    ["an empty segment", "GET", `//artifacts/backups/a?${read}`, { host }],
    ["the emulator's own paths", "GET", `/_aws/execute-api/x?${read}`, { host }],
    ["Lambda's paths", "GET", `/2015-03-31/functions/?${read}`, { host }],
    ["an action in the query", "GET", `${path}?${read}&Action=ListQueues`, { host }],
    ["an encoded action in the query", "GET", `${path}?${read}&%41ction=ListQueues`, { host }],
    ["an action behind another mark", "GET", `${path}?${read};Action=ListQueues`, { host }],
    ["an action behind a second question mark", "GET", `${path}?${read}?Action=ListQueues`, { host }],
    ["a sub-resource of the object", "GET", `${path}?${read}&acl=`, { host }],
    ["a name that is there twice", "GET", `${path}?${read}&X-Amz-Credential=x`, { host }],
    ["a target", "GET", `${path}?${read}`, { host, "x-amz-target": "secretsmanager.GetSecretValue" }],
    ["a copy of another object", "PUT", `${path}?${send}`, { host, "x-amz-copy-source": "/assets/code.zip" }],
    ["a whole object", "PUT", `${path}?${read}`, { host }],
    ["a part without its number", "PUT", `${path}?${presigned({ uploadId: "a" })}`, { host }],
    ["the parts of an upload", "GET", `${path}?${presigned({ uploadId: "a" })}`, { host }],
    ["the end of an upload", "POST", `${path}?${presigned({ uploadId: "a" })}`, { host }],
    ["a deletion", "DELETE", `${path}?${read}`, { host }],
    ["another host name", "GET", `${path}?${read}`, { host: "abc.execute-api.localhost" }],
    ["another service", "GET", `${path}?${presigned({ "X-Amz-Credential": credential("sqs") })}`, { host }],
    [
      "an encoding of an encoding",
      "GET",
      `${path}?${presigned({ "X-Amz-Credential": encodeURIComponent(credential("s3")) })}`,
      { host },
    ],
    ["an address without its signature", "GET", `${path}?${presigned({ "X-Amz-Signature": "" })}`, { host }],
  ])("%s", (_what, method, url, headers) => {
    expect(isForBackups({ method, url, headers }, { host, bucket })).toBe(false);
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
    const gate = await openS3Gate({ address: "127.77.251.1", port: found.port, bucket });
    closers.push(() => gate.close());
    return { url: `http://127.77.251.1:${found.port}`, end: () => server.close() };
  };

  it("passes body and answer of a part, both ways", async () => {
    const { url } = await listen();
    const body = "x".repeat(3_000_000);
    const answer = await fetch(`${url}${path}?${send}`, { method: "PUT", body });
    expect([answer.status, answer.headers.get("x-path")]).toEqual([200, `${path}?${send}`]);
    expect(await answer.text()).toBe(body);
  });

  it("answers anything else itself", async () => {
    const { url } = await listen();
    const answer = await fetch(`${url}/`, { method: "POST", body: "{}" });
    expect([answer.status, answer.headers.get("x-path")]).toEqual([403, null]);
  });

  it("cuts the connection when nobody listens behind it", async () => {
    const { url, end } = await listen();
    end();
    await expect(fetch(`${url}${path}?${read}`)).rejects.toThrow();
  });
});
