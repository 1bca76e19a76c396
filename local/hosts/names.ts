import { createHash } from "node:crypto";
import { resolve } from "node:path";

/** Where images and hosts are kept: outside the checkout, on a file system that overlayfs can use. */
export const baseDir = "/var/lib/pressluft";

/** Names of everything that one local cloud puts on the machine. Interface names have at most 15 characters. */
export interface Names {
  /** In front of every other name, and the name of the nft table. */
  readonly prefix: string;
  readonly bridge: string;
  /** Marks the route of the subnet as ours: nothing else tells whose it is once the bridge is gone. */
  readonly routeMetric: number;
  /** Folder of the hosts' disks, readable by root alone. */
  readonly dir: string;
}

/** `plh` and seven digits that are the same for the same folder of a local cloud and differ for any other. */
export function prefixFor(folder: string): string {
  return `plh${createHash("sha256").update(resolve(folder)).digest("hex").slice(0, 7)}`;
}

export function namesFor(prefix: string): Names {
  const routeMetric = 2 ** 28 + Number.parseInt(prefix.slice(3), 16);
  return { prefix, bridge: `${prefix}br`, routeMetric, dir: `${baseDir}/hosts/${prefix}` };
}

/** Names of one host. */
export interface HostNames {
  /** Also the name of its cgroup. */
  readonly id: string;
  /** As systemd-nspawn knows it. */
  readonly machine: string;
  readonly dir: string;
}

export function hostNamesFor({ prefix, dir }: Names, serverId: number): HostNames {
  return { id: `${serverId}`, machine: `${prefix}-${serverId}`, dir: `${dir}/${serverId}` };
}

/** The end of a host's link that the bridge holds; the other one is its eth0. */
export function linkFor({ prefix }: Names, ipv4: string): string {
  return `${prefix}h${ipv4.split(".")[3] ?? ""}`;
}

/** Whether a link on the machine was made for one of this local cloud's hosts. */
export function isOwnLink({ prefix }: Names, link: string): boolean {
  return link.startsWith(`${prefix}h`) && /^\d{1,3}$/.test(link.slice(prefix.length + 1));
}

/** A locally administered hardware address that tells the IPv4 address. */
export function hardwareAddressFor(ipv4: string): string {
  const octets = ipv4.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return ["02", "50", ...octets].join(":");
}
