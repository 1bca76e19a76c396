import * as z from "zod";
import { addAction } from "../actions.ts";
import { linkAddress, makePrimaryIp } from "../addresses.ts";
import { ApiError, invalidField, invalidInput, notFound, overQuota, taken } from "../api-error.ts";
import { type Call, checkLabels, faultOf, labelsSchema, parseBody, type Reply } from "../call.ts";
import { chooseLocation, findLocation, findType, isInStock, isSold, type Location } from "../catalogue.ts";
import type { TypeRow } from "../catalogue-data.ts";
import { findImage, type UsableImage } from "../images.ts";
import { presentAction, presentServer } from "../present.ts";
import { randomPassword } from "../random.ts";
import type { PrimaryIpRecord, ServerRecord } from "../records.ts";
import { ownOf, takeId } from "../world.ts";

const userDataMaxBytes = 32_768;
const serverLimitDefault = 100;
/** Addresses of both kinds that a project may hold. */
export const primaryIpLimitDefault = 250;

/** An id or a name. */
export const reference = z.union([z.string().min(1), z.int().positive()]);
const ids = z.array(z.int().positive());

const createSchema = z.strictObject({
  name: z.string(),
  server_type: reference,
  image: reference,
  location: z.string().min(1).optional(),
  ssh_keys: z.array(reference).optional(),
  user_data: z.string().optional(),
  start_after_create: z.boolean().default(true),
  labels: labelsSchema.optional(),
  automount: z.boolean().optional(),
  volumes: ids.optional(),
  networks: ids.optional(),
  firewalls: z.array(z.strictObject({ firewall: z.int().positive() })).optional(),
  placement_group: z.int().positive().optional(),
  public_net: z
    .strictObject({
      enable_ipv4: z.boolean().default(true),
      enable_ipv6: z.boolean().default(true),
      ipv4: z.int().positive().nullish(),
      ipv6: z.int().positive().nullish(),
    })
    .default({ enable_ipv4: true, enable_ipv6: true }),
});
type CreateBody = z.infer<typeof createSchema>;

const hostLabel = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** Refuses what is no hostname (RFC 1123); an underscore is the usual mistake. */
export function checkServerName(name: string): void {
  const isHostname = name.length <= 253 && name.split(".").every((part) => hostLabel.test(part));
  if (!isHostname) throw invalidField("name", "Name must be a valid hostname.");
}

/** Refuses user data that is longer than the provider takes. */
export function checkUserData(text: string | undefined): void {
  if (Buffer.byteLength(text ?? "") > userDataMaxBytes) {
    throw invalidField("user_data", `Length must be between 0 and ${userDataMaxBytes}.`);
  }
}

function checkFields(body: CreateBody): void {
  checkServerName(body.name);
  checkLabels(body.labels);
  checkUserData(body.user_data);
  const { enable_ipv4, enable_ipv6 } = body.public_net;
  if (!enable_ipv4 && !enable_ipv6) throw invalidInput("server must have at least one public or private network");
  if (body.automount === true && (body.volumes ?? []).length === 0) {
    throw invalidField("automount", "only with volumes");
  }
}

/** Projects here hold none of these resources, so any id is an unknown one. */
function checkAbsentResources(body: CreateBody): void {
  if ((body.volumes ?? []).length > 0) throw notFound("volume");
  if ((body.networks ?? []).length > 0) throw notFound("network");
  if ((body.firewalls ?? []).length > 0) throw notFound("firewall");
  if (body.placement_group !== undefined) throw notFound("placement group");
}

/** The public keys of these ids or names; 404 for an unknown one. */
export function findKeys(call: Call, references: readonly (string | number)[] | undefined): string[] {
  const own = ownOf(call.world.data.sshKeys, call.project.name);
  return (references ?? []).map((wanted) => {
    const key = own.find((candidate) => String(candidate.id) === String(wanted) || candidate.name === wanted);
    if (key === undefined) throw notFound(`SSH key '${wanted}'`);
    return key.publicKey;
  });
}

/** A primary address the request brings along: of the project, of the right version, free, at the right place. */
function findAddress(call: Call, id: number | null | undefined, type: PrimaryIpRecord["type"], location: Location) {
  if (id === null || id === undefined) return null;
  const own = call.world.data.primaryIps.filter((address) => address.project === call.project.name);
  const address = own.find((candidate) => candidate.id === id);
  if (address === undefined) throw notFound("primary IP");
  if (address.type !== type) {
    throw new ApiError(412, "primary_ip_version_mismatch", "primary IP has the wrong version");
  }
  if (address.serverId !== null) throw new ApiError(422, "primary_ip_assigned", "primary IP is already assigned");
  if (address.location !== location.name) {
    throw new ApiError(422, "primary_ip_datacenter_mismatch", "primary IP is in another location");
  }
  return address;
}

/** Refuses more addresses than the project may hold. */
export function checkAddressQuota(call: Call, count: number): void {
  const held = ownOf(call.world.data.primaryIps, call.project.name).length;
  if (held + count > (call.project.primaryIpLimit ?? primaryIpLimitDefault)) throw overQuota("primary_ip_limit");
}

