import { BlockList, isIPv4, isIPv6 } from "node:net";
import { ApiError } from "./api-error.ts";
import type { PrimaryIpRecord, ServerRecord } from "./records.ts";
import { removeFrom, takeId, type World } from "./world.ts";

/** Lowest host address of the network that nobody holds: a freed address comes back at once. */
function lowestFree(prefix: string, held: ReadonlySet<string>): string {
  const networks = prefix.split(".").length === 3 ? [prefix] : octets(0, 255).map((third) => `${prefix}.${third}`);
  for (const network of networks) {
    const free = octets(1, 253).find((last) => !held.has(`${network}.${last}`));
    if (free !== undefined) return `${network}.${free}`;
  }
  throw new ApiError(412, "resource_unavailable", "no more IP addresses in this location");
}

const octets = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, step) => from + step);

function nextAddress(world: World, type: PrimaryIpRecord["type"], id: number): string {
  if (type === "ipv6") return `2001:db8:${((id >> 16) & 0xffff).toString(16)}:${(id & 0xffff).toString(16)}::/64`;
  if (typeof world.ipv4 === "function") return world.ipv4();
  return lowestFree(world.ipv4.ipv4Prefix, new Set(world.data.primaryIps.map((address) => address.ip)));
}

/** What a new primary address is made of; the rest is as for one that is made for a later server. */
export type AddressRequest = Pick<PrimaryIpRecord, "project" | "type" | "location" | "createdMs"> &
  Partial<Pick<PrimaryIpRecord, "name" | "autoDelete" | "labels">>;

/** Makes a primary address, unassigned and kept when its server goes unless `autoDelete` says otherwise. */
export function makePrimaryIp(world: World, options: AddressRequest): PrimaryIpRecord {
  const id = takeId(world.data, "primaryIp");
  const record: PrimaryIpRecord = {
    name: `primary_ip-${id}`,
    autoDelete: false,
    labels: {},
    ...options,
    id,
    ip: nextAddress(world, options.type, id),
    serverId: null,
    protection: { delete: false },
    dnsPtr: {},
  };
  world.data.primaryIps.push(record);
  return record;
}

/** The IPv4 address of a server, or null. */
export function ipv4Of(world: World, server: ServerRecord): string | null {
  return world.data.primaryIps.find((address) => address.id === server.ipv4Id)?.ip ?? null;
}

/** Gives an address to a server. */
export function linkAddress(server: ServerRecord, address: PrimaryIpRecord): void {
  address.serverId = server.id;
  if (address.type === "ipv4") server.ipv4Id = address.id;
  else server.ipv6Id = address.id;
}

/** Takes an address from its server; it stays, and stays billed. */
export function unlinkAddress(world: World, address: PrimaryIpRecord): void {
  const server = world.data.servers.find((candidate) => candidate.id === address.serverId);
  address.serverId = null;
  if (server === undefined) return;
  if (address.type === "ipv4") server.ipv4Id = null;
  else server.ipv6Id = null;
}

/** Frees a server's addresses: those made with it go, the others stay and stay billed. */
export function releaseAddresses(world: World, server: ServerRecord): void {
  for (const address of world.data.primaryIps.filter((candidate) => candidate.serverId === server.id)) {
    address.serverId = null;
    if (address.autoDelete) removeFrom(world.data.primaryIps, address);
  }
}

/** Whether a single address is, or lies in the /64 of, a primary address. */
export function coversAddress(address: PrimaryIpRecord, ip: string): boolean {
  if (address.type === "ipv4") return isIPv4(ip) && ip === address.ip;
  if (!isIPv6(ip)) return false;
  const network = new BlockList();
  network.addSubnet(address.ip.replace("/64", ""), 64, "ipv6");
  return network.check(ip, "ipv6");
}
