import { ApiError } from "../api-error.ts";
import type { Call, Reply } from "../call.ts";
import { labelFilter, listReply, passesAny, passesName } from "../listing.ts";
import { presentPrimaryIp } from "../present.ts";
import { getOwn, type PrimaryIpRecord, removeFrom } from "../world.ts";

const find = (call: Call): PrimaryIpRecord =>
  getOwn(call.world.data.primaryIps, call.project.name, call.params.id, "primary IP");

/** GET /primary_ips */
export function listPrimaryIps(call: Call): Reply {
  const matches = labelFilter(call.query);
  const items = call.world.data.primaryIps.filter(
    (address) =>
      address.project === call.project.name &&
      passesName(call.query, address.name) &&
      passesAny(call.query, "ip", address.ip) &&
      matches(address.labels),
  );
  const sort = { id: (item: PrimaryIpRecord) => item.id, created: (item: PrimaryIpRecord) => item.createdMs };
  return listReply(call, { name: "primary_ips", items, sort, present: presentPrimaryIp });
}

/** GET /primary_ips/{id} */
export function getPrimaryIp(call: Call): Reply {
  return { status: 200, body: { primary_ip: presentPrimaryIp(find(call)) } };
}

/** DELETE /primary_ips/{id}: refused while a server has it, since May 2026. */
export function deletePrimaryIp(call: Call): Reply {
  const address = find(call);
  if (address.serverId !== null) throw new ApiError(422, "must_be_unassigned", "primary IP must be unassigned");
  removeFrom(call.world.data.primaryIps, address);
  return { status: 204 };
}
