/** The bucket on the emulator: the suite that holds its stand-in in memory, with real requests to the signed addresses. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { describeArtifacts } from "../../shared/artifacts.contract.ts";
import { makeArtifacts, makeS3Clients } from "../../shared/artifacts.ts";
import { backupPathOf } from "../../shared/domain/backup.ts";
import { aws, stack } from "./client.ts";

const makeDeployed = () => {
  const { artifacts_bucket: bucket, artifacts_endpoint: endpoint } = stack();
  return makeArtifacts({ ...makeS3Clients(endpoint, aws()), bucket });
};

/** As a node sends a part: no header beside what HTTP demands. */
const put = async (address: string, bytes: Uint8Array) => {
  const response = await fetch(address, { method: "PUT", body: Buffer.from(bytes) });
  await response.arrayBuffer();
  return { status: response.status, etag: response.headers.get("etag") ?? "" };
};

const get = async (address: string): Promise<Uint8Array | undefined> => {
  const response = await fetch(address);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return response.ok ? bytes : undefined;
};

describeArtifacts(
  "the emulator's S3",
  () => ({ artifacts: makeDeployed(), put, get }),
  () => backupPathOf(randomUUID(), randomUUID()),
);

test("an address that was changed is worth nothing", async () => {
  const artifacts = makeDeployed();
  const key = backupPathOf(randomUUID(), randomUUID());
  const uploadId = await artifacts.openUpload(key);
  const [address = ""] = await artifacts.partAddresses({ key, uploadId, from: 1, count: 1 });
  const elsewhere = address.replace("partNumber=1", "partNumber=2");
  expect(elsewhere).not.toBe(address);
  expect((await put(elsewhere, Buffer.from("body"))).status).toBe(403);
  expect((await put(address, Buffer.from("body"))).status).toBe(200);
  await artifacts.abortUpload({ key, uploadId });
});
