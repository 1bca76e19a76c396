import * as z from "zod/mini";
import { errorCode, errorText, id, orElse, orNull } from "./common.ts";

export const actionSchema = z.object({
  id,
  /** `create_server`, `start_server`, ... */
  command: z.string(),
  /** `running`, `success` or `error`; only this says how it ended. */
  status: z.string(),
  /** Percent, 0 to 100. */
  progress: orElse(z.number(), 0),
  /** RFC 3339. */
  started: orNull(z.string()),
  finished: orNull(z.string()),
  resources: orElse(z.array(z.object({ id, type: z.string() })), []),
  /** Whatever is odd in it is left out: it must not cost the status, which alone says that the action failed. */
  error: z.catch(orNull(z.object({ code: errorCode, message: errorText })), null),
});

/** Work that Hetzner does after it has answered. Use `classifyAction` to learn whether and why it failed. */
export type Action = z.output<typeof actionSchema>;

export const actionAnswer = z.object({ action: actionSchema });
