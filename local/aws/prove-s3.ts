import { createHash, randomBytes, randomUUID } from "node:crypto";
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type Artifacts, makeArtifacts, makeS3Clients } from "../../shared/artifacts.ts";
import { account, clientConfig, credentials, type Target } from "./aws.ts";
import { judgeS3, type S3Findings } from "./verdict.ts";

const key = "backups/probe";
/** The least that S3 takes for a part that is not the last. */
const partBytes = 5 * 1024 * 1024;

/**
 * What backups rely on, tried with the product's own code and as the functions sign: a node stores parts by signed addresses,
 * a part's ETag is the MD5 of what was stored, wrong parts make no object, what was aborted takes no part, and a changed
 * signature opens nothing. Answers what does not hold, or undefined. Removes what it made.
 */
export async function proveS3(target: Target): Promise<string | undefined> {
  const bucket = `pressluft-probe-${randomUUID().slice(0, 8)}`;
  const config = { ...clientConfig(target), credentials: { ...credentials, accessKeyId: account } };
  const { client, signer } = makeS3Clients(target.endpoint, config);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  try {
    return judgeS3(await tryS3(makeArtifacts({ client, signer, bucket })));
  } finally {
    await remove(client, bucket);
    client.destroy();
    signer.destroy();
  }
}

async function remove(client: S3Client, Bucket: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket, Key: key })).catch(() => {});
  await client.send(new DeleteBucketCommand({ Bucket })).catch(() => {}); // The emulator forgets all at its end.
}

async function tryS3(artifacts: Artifacts): Promise<S3Findings> {
  const bodies = [randomBytes(partBytes), randomBytes(1000)];
  const upload = { key, uploadId: await artifacts.openUpload(key) };
  const addresses = await artifacts.partAddresses({ ...upload, from: 1, count: 2 });
  const parts = await Promise.all(bodies.map((body, index) => store(addresses[index] ?? "", body)));
  const tampered = await store((addresses[0] ?? "").replace(/(X-Amz-Signature=)./, "$1x"), bodies[1] ?? Buffer.of());
  const wrongPart = { number: 1, etag: `"${"0".repeat(32)}"` };
  const refusal = artifacts.completeUpload({ ...upload, parts: [wrongPart] });
  const wrongParts = await refusal.then(() => "accepted" as const).catch(() => "refused" as const);
  await artifacts.completeUpload({ ...upload, parts: parts.map(({ etag }, index) => ({ number: index + 1, etag })) });
  return {
    etagsAreMd5: parts.every(({ etag }, index) => etag === `"${md5(bodies[index] ?? Buffer.of())}"`),
    tamperedStatus: tampered.status,
    wrongParts,
    storedBytes: (await artifacts.head(key))?.sizeBytes,
    sentBytes: partBytes + 1000,
    readsBack: Buffer.concat(bodies).equals(await read(await artifacts.readAddress(key))),
    afterAbortStatus: await storeAfterAbort(artifacts),
  };
}

async function storeAfterAbort(artifacts: Artifacts): Promise<number> {
  const upload = { key: `${key}-aborted`, uploadId: await artifacts.openUpload(`${key}-aborted`) };
  const [address = ""] = await artifacts.partAddresses({ ...upload, from: 1, count: 1 });
  await artifacts.abortUpload(upload);
  return (await store(address, Buffer.of(1))).status;
}

async function store(address: string, body: Buffer): Promise<{ status: number; etag: string }> {
  const answer = await fetch(address, { method: "PUT", body: new Uint8Array(body) });
  await answer.body?.cancel();
  return { status: answer.status, etag: answer.headers.get("etag") ?? "" };
}

const read = async (address: string): Promise<Buffer> => Buffer.from(await (await fetch(address)).arrayBuffer());
const md5 = (body: Buffer): string => createHash("md5").update(body).digest("hex");
