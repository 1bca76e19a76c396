import { isBusy } from "./actions.ts";
import { locations, presentServerType, typeById } from "./catalogue.ts";
import { presentImageOf } from "./images.ts";
import type { ActionRecord, PrimaryIpRecord, ServerRecord, SshKeyRecord } from "./records.ts";
import { timestamp } from "./timestamp.ts";
import type { World } from "./world.ts";

/** The location of a record. */
export function locationNamed(name: string) {
  return locations.find((location) => location.name === name) ?? locations[0];
}

/** The name an IPv4 address has by itself, or the one it was given. */
function reverseName({ ip, dnsPtr }: PrimaryIpRecord): string {
  return dnsPtr[ip] ?? `static.${ip.split(".").reverse().join(".")}.clients.your-server.de`;
}

/** Reverse names of an address: always one for IPv4, those set by hand for IPv6. */
function presentDnsPtr(address: PrimaryIpRecord) {
  if (address.type === "ipv4") return [{ ip: address.ip, dns_ptr: reverseName(address) }];
  return Object.entries(address.dnsPtr).map(([ip, name]) => ({ ip, dns_ptr: name }));
}

function presentPublicNet(world: World, server: ServerRecord) {
  const addressOf = (id: number | null) => world.data.primaryIps.find((address) => address.id === id);
  const ipv4 = addressOf(server.ipv4Id);
  const ipv6 = addressOf(server.ipv6Id);
  return {
    ipv4: ipv4 === undefined ? null : { id: ipv4.id, ip: ipv4.ip, blocked: false, dns_ptr: reverseName(ipv4) },
    ipv6: ipv6 === undefined ? null : { id: ipv6.id, ip: ipv6.ip, blocked: false, dns_ptr: presentDnsPtr(ipv6) },
    floating_ips: [],
    firewalls: [],
  };
}

/** A server on the wire. It is locked as long as an action of it runs. */
export function presentServer(world: World, server: ServerRecord) {
  const type = typeById(server.serverTypeId);
  const prices = presentServerType(type, world.data.stock);
  const { id, name, status, labels, protection } = server;
  return {
    id,
    name,
    status,
    created: timestamp(server.createdMs),
    public_net: presentPublicNet(world, server),
    private_net: [],
    server_type: prices,
    location: locationNamed(server.location),
    image: presentImageOf(world, server.project, server.image.id),
    iso: null,
    rescue_enabled: server.rescueEnabled,
    locked: isBusy(world, { server }),
    backup_window: server.backupWindow,
    outgoing_traffic: null,
    ingoing_traffic: null,
    included_traffic: prices.prices.find((price) => price.location === server.location)?.included_traffic ?? null,
    protection: { ...protection },
    labels: { ...labels },
    volumes: [],
    load_balancers: [],
    primary_disk_size: server.diskGb,
    placement_group: null,
  };
}

/** Percent done: computed from the clock, below 100 until the action has ended. */
export function progressOf(action: ActionRecord, nowMs: number): number {
  if (action.status !== "running") return 100;
  if (action.beginsMs === null) return 0;
  const elapsedMs = Math.max(0, nowMs - action.beginsMs);
  // One that hangs creeps towards 95 over ten minutes and stays there.
  if (action.durationMs === null) return Math.min(95, Math.floor(elapsedMs / 6316));
  return Math.min(99, Math.floor((elapsedMs * 100) / Math.max(1, action.durationMs)));
}

function resourcesOf({ serverId, imageId, primaryIpId }: ActionRecord) {
  return [
    ...(serverId === null ? [] : [{ id: serverId, type: "server" }]),
    ...(imageId === null ? [] : [{ id: imageId, type: "image" }]),
    ...(primaryIpId === null ? [] : [{ id: primaryIpId, type: "primary_ip" }]),
  ];
}

/** An action on the wire. */
export function presentAction(action: ActionRecord, nowMs: number) {
  return {
    id: action.id,
    command: action.command,
    status: action.status,
    progress: progressOf(action, nowMs),
    started: timestamp(action.startedMs),
    finished: action.finishedMs === null ? null : timestamp(action.finishedMs),
    resources: resourcesOf(action),
    error: action.error === null ? null : { ...action.error },
  };
}

/** An ssh key on the wire. */
export function presentSshKey(key: SshKeyRecord) {
  const { id, name, fingerprint, labels } = key;
  return { id, name, fingerprint, public_key: key.publicKey, labels: { ...labels }, created: timestamp(key.createdMs) };
}

/** A primary address on the wire. */
export function presentPrimaryIp(address: PrimaryIpRecord) {
  const { id, name, ip, type, labels } = address;
  return {
    id,
    name,
    ip,
    type,
    labels: { ...labels },
    created: timestamp(address.createdMs),
    blocked: false,
    location: locationNamed(address.location),
    dns_ptr: presentDnsPtr(address),
    protection: { ...address.protection },
    auto_delete: address.autoDelete,
    assignee_type: address.serverId === null ? "unassigned" : "server",
    assignee_id: address.serverId,
  };
}
