import * as z from "zod/mini";
import { id, labels } from "./common.ts";

export const sshKeySchema = z.object({
  id,
  /** Unique in the project. */
  name: z.string(),
  /** As `fingerprintMd5` computes it; unique in the project. */
  fingerprint: z.string(),
  publicKey: z.string(),
  labels,
  /** RFC 3339. */
  created: z.string(),
});

/** A public SSH key of the project. */
export type SshKey = z.output<typeof sshKeySchema>;

export const sshKeyAnswer = z.object({ sshKey: sshKeySchema });
