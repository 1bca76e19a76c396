import { notFound } from "./api-error.ts";
import type { Stock } from "./catalogue.ts";
import type { AddressOptions, Latency, ProjectOptions } from "./options.ts";
import type { ServerRecord, WorldData } from "./records.ts";

/** What the machines behind the servers must be told. */
export interface HostEvent {
  readonly kind: "boot" | "shutdown" | "reboot" | "stop" | "destroy";
  /** As it was at that instant. */
  readonly server: ServerRecord;
  readonly ipv4: string | null;
}

/** The data and the rules it runs under: what every handler gets. */
export interface World {
  readonly data: WorldData;
  readonly projects: readonly ProjectOptions[];
  readonly latency: Latency;
  readonly ipv4: AddressOptions | (() => string);
  /** Names of the system images that machines can boot; null for all. */
  readonly bootable: readonly string[] | null;
  /** Events not yet passed on to the hosts. */
  readonly hostEvents: HostEvent[];
}

/** Data of a world in which nothing happened yet. Ids start at a length that the provider's have. */
export function emptyWorld(seed: number): WorldData {
  return {
    randomState: seed,
    nextIds: {
      server: 115_000_001,
      sshKey: 104_000_001,
      action: 606_028_482_000_001,
      primaryIp: 98_000_001,
      image: 320_000_001,
    },
    servers: [],
    sshKeys: [],
    primaryIps: [],
    snapshots: [],
    actions: [],
    lateCommits: [],
    handDeletes: [],
    powerOffs: [],
    stock: { flags: {}, real: {} } satisfies Stock,
    buckets: {},
    revokedTokens: [],
    plan: [],
    sentinelUses: {},
  };
}

/** Next id of a kind; ids grow and are never used again. */
export function takeId(data: WorldData, kind: keyof WorldData["nextIds"]): number {
  const id = data.nextIds[kind];
  data.nextIds[kind] = id + 1;
  return id;
}

/** Removes an element in place. */
export function removeFrom<T>(items: T[], item: T): void {
  const index = items.indexOf(item);
  if (index !== -1) items.splice(index, 1);
}

/** The record of a project with this id; 404 for another project's. */
export function getOwn<T extends { readonly id: number; readonly project: string }>(
  items: readonly T[],
  project: string,
  id: string | number | undefined,
  what: string,
): T {
  const item = items.find((candidate) => candidate.project === project && String(candidate.id) === String(id));
  if (item === undefined) throw notFound(what);
  return item;
}

/** The elements of a project. */
export function ownOf<T extends { readonly project: string }>(items: readonly T[], project: string): T[] {
  return items.filter((item) => item.project === project);
}
