import * as z from "zod/mini";
import { id, orNull } from "./common.ts";

export const actionSchema = z.object({
  id,
  /** `create_server`, `start_server`, ... */
  command: z.string(),
  /** `running`, `success` or `error`; only this says how it ended. */
  status: z.string(),
  /** Percent, 0 to 100. */
  progress: z._default(z.number(), 0),
  /** RFC 3339. */
  started: orNull(z.string()),
  finished: orNull(z.string()),
  resources: z._default(z.array(z.object({ id, type: z.string() })), []),
  error: orNull(z.object({ code: z.string(), message: z.string() })),
});

/** Work that Hetzner does after it has answered. Use `classifyAction` to learn whether and why it failed. */
export type Action = z.output<typeof actionSchema>;

export const actionAnswer = z.object({ action: actionSchema });
