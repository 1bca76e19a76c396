import * as z from "zod";
import { coversAddress } from "../addresses.ts";
import { ApiError, invalidField, notStopped, protectedFrom, unsupported } from "../api-error.ts";
import { act, type Call, checkLabels, labelsSchema, parseBody, type Reply, refuseBody, refuseBusy } from "../call.ts";
import { deprecationAt, findType, isInStock, locations, typeById } from "../catalogue.ts";
import type { TypeRow } from "../catalogue-data.ts";
import { presentSnapshot } from "../images.ts";
import { presentAction } from "../present.ts";
import { randomPassword, randomText } from "../random.ts";
import type { ActionRecord, ServerRecord, SnapshotRecord } from "../records.ts";
import { timestamp } from "../timestamp.ts";
import { takeId } from "../world.ts";
import { checkUserData, findImageFor, findKeys, reference } from "./server-create.ts";
import { findServer } from "./servers.ts";

/** 201 with the action, and what else the verb answers. */
const accepted = (call: Call, action: ActionRecord, more: Readonly<Record<string, unknown>> = {}): Reply => ({
  status: 201,
  body: { ...more, action: presentAction(action, call.nowMs) },
});

const protectionSchema = z.strictObject({ delete: z.boolean().optional(), rebuild: z.boolean().optional() });

/** POST /servers/{id}/actions/change_protection: both flags must have the same value. */
export function changeServerProtection(call: Call): Reply {
  const body = parseBody(call, protectionSchema);
  const server = findServer(call);
  const wanted = {
    delete: body.delete ?? server.protection.delete,
    rebuild: body.rebuild ?? server.protection.rebuild,
  };
  if (wanted.delete !== wanted.rebuild) throw invalidField("delete", "delete and rebuild must have the same value");
  const change = { kind: "server_protection", ...wanted } as const;
  return accepted(call, act(call, { server, command: "change_protection", durationMs: 0, change }));
}

const rebuildSchema = z.strictObject({ image: reference, user_data: z.string().optional() });

/** POST /servers/{id}/actions/rebuild: the disk is overwritten and the server comes up; from any state. */
export function rebuildServer(call: Call): Reply {
  const body = parseBody(call, rebuildSchema);
  checkUserData(body.user_data);
  const server = findServer(call);
  refuseBusy(call, { server });
  if (server.protection.rebuild) throw protectedFrom("server");
  const image = findImageFor(call, body.image, typeById(server.serverTypeId), server.diskGb);
  const change = {
    kind: "rebuild",
    image: { id: image.id, name: image.baseName },
    userData: body.user_data ?? null,
  } as const;
  const action = act(call, { server, command: "rebuild_server", durationMs: call.world.latency.createMs, change });
  server.status = "rebuilding";
  const root_password = server.authorizedKeys.length > 0 ? null : randomPassword(call.world.data);
  return accepted(call, action, { root_password });
}

const typeSchema = z.strictObject({ upgrade_disk: z.boolean(), server_type: reference });

/** Refuses a type the server cannot become: same type, other architecture, smaller disk, ended or not sold there. */
function checkNewType(call: Call, server: ServerRecord, type: TypeRow): void {
  const current = typeById(server.serverTypeId);
  const location = locations.find((candidate) => candidate.name === server.location);
  const deprecation = deprecationAt(type, server.location);
  const hasEnded = deprecation !== null && Date.parse(deprecation.unavailable_after) < call.nowMs;
  const isSoldHere = type.monthly[server.location] !== undefined && !hasEnded;
  if (type === current) throw invalidServerType("server already has this type");
  if (type.architecture !== current.architecture) throw invalidServerType("server type has another architecture");
  if (type.disk < server.diskGb) throw invalidServerType("server type's disk is smaller than the server's");
  if (!isSoldHere) throw invalidServerType("server type is not available at the server's location");
  if (location !== undefined && !isInStock(type, location, call.world.data.stock)) {
    throw new ApiError(412, "resource_unavailable", "error during placement");
  }
}

const invalidServerType = (message: string) => new ApiError(422, "invalid_server_type", message);

/** POST /servers/{id}/actions/change_type: the server must be off, and comes up by itself. */
export function changeServerType(call: Call): Reply {
  const body = parseBody(call, typeSchema);
  const server = findServer(call);
  refuseBusy(call, { server });
  const type = findType(body.server_type);
  if (server.status !== "off") throw notStopped();
  checkNewType(call, server, type);
  const diskGb = body.upgrade_disk ? type.disk : server.diskGb;
  const change = { kind: "server_type", serverTypeId: type.id, diskGb } as const;
  const durationMs = call.world.latency.createMs;
  const action = act(call, { server, command: "change_server_type", durationMs, change });
  server.status = "migrating";
  return accepted(call, action);
}

