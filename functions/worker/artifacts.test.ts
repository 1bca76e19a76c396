import { describe, expect, it } from "vitest";
import { MEMORY_ADDRESS, makeMemoryArtifacts } from "../../shared/artifacts-memory.ts";
import { changeUpload, isUploadWrite, readArtifacts } from "./artifacts.ts";

const key = "backups/e/b";
const bytes = new Uint8Array([1, 2, 3]);
const make = () => makeMemoryArtifacts({ now: () => 0 });

describe("what a look reads of the bucket", () => {
  it("is nothing when nothing is wanted, without a call", async () => {
    const artifacts = make();
    artifacts.fail("head", "SlowDown");
    expect(await readArtifacts(artifacts, {})).toEqual({});
  });

  it("is size and addresses, as wanted", async () => {
    const artifacts = make();
    artifacts.spoil(key, bytes);
    const uploadId = await artifacts.openUpload(key);
    const partAddresses = { key, uploadId, from: 1, count: 2 };
    const read = await readArtifacts(artifacts, { object: key, readAddress: key, partAddresses });
    expect(read.object).toEqual({ ok: true, value: { sizeBytes: 3 } });
    expect(read.readAddress).toContain(MEMORY_ADDRESS);
    expect(read.partAddresses).toHaveLength(2);
  });

  it("tells an object that is not there from S3 that does not answer", async () => {
    const artifacts = make();
    expect(await readArtifacts(artifacts, { object: key })).toEqual({ object: { ok: true, value: null } });
    artifacts.fail("head", "SlowDown");
    const { object } = await readArtifacts(artifacts, { object: key });
    expect(object).toEqual({ ok: false, complaint: "S3 did not do head: SlowDown (HTTP 503)" });
  });
});

describe("what a look changes in the bucket", () => {
  it("is an upload, opened and given up", async () => {
    const artifacts = make();
    const opened = await changeUpload(artifacts, { kind: "open_upload", key });
    expect(opened).toEqual({ ok: true, value: { kind: "open_upload", upload: { ok: true, value: "upload-1" } } });
    const closed = await changeUpload(artifacts, { kind: "abort_upload", key, uploadId: "upload-1" });
    expect(closed).toEqual({ ok: true, value: { kind: "close_upload", complaint: null } });
    expect(artifacts.openUploads()).toEqual([]);
  });

  it("is an object, once its parts are complete", async () => {
    const artifacts = make();
    const uploadId = await artifacts.openUpload(key);
    const [address = ""] = await artifacts.partAddresses({ key, uploadId, from: 1, count: 1 });
    const parts = [{ number: 1, etag: artifacts.put(address, bytes).etag }];
    const closed = await changeUpload(artifacts, { kind: "complete_upload", key, uploadId, parts });
    expect(closed).toEqual({ ok: true, value: { kind: "close_upload", complaint: null } });
    expect(artifacts.keys()).toEqual([key]);
  });

  it.each(["openUpload", "completeUpload", "abortUpload"] as const)(
    "tells a complaint of %s as a value",
    async (name) => {
      const artifacts = make();
      artifacts.fail(name, "SlowDown");
      const complaint = `S3 did not do ${name}: SlowDown (HTTP 503)`;
      const writes = {
        openUpload: { kind: "open_upload", key },
        completeUpload: { kind: "complete_upload", key, uploadId: "u", parts: [] },
        abortUpload: { kind: "abort_upload", key, uploadId: "u" },
      } as const;
      expect(await changeUpload(artifacts, writes[name])).toMatchObject(
        name === "openUpload" ? { value: { upload: { ok: false, complaint } } } : { value: { complaint } },
      );
    },
  );

  it("throws what is a bug of ours", async () => {
    const broken = { ...make(), openUpload: () => Promise.reject(new TypeError("a bug")) };
    await expect(changeUpload(broken, { kind: "open_upload", key })).rejects.toThrow(TypeError);
  });
});

it("knows its writes", () => {
  expect(isUploadWrite({ kind: "open_upload", key })).toBe(true);
  expect(isUploadWrite({ kind: "stop_run", runId: "x" })).toBe(false);
});
