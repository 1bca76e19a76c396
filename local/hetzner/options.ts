import type { Clock } from "./clock.ts";

/** How long things take, in milliseconds of the injected clock. */
export interface Latency {
  /** Before any request is looked at. */
  readonly requestMs: number;
  /** A create_server action. */
  readonly createMs: number;
  /** A start, stop, reboot or reset action. */
  readonly startMs: number;
  /** A delete_server action. */
  readonly deleteMs: number;
}

/** Times a person at a dashboard finds believable; the real provider takes two to three times as long. */
export const realisticLatency: Latency = { requestMs: 60, createMs: 4000, startMs: 3000, deleteMs: 3000 };

/** Requests cost no time, actions take a second each: the default, meant for a stepped clock. */
export const briefLatency: Latency = { requestMs: 0, createMs: 1000, startMs: 1000, deleteMs: 1000 };

/** A project as it is set up: projects and tokens have no API. */
export interface ProjectOptions {
  readonly name: string;
  readonly tokens: readonly { readonly value: string; readonly permission: "rw" | "ro" }[];
  /** Servers the project may hold; default 100. */
  readonly serverLimit?: number;
  /** Primary IPs of both versions the project may hold, those of its servers too; default 250. */
  readonly primaryIpLimit?: number;
  /** Requests per hour of all its tokens together; default 3600. */
  readonly rateLimitPerHour?: number;
}

/** What a machine needs to know to come up. */
export interface HostSpec {
  readonly serverId: number;
  readonly name: string;
  /** Null without a public IPv4 address. */
  readonly ipv4: string | null;
  /** Verbatim; may be empty. */
  readonly userData: string;
  /** Public key lines chosen at create time. */
  readonly authorizedKeys: readonly string[];
  /** Name of the system image, such as `debian-12`; for snapshots of the one below them. */
  readonly image: string;
  /** Such as `nbg1`. */
  readonly location: string;
  /** Such as `eu-central`. */
  readonly networkZone: string;
}

/** Faults at machine level. */
export const hostFaults = ["link_down", "link_up", "kill", "reboot", "disk_full", "disk_free"] as const;
/** See {@link hostFaults}. */
export type HostFault = (typeof hostFaults)[number];

/**
 * What stands behind simulated servers: the stand-ins and the real hosts of this folder's neighbours. Calls for one address
 * never overlap and arrive in order; each may be repeated.
 */
export interface Hosts {
  /** Names of images that can boot; absent: all. A create or rebuild with any other image is refused. */
  images?: readonly string[];
  /** Power on; a power cycle for one that is on. A stopped machine keeps its disk. */
  boot(host: HostSpec): Promise<void>;
  /** Orderly (ACPI); resolves when it is off. */
  shutdown(serverId: number): Promise<void>;
  /** Orderly restart. */
  reboot(serverId: number): Promise<void>;
  /** Cuts the power; the disk stays. */
  stop(serverId: number): Promise<void>;
  /** Power off and forget, disk too. */
  destroy(serverId: number): Promise<void>;
  /** Absent: the control endpoint answers 501. */
  fault?(serverId: number, fault: HostFault): Promise<void>;
}

/** Addresses given out lowest first within a /16 or a /24, so that a freed one comes back at once, as it does at the provider. */
export interface AddressOptions {
  /** First two octets, such as `127.77`, or three: then servers get .1 to .253. */
  readonly ipv4Prefix: string;
}

/** Everything a simulator is made from. */
export interface SimulatorOptions {
  readonly clock: Clock;
  /** Decides correlation ids, passwords and seeded fault plans; default 1. */
  readonly seed?: number;
  readonly projects: readonly ProjectOptions[];
  readonly latency?: Latency;
  /** Default: prefix 198.18, a network kept free for tests (RFC 2544). */
  readonly ipv4?: AddressOptions | (() => string);
  readonly hosts?: Hosts;
  /** Status of token_readonly: documented as 401, reported as 403 by users; default 403. */
  readonly readonlyStatus?: 401 | 403;
  /**
   * Code of the same refusal: hcloud-go knew it as `token_readonly`, since 2.51 as `forbidden`; default `token_readonly`.
   */
  readonly readonlyCode?: "token_readonly" | "forbidden";
  /** An earlier simulator's `snapshot()`: state goes on from there. */
  readonly snapshot?: string;
}
