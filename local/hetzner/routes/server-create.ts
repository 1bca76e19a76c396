import * as z from "zod";
import { addAction } from "../actions.ts";
import { makePrimaryIp } from "../addresses.ts";
import { ApiError, invalidField, invalidInput, notFound, taken } from "../api-error.ts";
import { type Call, checkLabels, faultOf, labelsSchema, parseBody, type Reply } from "../call.ts";
import {
  chooseLocation,
  findImage,
  findLocation,
  findType,
  type Image,
  isInStock,
  isSold,
  type Location,
} from "../catalogue.ts";
import type { TypeRow } from "../catalogue-data.ts";
import { presentAction, presentServer } from "../present.ts";
import { randomText } from "../random.ts";
import { type PrimaryIpRecord, type ServerRecord, takeId } from "../world.ts";

const userDataMaxBytes = 32_768;
const serverLimitDefault = 100;
const passwordAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

const reference = z.union([z.string().min(1), z.int().positive()]);
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

function checkFields(body: CreateBody): void {
  checkServerName(body.name);
  checkLabels(body.labels);
  if (Buffer.byteLength(body.user_data ?? "") > userDataMaxBytes) {
    throw invalidField("user_data", `Length must be between 0 and ${userDataMaxBytes}.`);
  }
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

function findKeys(call: Call, references: CreateBody["ssh_keys"]): string[] {
  const own = call.world.data.sshKeys.filter((key) => key.project === call.project.name);
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

function checkRoom(call: Call, body: CreateBody, { type, location }: Found): void {
  const { data } = call.world;
  const own = data.servers.filter((server) => server.project === call.project.name);
  if (own.some((server) => server.name === body.name)) throw taken("server name is already used");
  if (own.length >= (call.project.serverLimit ?? serverLimitDefault)) {
    throw new ApiError(403, "resource_limit_exceeded", "server limit exceeded", { limits: [{ name: "server_limit" }] });
  }
  if (!isInStock(type, location, data.stock)) {
    throw new ApiError(412, "resource_unavailable", "error during placement");
  }
}

function attachAddress(server: ServerRecord, address: PrimaryIpRecord): void {
  address.serverId = server.id;
  if (address.type === "ipv4") server.ipv4Id = address.id;
  else server.ipv6Id = address.id;
}

function freshAddress(call: Call, type: PrimaryIpRecord["type"], location: string): PrimaryIpRecord {
  const address = makePrimaryIp(call.world, { project: call.project.name, type, location, createdMs: call.nowMs });
  address.autoDelete = true;
  return address;
}

function makeActions(call: Call, server: ServerRecord, start: boolean) {
  const { world, nowMs, faults } = call;
  const { createMs, startMs } = world.latency;
  const create = addAction(world, { server, command: "create_server", durationMs: createMs, nowMs, faults });
  if (!start) return { create, next: [] };
  const follow = { server, command: "start_server", durationMs: startMs, nowMs, faults, after: create } as const;
  return { create, next: [addAction(world, { ...follow, isFirst: false })] };
}

/** What a request refers to, looked up. */
interface Found {
  readonly type: TypeRow;
  readonly image: Image;
  readonly location: Location;
  readonly authorizedKeys: string[];
  readonly ipv4: PrimaryIpRecord | null;
  readonly ipv6: PrimaryIpRecord | null;
}

function findReferences(call: Call, body: CreateBody): Found {
  const { world, nowMs } = call;
  const type = findType(body.server_type);
  const image = findImage(body.image, type.architecture, nowMs);
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
    image: { id: found.image.id, name: found.image.name },
    labels: body.labels ?? {},
    protection: { delete: isProtected, rebuild: isProtected },
    ipv4Id: null,
    ipv6Id: null,
    userData: body.user_data ?? "",
    authorizedKeys: found.authorizedKeys,
    hiddenUntilMs: hiddenUntilMs(call),
  };
  world.data.servers.push(server);
  attachAddresses(call, body, server, found);
  planHandDelete(call, server);
  return server;
}

function attachAddresses(call: Call, { public_net: net }: CreateBody, server: ServerRecord, found: Found): void {
  const { location } = server;
  if (net.enable_ipv4 && faultOf(call, "ipv4_missing") === undefined) {
    attachAddress(server, found.ipv4 ?? freshAddress(call, "ipv4", location));
  }
  if (net.enable_ipv6) attachAddress(server, found.ipv6 ?? freshAddress(call, "ipv6", location));
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
      root_password: server.authorizedKeys.length > 0 ? null : randomText(world.data, passwordAlphabet, 20),
    },
  };
}

function hiddenUntilMs(call: Call): number {
  const hidden = faultOf(call, "hidden_from_lists");
  return hidden === undefined ? 0 : call.nowMs + (hidden.seconds ?? 30) * 1000;
}
