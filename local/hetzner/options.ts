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
  /** Requests per hour of all its tokens together; default 3600. */
  readonly rateLimitPerHour?: number;
}

/** What a machine needs to know to come up. */
export interface HostSpec {
  readonly serverId: number;
  readonly name: string;
  readonly ipv4: string | null;
  readonly userData: string;
  /** Public keys chosen at create time, as text. */
  readonly authorizedKeys: readonly string[];
  /** Image name, such as `debian-13`. */
  readonly image: string;
}

/** What stands behind simulated servers. Calls for one address never overlap and arrive in order. */
export interface Hosts {
  boot(host: HostSpec): Promise<void>;
  stop(serverId: number): Promise<void>;
  destroy(serverId: number): Promise<void>;
}

/** Addresses given out lowest first within a /16, so that a freed one comes back at once, as it does at the provider. */
export interface AddressOptions {
  /** First two octets, such as `127.77`. */
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
  /** An earlier simulator's `snapshot()`: state goes on from there. */
  readonly snapshot?: string;
}
