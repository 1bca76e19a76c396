import * as z from "zod/mini";
import { actionSchema } from "./action.ts";
import { id, labels, orElse, orNull, reference } from "./common.ts";

const flag = orElse(z.boolean(), false);

export const serverSchema = z.object({
  id,
  name: z.string(),
  /** `running`, `initializing`, `starting`, `stopping`, `off`, `deleting`, `migrating`, `rebuilding`, `unknown`, or new. */
  status: z.string(),
  /** RFC 3339. */
  created: z.string(),
  publicNet: orElse(
    z.object({
      ipv4: orNull(z.object({ id: orNull(id), ip: z.string() })),
      /** `ip` is a network, `2001:db8::/64`; the host is its first address unless told otherwise. */
      ipv6: orNull(z.object({ id: orNull(id), ip: z.string() })),
    }),
    { ipv4: null, ipv6: null },
  ),
  serverType: reference,
  location: orNull(reference),
  /** Null when the image was deleted; its name is null for snapshots and backups. */
  image: orNull(z.object({ id, name: orNull(z.string()) })),
  /** Hetzner works on it, or has shut it for other reasons. */
  locked: flag,
  protection: orElse(z.object({ delete: flag, rebuild: flag }), { delete: false, rebuild: false }),
  labels,
});

/** A server. `location` is null only in answers older than 2026-04. */
export type Server = z.output<typeof serverSchema>;

export const serverAnswer = z.object({ server: serverSchema });

export const createdServerSchema = z.object({
  server: serverSchema,
  /** `create_server`. */
  action: actionSchema,
  /** What follows it: `start_server` and more. A failed start leaves a billed server behind: await all of them. */
  nextActions: orElse(z.array(actionSchema), []),
  /** Only without SSH keys. A secret. */
  rootPassword: orNull(z.string()),
});

/** What `servers.create` gives. */
export type CreatedServer = z.output<typeof createdServerSchema>;
