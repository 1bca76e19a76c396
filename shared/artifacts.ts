/** The bucket of backups. Nodes write and read it by pre-signed addresses alone; no AWS credential is ever on a node. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { ADDRESSES_MAX, PARTS_MAX } from "./domain/backup.ts";

/** How long an address may be used, in seconds. */
export const ADDRESS_SECONDS = 3600;
/** Bound of one call, its repeats included: S3 may take minutes to complete an upload, and goes on with it by itself. */
const CALL_MAX_MS = 20_000;

/** The bucket refused or did not answer. The message is in our words: operation, S3's code, status; no address, no key. */
export class ArtifactsFault extends Error {
  /** S3's own word, e.g. `NoSuchUpload`, or the name of what went wrong on the way. */
  readonly code: string;

  constructor(operation: string, code: string, status: number | undefined) {
    super(`S3 did not do ${operation}: ${code}${status === undefined ? "" : ` (HTTP ${status})`}`);
    this.name = "ArtifactsFault";
    this.code = code;
  }
}

/** What we do with the bucket. Everything throws `ArtifactsFault` when S3 refuses or does not answer. */
export interface Artifacts {
  /** Begins a multipart upload and answers with its id. */
  openUpload(key: string): Promise<string>;
  /** Pre-signed addresses for parts, at most 20 and good for an hour. Secrets. Throws RangeError for more. */
  partAddresses(part: { key: string; uploadId: string; from: number; count: number }): Promise<string[]>;
  /** Completing what is completed already is fine; parts that are not the stored ones are a fault. */
  completeUpload(upload: {
    key: string;
    uploadId: string;
    parts: readonly { readonly number: number; readonly etag: string }[];
  }): Promise<void>;
  /** That there is no such upload is fine. */
  abortUpload(upload: { key: string; uploadId: string }): Promise<void>;
  /** Undefined: there is no such object. */
  head(key: string): Promise<{ sizeBytes: number } | undefined>;
  /** A pre-signed address to read an object, good for an hour. A secret. */
  readAddress(key: string): Promise<string>;
}

/**
 * The clients for our own calls and for the addresses that nodes use, at `endpoint`. By default the SDK adds a checksum of
 * the body it has, which is none when an address is signed: S3 would then refuse the real bytes. An emulator serves buckets
 * by path, because `<bucket>.<its host>` resolves nowhere.
 */
export const makeS3Clients = (endpoint: string, defaults: S3ClientConfig): { client: S3Client; signer: S3Client } => {
  const config: S3ClientConfig = {
    ...defaults,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    forcePathStyle: !/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname),
  };
  return { client: new S3Client(config), signer: new S3Client({ ...config, endpoint }) };
};

export interface ArtifactsOptions {
  /** For our own calls. */
  readonly client: S3Client;
  /** For addresses that nodes use: its endpoint is where they reach S3. */
  readonly signer: S3Client;
  readonly bucket: string;
}

/** In S3. */
export const makeArtifacts = ({ client, signer, bucket: Bucket }: ArtifactsOptions): Artifacts => {
  const bounds = () => ({ abortSignal: AbortSignal.timeout(CALL_MAX_MS) });
  const sign = { expiresIn: ADDRESS_SECONDS };
  const head: Artifacts["head"] = async (Key) => {
    const asking = client.send(new HeadObjectCommand({ Bucket, Key }), bounds());
    const found = await absentIf(["NotFound", "NoSuchKey"], asked("HeadObject", asking));
    return found && { sizeBytes: found.ContentLength ?? 0 };
  };
  return {
    head,
    openUpload: async (Key) => {
      const asking = client.send(new CreateMultipartUploadCommand({ Bucket, Key }), bounds());
      const { UploadId } = await asked("CreateMultipartUpload", asking);
      if (UploadId === undefined) throw new ArtifactsFault("CreateMultipartUpload", "NoUploadId", undefined);
      return UploadId;
    },
    partAddresses: async ({ key: Key, uploadId: UploadId, from, count }) => {
      const commands = partNumbers(from, count).map(
        (PartNumber) => new UploadPartCommand({ Bucket, Key, UploadId, PartNumber }),
      );
      return Promise.all(commands.map((command) => getSignedUrl(signer, command, sign)));
    },
    completeUpload: async ({ key: Key, uploadId: UploadId, parts }) => {
      const Parts = parts.map(({ number: PartNumber, etag: ETag }) => ({ PartNumber, ETag }));
      const command = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
      const completed = asked("CompleteMultipartUpload", client.send(command, bounds())).catch(
        async (error: unknown) => {
          // The answer to an earlier try was lost: S3 has forgotten the upload, and the object is there.
          if (!isFault(error, ["NoSuchUpload"]) || (await head(Key)) === undefined) throw error;
        },
      );
      await completed;
    },
    abortUpload: async ({ key: Key, uploadId: UploadId }) => {
      const asking = client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), bounds());
      await absentIf(["NoSuchUpload"], asked("AbortMultipartUpload", asking));
    },
    readAddress: (Key) => getSignedUrl(signer, new GetObjectCommand({ Bucket, Key }), sign),
  };
};

/** @throws RangeError for more than `ADDRESSES_MAX`, or for parts that S3 does not have (1 to `PARTS_MAX`) */
export const partNumbers = (from: number, count: number): number[] => {
  if (count < 1 || count > ADDRESSES_MAX || from < 1 || from + count - 1 > PARTS_MAX) {
    throw new RangeError(`no addresses for ${count} parts from ${from}`);
  }
  return Array.from({ length: count }, (_, index) => from + index);
};

const isFault = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof ArtifactsFault && codes.includes(error.code);

const absentIf = async <T>(codes: readonly string[], answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (isFault(error, codes)) return undefined;
    throw error;
  }
};

const isTimeUp = (error: Error): boolean => error.name === "AbortError" || error.name === "TimeoutError";

/** The SDK marks what went wrong with a request by `$metadata`; anything else is a bug of ours and stays what it is. */
const asked = async <T>(operation: string, answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isTimeUp(error)) throw new ArtifactsFault(operation, "Timeout", undefined);
    if (!("$metadata" in error)) throw error;
    throw new ArtifactsFault(operation, error.name, statusOf(error.$metadata));
  }
};

const statusOf = (metadata: unknown): number | undefined => {
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
};