function checkRoom(call: Call, body: CreateBody, found: Found): void {
  const { data } = call.world;
  const own = ownOf(data.servers, call.project.name);
  if (own.some((server) => server.name === body.name)) throw taken("server name is already used");
  if (own.length >= (call.project.serverLimit ?? serverLimitDefault)) throw overQuota("server_limit");
  const { enable_ipv4, enable_ipv6 } = body.public_net;
  checkAddressQuota(call, Number(enable_ipv4 && found.ipv4 === null) + Number(enable_ipv6 && found.ipv6 === null));
  if (!isInStock(found.type, found.location, data.stock)) {
    throw new ApiError(412, "resource_unavailable", "error during placement");
  }
}

function freshAddress(call: Call, type: PrimaryIpRecord["type"], location: string): PrimaryIpRecord {
  const { world, project, nowMs } = call;
  return makePrimaryIp(world, { project: project.name, type, location, createdMs: nowMs, autoDelete: true });
}

function makeActions(call: Call, server: ServerRecord, start: boolean) {
  const { world, nowMs, faults } = call;
  const { createMs, startMs } = world.latency;
  const shared = { project: server.project, server, nowMs, faults };
  const create = addAction(world, { ...shared, command: "create_server", durationMs: createMs });
  if (!start) return { create, next: [] };
  const follow = { ...shared, command: "start_server", durationMs: startMs, after: create } as const;
  return { create, next: [addAction(world, { ...follow, isFirst: false })] };
}

/** What a request refers to, looked up. */
interface Found {
  readonly type: TypeRow;
  readonly image: UsableImage;
  readonly location: Location;
  readonly authorizedKeys: string[];
  readonly ipv4: PrimaryIpRecord | null;
  readonly ipv6: PrimaryIpRecord | null;
}

/** The image a request means; 422 when it does not fit the type or the disk. */
export function findImageFor(call: Call, wanted: string | number, type: TypeRow, diskGb: number): UsableImage {
  const { world, nowMs, project } = call;
  const { architecture } = type;
  const image = findImage(world, { project: project.name, reference: wanted, architecture, nowMs });
  if (image.diskGb > diskGb) throw invalidInput("image disk is bigger than server type disk");
  return image;
}

function findReferences(call: Call, body: CreateBody): Found {
  const { world, nowMs } = call;
  const type = findType(body.server_type);
  const image = findImageFor(call, body.image, type, type.disk);
  const location =
    body.location === undefined ? chooseLocation(type, world.data.stock, nowMs) : findLocation(body.location);
  if (!isSold(type, location, nowMs)) throw invalidInput("unsupported location for server type");
  checkAbsentResources(body);
  const authorizedKeys = findKeys(call, body.ssh_keys);
  const ipv4 = findAddress(call, body.public_net.ipv4, "ipv4", location);
  const ipv6 = findAddress(call, body.public_net.ipv6, "ipv6", location);
  return { type, image, location, authorizedKeys, ipv4, ipv6 };
}

/** Writes the server down; from here on it exists and is billed. */
function commitServer(call: Call, body: CreateBody, found: Found): ServerRecord {
  const { world, nowMs } = call;
  const isProtected = faultOf(call, "protected") !== undefined;
  const server: ServerRecord = {
    id: takeId(world.data, "server"),
    project: call.project.name,
    name: body.name,
    status: "initializing",
    createdMs: nowMs,
    serverTypeId: found.type.id,
    location: found.location.name,
    diskGb: found.type.disk,
    image: { id: found.image.id, name: found.image.baseName },
    labels: body.labels ?? {},
    protection: { delete: isProtected, rebuild: isProtected },
    backupWindow: null,
    rescueEnabled: false,
    ipv4Id: null,
    ipv6Id: null,
    userData: body.user_data ?? "",
    authorizedKeys: found.authorizedKeys,
    hiddenUntilMs: hiddenUntilMs(call),
  };
  // First: it throws when no address is left, and then nothing may have been made.
  attachAddresses(call, body, server, found);
  world.data.servers.push(server);
  planHandDelete(call, server);
  return server;
}

function attachAddresses(call: Call, { public_net: net }: CreateBody, server: ServerRecord, found: Found): void {
  const { location } = server;
  if (net.enable_ipv4 && faultOf(call, "ipv4_missing") === undefined) {
    linkAddress(server, found.ipv4 ?? freshAddress(call, "ipv4", location));
  }
  if (net.enable_ipv6) linkAddress(server, found.ipv6 ?? freshAddress(call, "ipv6", location));
}

/** Notes that somebody will delete the server by hand, when the request has that fault. */
export function planHandDelete(call: Call, server: ServerRecord): void {
  const fault = faultOf(call, "deleted_by_hand");
  if (fault === undefined) return;
  const dueMs = call.nowMs + (fault.seconds ?? 1) * 1000;
  call.world.data.handDeletes.push({ dueMs, serverId: server.id });
}

/** POST /servers: checks in the order fields, references, uniqueness, quota, stock; then commits. */
export function createServer(call: Call): Reply {
  const { world, nowMs } = call;
  const body = parseBody(call, createSchema);
  checkFields(body);
  const found = findReferences(call, body);
  checkRoom(call, body, found);
  const server = commitServer(call, body, found);
  const { create, next } = makeActions(call, server, body.start_after_create);
  return {
    status: 201,
    body: {
      server: presentServer(world, server),
      action: presentAction(create, nowMs),
      next_actions: next.map((action) => presentAction(action, nowMs)),
      root_password: server.authorizedKeys.length > 0 ? null : randomPassword(world.data),
    },
  };
}

function hiddenUntilMs(call: Call): number {
  const hidden = faultOf(call, "hidden_from_lists");
  return hidden === undefined ? 0 : call.nowMs + (hidden.seconds ?? 30) * 1000;
}