const rescueSchema = z.strictObject({
  type: z.literal("linux64").default("linux64"),
  ssh_keys: z.array(reference).optional(),
});

/** POST /servers/{id}/actions/enable_rescue: for the next boot. */
export function enableRescue(call: Call): Reply {
  const body = rescueSchema.parse(call.body === undefined ? {} : parseBody(call, rescueSchema));
  const server = findServer(call);
  findKeys(call, body.ssh_keys);
  const action = act(call, { server, command: "enable_rescue", durationMs: 0 });
  return accepted(call, action, { root_password: randomPassword(call.world.data) });
}

/** A verb without a body that needs nothing but a server at rest. */
const plain = (command: ActionRecord["command"]) => (call: Call) => {
  refuseBody(call);
  return accepted(call, act(call, { server: findServer(call), command, durationMs: 0 }));
};

/** POST /servers/{id}/actions/disable_rescue */
export const disableRescue = plain("disable_rescue");
/** POST /servers/{id}/actions/disable_backup: the server's backups go too. */
export const disableBackup = plain("disable_backup");

/** A window can be sent and is chosen by the provider all the same, as it has been since 2018. */
const backupSchema = z.strictObject({ backup_window: z.string().optional() });

/** POST /servers/{id}/actions/enable_backup */
export function enableBackup(call: Call): Reply {
  if (call.body !== undefined) parseBody(call, backupSchema);
  return accepted(call, act(call, { server: findServer(call), command: "enable_backup", durationMs: 0 }));
}

/** POST /servers/{id}/actions/reset_password: asks the guest, so the server must run. */
export function resetPassword(call: Call): Reply {
  refuseBody(call);
  const server = findServer(call);
  refuseBusy(call, { server });
  if (server.status !== "running") throw unsupported("server must be running");
  const action = act(call, { server, command: "reset_password", durationMs: 0 });
  return accepted(call, action, { root_password: randomPassword(call.world.data) });
}

/** POST /servers/{id}/actions/request_console: nothing listens at the address. */
export function requestConsole(call: Call): Reply {
  refuseBody(call);
  const server = findServer(call);
  const action = act(call, { server, command: "request_console", durationMs: 0 });
  const token = randomText(call.world.data, "0123456789abcdef", 32);
  const wss_url = `wss://console.hetzner.cloud/?server_id=${server.id}&token=${token}`;
  return accepted(call, action, { wss_url, password: randomPassword(call.world.data) });
}

/** Body of a change of a reverse name. */
export const dnsPtrSchema = z.strictObject({ ip: z.string(), dns_ptr: z.string().min(1).nullable() });

/** POST /servers/{id}/actions/change_dns_ptr */
export function changeServerDnsPtr(call: Call): Reply {
  const body = parseBody(call, dnsPtrSchema);
  const server = findServer(call);
  const addresses = call.world.data.primaryIps.filter((address) => address.serverId === server.id);
  const address = addresses.find((candidate) => coversAddress(candidate, body.ip));
  if (address === undefined) throw invalidField("ip", "ip does not belong to the server");
  const change = { kind: "dns_ptr", primaryIpId: address.id, ip: body.ip, dnsPtr: body.dns_ptr } as const;
  return accepted(call, act(call, { server, command: "change_dns_ptr", durationMs: 0, change }));
}

const imageSchema = z.strictObject({
  type: z.enum(["snapshot", "backup"]).default("snapshot"),
  description: z.string().optional(),
  labels: labelsSchema.optional(),
});

/** POST /servers/{id}/actions/create_image: nothing of a disk is really copied. */
export function createImage(call: Call): Reply {
  const body = imageSchema.parse(call.body === undefined ? {} : parseBody(call, imageSchema));
  checkLabels(body.labels);
  const server = findServer(call);
  refuseBusy(call, { server });
  if (body.type === "backup" && server.backupWindow === null) throw unsupported("backups are not enabled");
  const { world, nowMs } = call;
  const below = world.data.snapshots.find((candidate) => candidate.id === server.image.id);
  const image: SnapshotRecord = {
    id: takeId(world.data, "image"),
    project: call.project.name,
    type: body.type,
    status: "creating",
    description: body.description ?? `${server.name} ${timestamp(nowMs)}`,
    labels: body.labels ?? {},
    createdMs: nowMs,
    diskGb: server.diskGb,
    createdFrom: { id: server.id, name: server.name },
    boundTo: body.type === "backup" ? server.id : null,
    baseImageId: below?.baseImageId ?? server.image.id,
    protection: { delete: false },
  };
  world.data.snapshots.push(image);
  const action = act(call, { server, image, command: "create_image", durationMs: world.latency.createMs });
  return accepted(call, action, { image: presentSnapshot(image) });
}
