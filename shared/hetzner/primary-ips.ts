import * as z from "zod/mini";
import type { CallOptions } from "./options.ts";
import { listAll, meta } from "./pages.ts";
import { type PrimaryIp, primaryIpSchema } from "./schemas/primary-ip.ts";
import { absentAsNull, idPath, type Wire } from "./wire.ts";

export interface PrimaryIpQuery {
  /** Exact. */
  name?: string | undefined;
  ip?: string | undefined;
  /** See `labelSelector`. */
  labelSelector?: string | undefined;
}

/** Public addresses of the project, all of them without a query. */
export function listPrimaryIps(
  wire: Wire,
  query: PrimaryIpQuery = {},
  options?: CallOptions,
): AsyncGenerator<PrimaryIp> {
  return listAll(
    wire,
    {
      operation: "primaryIps.list",
      path: "/primary_ips",
      query: { name: query.name, ip: query.ip, label_selector: query.labelSelector },
      page: z.object({ primaryIps: z.array(primaryIpSchema), meta }),
      items: (page) => page.primaryIps,
    },
    options,
  );
}

/** False when Hetzner says that there was none. Fails with `must_be_unassigned` while a server has it. */
export async function deletePrimaryIp(wire: Wire, id: number, options?: CallOptions): Promise<boolean> {
  const operation = "primaryIps.delete";
  const path = `/primary_ips/${idPath(operation, id)}`;
  const done = wire.tell({ operation, method: "DELETE", path }, options).then(() => true);
  return (await absentAsNull(done)) ?? false;
}
