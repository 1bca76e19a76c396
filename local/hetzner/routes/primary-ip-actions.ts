import * as z from "zod";
import { coversAddress } from "../addresses.ts";
import { ApiError, invalidField, invalidInput, notStopped } from "../api-error.ts";
import { act, type Call, parseBody, type Reply, refuseBody, refuseBusy } from "../call.ts";
import { presentAction } from "../present.ts";
import type { PrimaryIpRecord } from "../records.ts";
import { findAssignee, findPrimaryIp, wrongPlace } from "./primary-ips.ts";
import { dnsPtrSchema } from "./server-actions.ts";

function acted(
  call: Call,
  address: PrimaryIpRecord,
  request: Pick<Parameters<typeof act>[1], "server" | "command" | "change">,
): Reply {
  const action = act(call, { ...request, address, durationMs: 0 });
  return { status: 201, body: { action: presentAction(action, call.nowMs) } };
}

/** hcloud-go 1 (as in Debian's hcloud-cli 1.30) repeats the path's id as `ID` in these bodies. */
const repeatedId = { ID: z.int().optional() };

const assignSchema = z.strictObject({
  assignee_type: z.literal("server").optional(),
  assignee_id: z.int().positive(),
  ...repeatedId,
});

/** POST /primary_ips/{id}/actions/assign: to a server at the same place that is off. */
export function assignPrimaryIp(call: Call): Reply {
  const body = parseBody(call, assignSchema);
  const address = findPrimaryIp(call);
  if (address.serverId !== null) {
    throw new ApiError(422, "primary_ip_already_assigned", "primary IP is already assigned");
  }
  const server = findAssignee(call, body.assignee_id, address.type);
  if (server.location !== address.location) throw wrongPlace();
  return acted(call, address, { server, command: "assign_primary_ip" });
}

/** POST /primary_ips/{id}/actions/unassign: its server must be off. */
export function unassignPrimaryIp(call: Call): Reply {
  refuseBody(call);
  const address = findPrimaryIp(call);
  const server = call.world.data.servers.find((candidate) => candidate.id === address.serverId);
  if (server === undefined) throw invalidInput("primary IP is not assigned");
  refuseBusy(call, { server });
  if (server.status !== "off") throw notStopped();
  return acted(call, address, { server, command: "unassign_primary_ip" });
}

const protectionSchema = z.strictObject({ delete: z.boolean(), ...repeatedId });

/** POST /primary_ips/{id}/actions/change_protection: only for one that stays when its server goes. */
export function changePrimaryIpProtection(call: Call): Reply {
  const body = parseBody(call, protectionSchema);
  const address = findPrimaryIp(call);
  if (body.delete && address.autoDelete) {
    throw invalidField("delete", "a primary IP with auto_delete cannot be protected");
  }
  const change = { kind: "primary_ip_protection", delete: body.delete } as const;
  return acted(call, address, { command: "change_protection", change });
}

/** POST /primary_ips/{id}/actions/change_dns_ptr */
export function changePrimaryIpDnsPtr(call: Call): Reply {
  const body = parseBody(call, dnsPtrSchema.extend(repeatedId));
  const address = findPrimaryIp(call);
  if (!coversAddress(address, body.ip)) throw invalidField("ip", "ip does not belong to the primary IP");
  const change = { kind: "dns_ptr", primaryIpId: address.id, ip: body.ip, dnsPtr: body.dns_ptr } as const;
  return acted(call, address, { command: "change_dns_ptr", change });
}
