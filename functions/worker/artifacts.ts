/** What jobs read and change in the bucket of backups. What AWS does wrong is told in our words, never thrown. */
import { type Artifacts, ArtifactsFault } from "../../shared/artifacts.ts";
import type { Facts, Needs, OutsideWrite, Stored, UploadWrite, WriteOutcome } from "../../shared/domain/plans/plan.ts";

export const isUploadWrite = (write: OutsideWrite): write is UploadWrite =>
  write.kind === "open_upload" || write.kind === "complete_upload" || write.kind === "abort_upload";

/** What a plan wants to see of the bucket. Addresses are signed here, without asking anybody. */
export const readArtifacts = async (
  artifacts: Artifacts,
  { object, readAddress, partAddresses }: Needs,
): Promise<Pick<Facts, "object" | "readAddress" | "partAddresses">> => {
  const [found, address, addresses] = await Promise.all([
    object === undefined ? undefined : attempt(() => artifacts.head(object)),
    readAddress === undefined ? undefined : artifacts.readAddress(readAddress),
    partAddresses && artifacts.partAddresses(partAddresses),
  ]);
  return {
    ...(found && { object: found.ok ? { ok: true, value: found.value ?? null } : found }),
    ...(address === undefined ? {} : { readAddress: address }),
    ...(addresses && { partAddresses: addresses }),
  };
};

export const changeUpload = async (artifacts: Artifacts, write: UploadWrite): Promise<WriteOutcome> => {
  if (write.kind === "open_upload") {
    const upload = await attempt(() => artifacts.openUpload(write.key));
    return { ok: true, value: { kind: "open_upload", upload } };
  }
  const closed = await attempt(() =>
    write.kind === "complete_upload" ? artifacts.completeUpload(write) : artifacts.abortUpload(write),
  );
  return { ok: true, value: { kind: "close_upload", complaint: closed.ok ? null : closed.complaint } };
};

/** What S3 did wrong is an answer; anything else is a bug and is thrown. */
const attempt = async <T>(call: () => Promise<T>): Promise<Stored<T>> => {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    if (error instanceof ArtifactsFault) return { ok: false, complaint: error.message };
    throw error;
  }
};
