/** What every bucket of backups does, as tests: run over the one in memory and over S3 of the emulator. */
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Artifacts, ArtifactsFault } from "./artifacts.ts";

/** The bucket, and what a node does with an address. */
export interface ArtifactsGround {
  readonly artifacts: Artifacts;
  put(address: string, bytes: Uint8Array): Promise<{ status: number; etag: string }>;
  /** Undefined: refused or not there. */
  get(address: string): Promise<Uint8Array | undefined>;
}

/** S3 takes no smaller part but the last. */
const PART_BYTES = 5 * 2 ** 20;
const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const bare = (etag: string): string => etag.replaceAll('"', "");
const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  return error instanceof ArtifactsFault ? error.code : `no fault: ${String(error)}`;
};

type Make = () => ArtifactsGround;

/** An upload that is open, and how its parts are sent. */
const makeOpen = (makeGround: Make, makeKey: () => string) => async () => {
  const ground = makeGround();
  const key = makeKey();
  const uploadId = await ground.artifacts.openUpload(key);
  const addressOf = async (part: number): Promise<string> => {
    const [address = ""] = await ground.artifacts.partAddresses({ key, uploadId, from: part, count: 1 });
    return address;
  };
  const store = async (part: number, bytes: Uint8Array) => {
    const { status, etag } = await ground.put(await addressOf(part), bytes);
    expect(status).toBe(200);
    return { number: part, etag };
  };
  return { ...ground, key, uploadId, addressOf, store };
};
type Open = ReturnType<typeof makeOpen>;

const makesObjects = (opened: Open): void => {
  it("makes one object of parts that were sent to their addresses, and gives it back", async () => {
    const { artifacts, key, uploadId, store, get } = await opened();
    const bodies = [randomBytes(PART_BYTES), randomBytes(1000)];
    const [first = new Uint8Array(), last = new Uint8Array()] = bodies;
    const parts = [await store(1, first), await store(2, last)];
    expect(parts.map(({ etag }) => bare(etag))).toEqual(bodies.map(md5));
    await artifacts.completeUpload({ key, uploadId, parts });
    expect(await artifacts.head(key)).toEqual({ sizeBytes: PART_BYTES + 1000 });
    const read = await get(await artifacts.readAddress(key));
    expect(md5(read ?? new Uint8Array())).toBe(md5(Buffer.concat(bodies)));
  });

  it("takes an ETag with and without its quotes", async () => {
    const { artifacts, key, uploadId, store } = await opened();
    const { number, etag } = await store(1, randomBytes(10));
    await artifacts.completeUpload({ key, uploadId, parts: [{ number, etag: bare(etag) }] });
    expect(await artifacts.head(key)).toEqual({ sizeBytes: 10 });
  });

  it("keeps of a part that was sent twice what came last", async () => {
    const { artifacts, key, uploadId, store } = await opened();
    await store(1, randomBytes(10));
    const parts = [await store(1, randomBytes(20))];
    await artifacts.completeUpload({ key, uploadId, parts });
    expect(await artifacts.head(key)).toEqual({ sizeBytes: 20 });
  });

  it("leaves out a part that the completion does not name", async () => {
    const { artifacts, key, uploadId, store } = await opened();
    const parts = [await store(1, randomBytes(10))];
    await store(2, randomBytes(10));
    await artifacts.completeUpload({ key, uploadId, parts });
    expect(await artifacts.head(key)).toEqual({ sizeBytes: 10 });
  });
};

const endsUploads = (opened: Open): void => {
  it("completes again what is completed", async () => {
    const { artifacts, key, uploadId, store } = await opened();
    const parts = [await store(1, randomBytes(10))];
    await artifacts.completeUpload({ key, uploadId, parts });
    await artifacts.completeUpload({ key, uploadId, parts });
    expect(await artifacts.head(key)).toEqual({ sizeBytes: 10 });
  });

  it("refuses parts that are not the stored ones, and makes no object of them", async () => {
    const { artifacts, key, uploadId, store } = await opened();
    const { number } = await store(1, randomBytes(10));
    const wrong = artifacts.completeUpload({ key, uploadId, parts: [{ number, etag: md5(randomBytes(10)) }] });
    expect(await codeOf(wrong)).toBe("InvalidPart");
    const missing = artifacts.completeUpload({ key, uploadId, parts: [{ number: 7, etag: md5(randomBytes(10)) }] });
    expect(await codeOf(missing)).toBe("InvalidPart");
    expect(await artifacts.head(key)).toBeUndefined();
  });

  it("gives up an upload, again without complaint, and takes nothing for it any more", async () => {
    const { artifacts, key, uploadId, store, addressOf, put } = await opened();
    const parts = [await store(1, randomBytes(10))];
    await artifacts.abortUpload({ key, uploadId });
    await artifacts.abortUpload({ key, uploadId });
    expect((await put(await addressOf(2), randomBytes(10))).status).toBe(404);
    expect(await codeOf(artifacts.completeUpload({ key, uploadId, parts }))).toBe("NoSuchUpload");
    expect(await artifacts.head(key)).toBeUndefined();
  });

  it("leaves the object alone when its upload is given up too late", async () => {
    const { artifacts, key, uploadId, store } = await opened();
    const parts = [await store(1, randomBytes(10))];
    await artifacts.completeUpload({ key, uploadId, parts });
    await artifacts.abortUpload({ key, uploadId });
    expect(await artifacts.head(key)).toEqual({ sizeBytes: 10 });
  });
};

const signsAddresses = (opened: Open, makeGround: Make, makeKey: () => string): void => {
  it("signs at most 20 addresses at a time, each for its own part and for nothing else", async () => {
    const { artifacts, key, uploadId, put, get } = await opened();
    const addresses = await artifacts.partAddresses({ key, uploadId, from: 21, count: 20 });
    expect(new Set(addresses).size).toBe(20);
    await expect(artifacts.partAddresses({ key, uploadId, from: 1, count: 21 })).rejects.toThrow(RangeError);
    await expect(artifacts.partAddresses({ key, uploadId, from: 9_990, count: 20 })).rejects.toThrow(RangeError);
    expect(await get(addresses[0] ?? "")).toBeUndefined();
    expect((await put(await artifacts.readAddress(key), randomBytes(10))).status).toBe(403);
  });

  it("knows nothing under a key that was never used", async () => {
    const { artifacts, get } = makeGround();
    const key = makeKey();
    expect(await artifacts.head(key)).toBeUndefined();
    expect(await get(await artifacts.readAddress(key))).toBeUndefined();
  });
};

/** `makeKey` gives a key that no earlier test has used. */
export const describeArtifacts = (title: string, makeGround: Make, makeKey: () => string): void => {
  const opened = makeOpen(makeGround, makeKey);
  describe(`${title} as the bucket of backups`, () => {
    makesObjects(opened);
    endsUploads(opened);
    signsAddresses(opened, makeGround, makeKey);
  });
};
