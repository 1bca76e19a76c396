import * as z from "zod/mini";
import { id, labels, orElse, orNull, reference } from "./common.ts";

export const primaryIpSchema = z.object({
  id,
  name: z.string(),
  ip: z.string(),
  /** `ipv4` or `ipv6`. */
  type: z.string(),
  /** Null while unassigned: then it is billed all the same. */
  assigneeId: orNull(id),
  /** `server`, or `unassigned` since 2026-08. */
  assigneeType: orNull(z.string()),
  /** Goes with its server. */
  autoDelete: orElse(z.boolean(), false),
  location: orNull(reference),
  /** RFC 3339. */
  created: z.string(),
  labels,
});

/** A public address with a life of its own. */
export type PrimaryIp = z.output<typeof primaryIpSchema>;
