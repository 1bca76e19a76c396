/** The bucket in memory, with S3's behaviour as far as we use it: for tests with a stepped clock. */
import { createHash } from "node:crypto";
import { ADDRESS_SECONDS, type Artifacts, ArtifactsFault, partNumbers } from "./artifacts.ts";

/** What S3 answers to whoever uses an address. */
export interface PutAnswer {
  /** 200; 403: the address is wrong or its hour is over; 404: there is no such upload. */
  readonly status: 200 | 403 | 404;
  /** MD5 of the bytes in quotes, as S3 says it; empty unless stored. */
  readonly etag: string;
}

export interface MemoryArtifacts extends Artifacts {
  /** A node sends a part to its address. */
  put(address: string, bytes: Uint8Array): PutAnswer;
  /** A node reads an object from its address. Undefined: refused, over or not there. */
  get(address: string): Uint8Array | undefined;
  /** The next `times` calls of an operation fail like this. */
  fail(operation: FailingOperation, code: string, times?: number): void;
  /** No call fails any more. */
  heal(): void;
  /** Keys of all objects. */
  keys(): readonly string[];
  /** Multipart uploads that are neither completed nor aborted, by key. */
  openUploads(): readonly string[];
  /** Changes what is stored, as rot or a person would; undefined removes it. */
  spoil(key: string, bytes: Uint8Array | undefined): void;
}

/** Calls that reach S3; an address is signed without asking anybody. */
export type FailingOperation = "openUpload" | "completeUpload" | "abortUpload" | "head";

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Uint8Array>;
}

/** All addresses begin like this: found again in logs and tables if one gets there. */
export const MEMORY_ADDRESS = "https://artifacts.test/";

const etagOf = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const bare = (etag: string): string => etag.replaceAll('"', "");

type Method = "PUT" | "GET";

/** Addresses that say themselves what they are for and until when. */
const makeSigner = (now: () => number) => ({
  sign: (method: Method, about: Record<string, string>): string => {
    const ends = String(now() + ADDRESS_SECONDS * 1000);
    return `${MEMORY_ADDRESS}?${new URLSearchParams({ method, ends, ...about })}`;
  },
  /** What a signature stands for; undefined when it does not hold (any more). */
  read: (address: string, method: Method): URLSearchParams | undefined => {
    if (!address.startsWith(MEMORY_ADDRESS)) return undefined;
    const about = new URL(address).searchParams;
    return about.get("method") === method && now() < Number(about.get("ends")) ? about : undefined;
  },
});

/** Failures that wait for their calls. */
const makeFailures = () => {
  const waiting: { operation: FailingOperation; code: string }[] = [];
  return {
    add: (operation: FailingOperation, code: string, times: number): void => {
      for (let count = 0; count < times; count += 1) waiting.push({ operation, code });
    },
    clear: (): void => void waiting.splice(0),
    throwAt: (operation: FailingOperation): void => {
      const index = waiting.findIndex((one) => one.operation === operation);
      const [failure] = index < 0 ? [] : waiting.splice(index, 1);
      if (failure) throw new ArtifactsFault(operation, failure.code, 503);
    },
  };
};

/** `now` in epoch milliseconds: addresses end by it. */
export const makeMemoryArtifacts = ({ now }: { now: () => number }): MemoryArtifacts => {
  const objects = new Map<string, Uint8Array>();
  const uploads = new Map<string, Upload>();
  const failures = makeFailures();
  const signer = makeSigner(now);
  let opened = 0;

  const findUpload = (key: string | null, uploadId: string | null): Upload | undefined => {
    const upload = uploads.get(uploadId ?? "");
    return upload?.key === key ? upload : undefined;
  };
  const complete: Artifacts["completeUpload"] = async ({ key, uploadId, parts }) => {
    failures.throwAt("completeUpload");
    const upload = findUpload(key, uploadId);
    if (upload === undefined && objects.has(key)) return;
    if (upload === undefined) throw new ArtifactsFault("completeUpload", "NoSuchUpload", 404);
    objects.set(key, joined(upload, parts));
    uploads.delete(uploadId);
  };

  return {
    openUpload: async (key) => {
      failures.throwAt("openUpload");
      opened += 1;
      uploads.set(`upload-${opened}`, { key, parts: new Map() });
      return `upload-${opened}`;
    },
    partAddresses: async ({ key, uploadId, from, count }) =>
      partNumbers(from, count).map((part) => signer.sign("PUT", { key, uploadId, part: String(part) })),
    completeUpload: complete,
    abortUpload: async ({ key, uploadId }) => {
      failures.throwAt("abortUpload");
      if (findUpload(key, uploadId)) uploads.delete(uploadId);
    },
    head: async (key) => {
      failures.throwAt("head");
      const bytes = objects.get(key);
      return bytes && { sizeBytes: bytes.length };
    },
    readAddress: async (key) => signer.sign("GET", { key }),
    put: (address, bytes) => {
      const about = signer.read(address, "PUT");
      if (about === undefined) return { status: 403, etag: "" };
      const upload = findUpload(about.get("key"), about.get("uploadId"));
      if (upload === undefined) return { status: 404, etag: "" };
      upload.parts.set(Number(about.get("part")), Uint8Array.from(bytes));
      return { status: 200, etag: `"${etagOf(bytes)}"` };
    },
    get: (address) => objects.get(signer.read(address, "GET")?.get("key") ?? ""),
    fail: (operation, code, times = 1) => failures.add(operation, code, times),
    heal: failures.clear,
    keys: () => [...objects.keys()],
    openUploads: () => [...uploads.values()].map(({ key }) => key),
    spoil: (key, bytes) => void (bytes === undefined ? objects.delete(key) : objects.set(key, bytes)),
  };
};

type Parts = Parameters<Artifacts["completeUpload"]>[0]["parts"];

/** The parts named, in their order. S3 refuses a part that is not there or has another ETag, and parts out of order. */
const joined = (upload: Upload, parts: Parts): Uint8Array => {
  const numbers = parts.map(({ number }) => number);
  if (parts.length === 0) throw new ArtifactsFault("completeUpload", "MalformedXML", 400);
  if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
    throw new ArtifactsFault("completeUpload", "InvalidPartOrder", 400);
  }
  return Buffer.concat(parts.map((part) => storedPart(upload, part)));
};

const storedPart = (upload: Upload, { number, etag }: Parts[number]): Uint8Array => {
  const bytes = upload.parts.get(number);
  if (bytes === undefined || etagOf(bytes) !== bare(etag))
    throw new ArtifactsFault("completeUpload", "InvalidPart", 400);
  return bytes;
};
