import { type PrimaryIpRecord, removeFrom, type ServerRecord, takeId, type World } from "./world.ts";

/** Lowest host address of the /16 that nobody holds: a freed address comes back at once. */
function lowestFree(prefix: string, held: ReadonlySet<string>): string {
  for (let third = 0; third < 256; third += 1) {
    for (let fourth = 1; fourth < 255; fourth += 1) {
      const address = `${prefix}.${third}.${fourth}`;
      if (!held.has(address)) return address;
    }
  }
  throw new Error(`no free address under ${prefix}`);
}

function nextAddress(world: World, type: PrimaryIpRecord["type"], id: number): string {
  if (type === "ipv6") return `2001:db8:${((id >> 16) & 0xffff).toString(16)}:${(id & 0xffff).toString(16)}::/64`;
  if (typeof world.ipv4 === "function") return world.ipv4();
  return lowestFree(world.ipv4.ipv4Prefix, new Set(world.data.primaryIps.map((address) => address.ip)));
}

/** Makes a primary address, unassigned and kept when its server goes. */
export function makePrimaryIp(
  world: World,
  options: Pick<PrimaryIpRecord, "project" | "type" | "location" | "createdMs">,
): PrimaryIpRecord {
  const id = takeId(world.data, "primaryIp");
  const ip = nextAddress(world, options.type, id);
  const name = `primary_ip-${id}`;
  const record = { ...options, id, name, ip, autoDelete: false, serverId: null, labels: {} };
  world.data.primaryIps.push(record);
  return record;
}

/** The IPv4 address of a server, or null. */
export function ipv4Of(world: World, server: ServerRecord): string | null {
  return world.data.primaryIps.find((address) => address.id === server.ipv4Id)?.ip ?? null;
}

/** Frees a server's addresses: those made with it go, the others stay and stay billed. */
export function releaseAddresses(world: World, server: ServerRecord): void {
  for (const address of world.data.primaryIps.filter((candidate) => candidate.serverId === server.id)) {
    address.serverId = null;
    if (address.autoDelete) removeFrom(world.data.primaryIps, address);
  }
}
