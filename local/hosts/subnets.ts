import { createHash } from "node:crypto";
import * as z from "zod";

/** The network of one local cloud's hosts, a /24. */
export interface Subnet {
  /** First three octets, such as `198.18.7`; hosts have .1 to .253. */
  readonly prefix: string;
  /** The bridge's own address, .254: the hosts' default route, and where they reach what is exposed to them. */
  readonly gateway: string;
}

/** 198.18.0.0/15 is kept free for tests of networks (RFC 2544); no address of it is reachable on the internet. */
const subnetCount = 512;

export const subnetAt = (index: number): Subnet => {
  const prefix = `198.${18 + (index >> 8)}.${index & 255}`;
  return { prefix, gateway: `${prefix}.254` };
};

export const cidrOf = ({ prefix }: Subnet): string => `${prefix}.0/24`;

export const contains = ({ prefix, gateway }: Subnet, ipv4: string): boolean => {
  const last = ipv4.startsWith(`${prefix}.`) ? ipv4.slice(prefix.length + 1) : "";
  return /^[1-9]\d{0,2}$/.test(last) && Number(last) < 255 && ipv4 !== gateway;
};

/**
 * The first /24 of the range that no network of the machine touches, beginning at one that depends on `name` alone.
 *
 * @throws Error when all 512 are taken
 */
export function chooseSubnet(name: string, takenCidrs: readonly string[]): Subnet {
  const taken = takenCidrs.flatMap((cidr) => parseRange(cidr) ?? []);
  const first = createHash("sha256").update(name).digest().readUInt16BE(0) % subnetCount;
  for (let step = 0; step < subnetCount; step += 1) {
    const subnet = subnetAt((first + step) % subnetCount);
    const range = parseRange(cidrOf(subnet));
    if (range !== undefined && !taken.some((other) => range.from <= other.to && other.from <= range.to)) return subnet;
  }
  throw new Error("Every network of 198.18.0.0/15 is in use on this machine: remove one that is left over.");
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The addresses of `a.b.c.d/n` or `a.b.c.d`; undefined for what is none, such as an IPv6 network. */
export function parseRange(cidr: string): Range | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(cidr);
  if (match === null) return undefined;
  const size = 2 ** (32 - Number(match[5] ?? 32));
  const address = match.slice(1, 5).reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const from = Math.floor(address / size) * size;
  return { from, to: from + size - 1 };
}

const routesSchema = z.array(z.object({ dst: z.string(), metric: z.number().optional() }));

const parseRoutes = (json: string) => routesSchema.parse(json.trim() === "" ? [] : JSON.parse(json));

/** The networks that `ip -json route show table all` tells of. A default route takes no network from us. */
export function readRoutes(json: string): string[] {
  const networks = parseRoutes(json).map((route) => route.dst);
  return networks.filter((dst) => dst !== "default" && !dst.endsWith("/0"));
}

/** Those of the same routes that have a metric. */
export function readRoutesOf(metric: number, json: string): string[] {
  return parseRoutes(json).flatMap((route) => (route.metric === metric ? [route.dst] : []));
}
