import * as z from "zod";
import { linkAddress, makePrimaryIp } from "../addresses.ts";
import { ApiError, invalidField, notStopped, protectedFrom, taken } from "../api-error.ts";
import { act, type Call, checkLabels, labelsSchema, parseBody, type Reply, refuseBusy } from "../call.ts";
import { findLocation } from "../catalogue.ts";
import { labelFilter, listReply, passesAny, passesName } from "../listing.ts";
import { presentAction, presentPrimaryIp } from "../present.ts";
import type { PrimaryIpRecord, ServerRecord } from "../records.ts";
import { getOwn, ownOf, removeFrom } from "../world.ts";
import { checkAddressQuota } from "./server-create.ts";

/** The primary IP a path names; 404 for another project's. */
export function findPrimaryIp(call: Call): PrimaryIpRecord {
  return getOwn(call.world.data.primaryIps, call.project.name, call.params.id, "primary IP");
}

/** GET /primary_ips */
export function listPrimaryIps(call: Call): Reply {
  const matches = labelFilter(call.query);
  const items = ownOf(call.world.data.primaryIps, call.project.name).filter(
    (address) =>
      passesName(call.query, address.name) && passesAny(call.query, "ip", address.ip) && matches(address.labels),
  );
  const sort = { id: (item: PrimaryIpRecord) => item.id, created: (item: PrimaryIpRecord) => item.createdMs };
  return listReply(call, { name: "primary_ips", items, sort, present: presentPrimaryIp });
}

/** GET /primary_ips/{id} */
export function getPrimaryIp(call: Call): Reply {
  return { status: 200, body: { primary_ip: presentPrimaryIp(findPrimaryIp(call)) } };
}

const name = z.string().trim().min(1).max(255);

const createSchema = z.strictObject({
  name,
  type: z.enum(["ipv4", "ipv6"]),
  assignee_type: z.literal("server").optional(),
  assignee_id: z.int().positive().nullish(),
  location: z.string().min(1).nullish(),
  auto_delete: z.boolean().nullish(),
  labels: labelsSchema.nullish(),
});

function checkNameIsFree(call: Call, wanted: string | undefined, except?: PrimaryIpRecord): void {
  const others = ownOf(call.world.data.primaryIps, call.project.name).filter((address) => address !== except);
  if (others.some((address) => address.name === wanted)) throw taken("primary IP name is already used");
}

/** The server that is to get an address: of the project, at rest, off, without one of this version. */
export function findAssignee(call: Call, id: number, type: PrimaryIpRecord["type"]): ServerRecord {
  const server = getOwn(call.world.data.servers, call.project.name, id, "server");
  refuseBusy(call, { server });
  if (server.status !== "off") throw notStopped();
  const held = type === "ipv4" ? server.ipv4Id : server.ipv6Id;
  if (held !== null) throw new ApiError(422, `server_has_${type}`, `server already has an ${type} address`);
  return server;
}

/** POST /primary_ips: for a location, or at once for a server that is off. */
export function createPrimaryIp(call: Call): Reply {
  const body = parseBody(call, createSchema);
  const { type } = body;
  const labels = body.labels ?? {};
  checkLabels(labels);
  const server =
    body.assignee_id === null || body.assignee_id === undefined ? null : findAssignee(call, body.assignee_id, type);
  if (server === null && (body.location ?? null) === null) throw invalidField("location", "location is required");
  const wanted = body.location ?? null;
  const location = wanted === null ? (server?.location ?? "") : findLocation(wanted).name;
  if (server !== null && server.location !== location) throw wrongPlace();
  checkNameIsFree(call, body.name);
  checkAddressQuota(call, 1);
  const { world, nowMs, project } = call;
  const autoDelete = body.auto_delete ?? false;
  const made = { project: project.name, type, location, createdMs: nowMs, name: body.name, autoDelete, labels };
  const address = makePrimaryIp(world, made);
  if (server === null) return created(address, null);
  const action = act(call, { server, address, command: "assign_primary_ip", durationMs: 0 });
  linkAddress(server, address);
  return created(address, presentAction(action, nowMs));
}

/** 422 for an address and a server at two places. */
export const wrongPlace = () =>
  new ApiError(422, "primary_ip_datacenter_mismatch", "primary IP is in another location");

const created = (address: PrimaryIpRecord, action: ReturnType<typeof presentAction> | null): Reply => ({
  status: 201,
  body: { primary_ip: presentPrimaryIp(address), action },
});

const updateSchema = z.strictObject({
  name: name.optional(),
  labels: labelsSchema.nullish(),
  auto_delete: z.boolean().nullish(),
});

/** PUT /primary_ips/{id} */
export function updatePrimaryIp(call: Call): Reply {
  const body = parseBody(call, updateSchema);
  checkLabels(body.labels ?? undefined);
  const address = findPrimaryIp(call);
  checkNameIsFree(call, body.name, address);
  if (body.auto_delete === true && address.protection.delete) {
    throw invalidField("auto_delete", "a protected primary IP cannot be deleted with its server");
  }
  address.name = body.name ?? address.name;
  address.labels = body.labels ?? address.labels;
  address.autoDelete = body.auto_delete ?? address.autoDelete;
  return getPrimaryIp(call);
}

/** DELETE /primary_ips/{id}: refused while a server has it, since May 2026. */
export function deletePrimaryIp(call: Call): Reply {
  const address = findPrimaryIp(call);
  refuseBusy(call, { address });
  if (address.protection.delete) throw protectedFrom("primary IP");
  if (address.serverId !== null) throw new ApiError(422, "must_be_unassigned", "primary IP must be unassigned");
  removeFrom(call.world.data.primaryIps, address);
  return { status: 204 };
}
