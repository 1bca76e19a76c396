import { createHash } from "node:crypto";

/** The playbooks as they are sent to a node. */
export interface Bundle {
  /** Names the content: 16 hexadecimal digits. A node keeps a bundle under it. */
  readonly hash: string;
  /** A .tar.gz of the files. */
  readonly archive: Buffer;
}

/** The bundle of an archive. Its name is the beginning of the archive's sha256, and a node compares them. */
export const makeBundle = (archive: Buffer): Bundle => ({
  hash: createHash("sha256").update(archive).digest("hex").slice(0, 16),
  archive,
});
