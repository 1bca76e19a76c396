import { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { ADDRESS_SECONDS, ArtifactsFault, makeArtifacts, makeS3Clients } from "./artifacts.ts";

const secretKey = "canary-secret-key";
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: secretKey, sessionToken: "token/of+session" };
const aws = "https://s3.eu-central-1.amazonaws.com";
const emulator = "http://198.18.7.254:4566";
const clientsAt = (endpoint: string) => makeS3Clients(endpoint, { region: "eu-central-1", credentials });
const artifactsAt = (endpoint: string) => makeArtifacts({ ...clientsAt(endpoint), bucket: "the-bucket" });
const part = { key: "backups/e/b", uploadId: "upload id+/=", from: 19, count: 20 };

const signed = async (endpoint: string) => {
  const artifacts = artifactsAt(endpoint);
  return [...(await artifacts.partAddresses(part)), await artifacts.readAddress(part.key)].map((one) => new URL(one));
};

describe("signed addresses", () => {
  it.each([aws, emulator])("carry no checksum and no algorithm of one, at %s", async (endpoint) => {
    for (const { searchParams, href } of await signed(endpoint)) {
      const names = [...searchParams.keys()].map((name) => name.toLowerCase());
      expect(names.filter((name) => /checksum|content-md5|sdk/.test(name))).toEqual([]);
      expect(href.toLowerCase()).not.toMatch(/crc32|crc64|sha1|x-amz-trailer/);
      expect(searchParams.get("X-Amz-SignedHeaders")).toBe("host");
      // The one word with a hash in it is the name of the signature's own algorithm.
      expect(searchParams.get("X-Amz-Content-Sha256")).toBe("UNSIGNED-PAYLOAD");
    }
  });

  it("would carry one with the SDK's default, so that the test above can fail", async () => {
    const signer = new S3Client({ region: "eu-central-1", credentials });
    const artifacts = makeArtifacts({ client: signer, signer, bucket: "the-bucket" });
    const [first = ""] = await artifacts.partAddresses(part);
    expect(first).toContain("x-amz-checksum-crc32");
  });

  it("are good for an hour and for one part each", async () => {
    const addresses = await signed(emulator);
    for (const { searchParams } of addresses) expect(searchParams.get("X-Amz-Expires")).toBe(String(ADDRESS_SECONDS));
    const parts = addresses.slice(0, -1).map(({ searchParams }) => searchParams.get("partNumber"));
    expect(parts).toEqual(Array.from({ length: 20 }, (_, index) => String(19 + index)));
    for (const { searchParams } of addresses.slice(0, -1)) expect(searchParams.get("uploadId")).toBe(part.uploadId);
  });

  it("name the bucket in the host at AWS and in the path at an emulator", async () => {
    const [atAws, atEmulator] = [(await signed(aws))[0], (await signed(emulator))[0]];
    expect([atAws?.host, atAws?.pathname]).toEqual(["the-bucket.s3.eu-central-1.amazonaws.com", "/backups/e/b"]);
    expect([atEmulator?.host, atEmulator?.pathname]).toEqual(["198.18.7.254:4566", "/the-bucket/backups/e/b"]);
  });

  it("die with the session that signed them", async () => {
    for (const { searchParams, href } of await signed(aws)) {
      expect(searchParams.get("X-Amz-Security-Token")).toBe(credentials.sessionToken);
      expect(href).not.toContain(secretKey);
    }
  });
});

interface Wired {
  readonly status: number;
  readonly code?: string;
  readonly body?: string;
}

/** S3 at the wire: what it answers to each operation, told by method and query. */
const makeWire = (answers: Record<string, Wired | Error>) => {
  const calls: string[] = [];
  const handle = async (request: { method: string; query?: Record<string, unknown> }) => {
    const operation = [request.method, ...Object.keys(request.query ?? {}).filter((name) => name !== "x-id")].join(" ");
    calls.push(operation);
    const answer = answers[operation] ?? { status: 500, code: "Unplanned" };
    if (answer instanceof Error) throw answer;
    const {
      status,
      code,
      body = code === undefined ? "" : `<Error><Code>${code}</Code><Message>no</Message></Error>`,
    } = answer;
    return { response: { statusCode: status, headers: {}, body: new Blob([body]).stream() } };
  };
  const client = new S3Client({ region: "eu-central-1", credentials, maxAttempts: 1, requestHandler: { handle } });
  return { calls, artifacts: makeArtifacts({ client, signer: client, bucket: "the-bucket" }) };
};

const upload = { key: "key", uploadId: "id", parts: [{ number: 1, etag: "e" }] };
const complete = "POST uploadId";
const noSuch = { status: 404, code: "NoSuchUpload" };

describe("completing an upload", () => {
  it("takes a lost answer for a success when the object is there", async () => {
    const { artifacts, calls } = makeWire({ [complete]: noSuch, HEAD: { status: 200 } });
    await artifacts.completeUpload(upload);
    expect(calls).toEqual([complete, "HEAD"]);
  });

  it.each([
    ["the upload is gone and there is no object", { [complete]: noSuch, HEAD: { status: 404 } }, "NoSuchUpload"],
    ["parts are wrong", { [complete]: { status: 400, code: "InvalidPart" }, HEAD: { status: 200 } }, "InvalidPart"],
    ["S3 is overloaded", { [complete]: { status: 503, code: "SlowDown" } }, "SlowDown"],
    ["the error comes inside a 200", { [complete]: { status: 200, code: "InternalError" } }, "InternalError"],
    ["nobody may look", { [complete]: noSuch, HEAD: { status: 403 } }, "Forbidden"],
  ])("is a fault when %s", async (_, answers: Record<string, Wired>, code) => {
    const error: unknown = await makeWire(answers)
      .artifacts.completeUpload(upload)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArtifactsFault);
    expect([code, "403"].some((word) => String(error).includes(word))).toBe(true);
  });
});

describe("a fault", () => {
  it("says operation, S3's code and status, and nothing of key, upload or credentials", async () => {
    const { artifacts } = makeWire({ "POST uploads": { status: 403, code: "AccessDenied" } });
    const error: unknown = await artifacts.openUpload("backups/canary-key").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "AccessDenied",
      message: "S3 did not do CreateMultipartUpload: AccessDenied (HTTP 403)",
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/canary|AKIA|token/);
  });

  it("is a network that fails and a time that is up", async () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
    const silent = Object.assign(new Error("too long"), { name: "TimeoutError" });
    for (const failure of [refused, silent]) {
      const { artifacts } = makeWire({ HEAD: failure });
      await expect(artifacts.head("key")).rejects.toBeInstanceOf(ArtifactsFault);
    }
  });

  it("is an upload without an id", async () => {
    const empty = { status: 200, body: "<InitiateMultipartUploadResult/>" };
    const { artifacts } = makeWire({ "POST uploads": empty });
    await expect(artifacts.openUpload("key")).rejects.toMatchObject({ code: "NoUploadId" });
  });

  it("is not what S3 only says of something that is gone", async () => {
    const { artifacts } = makeWire({ HEAD: { status: 404 }, "DELETE uploadId": noSuch });
    expect(await artifacts.head("key")).toBeUndefined();
    await artifacts.abortUpload(upload);
  });
});
