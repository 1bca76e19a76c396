import * as z from "zod";
import { notFound } from "./api-error.ts";
import type { Stock } from "./catalogue.ts";
import { faultSchema } from "./fault-kinds.ts";
import type { AddressOptions, Latency, ProjectOptions } from "./options.ts";

const labels = z.record(z.string(), z.string());
const bucket = z.object({ tokens: z.number(), atMs: z.number() });
const flags = z.record(z.string(), z.boolean());

const serverRecord = z.object({
  id: z.number(),
  project: z.string(),
  name: z.string(),
  status: z.enum(["initializing", "starting", "running", "stopping", "off", "deleting"]),
  createdMs: z.number(),
  serverTypeId: z.number(),
  location: z.string(),
  image: z.object({ id: z.number(), name: z.string() }),
  labels,
  protection: z.object({ delete: z.boolean(), rebuild: z.boolean() }),
  ipv4Id: z.number().nullable(),
  ipv6Id: z.number().nullable(),
  userData: z.string(),
  authorizedKeys: z.array(z.string()),
  /** Lists leave the server out until this instant. */
  hiddenUntilMs: z.number(),
});
/** A server as the simulator keeps it. */
export type ServerRecord = z.infer<typeof serverRecord>;

const sshKeyRecord = z.object({
  id: z.number(),
  project: z.string(),
  name: z.string(),
  fingerprint: z.string(),
  publicKey: z.string(),
  labels,
  createdMs: z.number(),
});
/** An ssh key as the simulator keeps it. */
export type SshKeyRecord = z.infer<typeof sshKeyRecord>;

const primaryIpRecord = z.object({
  id: z.number(),
  project: z.string(),
  name: z.string(),
  type: z.enum(["ipv4", "ipv6"]),
  ip: z.string(),
  location: z.string(),
  autoDelete: z.boolean(),
  serverId: z.number().nullable(),
  labels,
  createdMs: z.number(),
});
/** A primary address as the simulator keeps it. */
export type PrimaryIpRecord = z.infer<typeof primaryIpRecord>;

const failure = z.object({ code: z.string(), message: z.string() });

const actionRecord = z.object({
  id: z.number(),
  project: z.string(),
  command: z.enum([
    "create_server",
    "start_server",
    "stop_server",
    "shutdown_server",
    "reboot_server",
    "reset_server",
    "delete_server",
    "change_protection",
  ]),
  serverId: z.number(),
  startedMs: z.number(),
  /** Null while it waits for the action named in `after`. */
  beginsMs: z.number().nullable(),
  after: z.number().nullable(),
  /** Null for one that never ends. */
  durationMs: z.number().nullable(),
  /** How it will end, decided when it is made. */
  failure: failure.nullable(),
  status: z.enum(["running", "success", "error"]),
  finishedMs: z.number().nullable(),
  error: failure.nullable(),
  /** /actions does not know it. */
  missing: z.boolean(),
  /** A start that reports success and leaves the server off. */
  staysOff: z.boolean(),
  /** Status to return to when it fails. */
  statusBefore: serverRecord.shape.status,
  protection: serverRecord.shape.protection.nullable(),
});
/** An action as the simulator keeps it. */
export type ActionRecord = z.infer<typeof actionRecord>;

const lateCommit = z.object({
  dueMs: z.number(),
  request: z.number(),
  project: z.string(),
  method: z.string(),
  path: z.string(),
  body: z.unknown(),
  faults: z.array(faultSchema),
});
/** A write that was answered before it was done. */
export type LateCommit = z.infer<typeof lateCommit>;

const handDelete = z.object({ dueMs: z.number(), serverId: z.number() });

/** Everything that a snapshot holds: plain data. */
export const worldSchema = z.object({
  randomState: z.number(),
  nextIds: z.object({ server: z.number(), sshKey: z.number(), action: z.number(), primaryIp: z.number() }),
  servers: z.array(serverRecord),
  sshKeys: z.array(sshKeyRecord),
  primaryIps: z.array(primaryIpRecord),
  actions: z.array(actionRecord),
  lateCommits: z.array(lateCommit),
  handDeletes: z.array(handDelete),
  stock: z.object({ flags, real: flags }),
  buckets: z.record(z.string(), bucket),
  revokedTokens: z.array(z.string()),
  plan: z.array(z.object({ fault: faultSchema, matched: z.number() })),
  sentinelUses: z.record(z.string(), z.number()),
});
/** See {@link worldSchema}. */
export type WorldData = z.infer<typeof worldSchema>;

/** What the machines behind the servers must be told. */
export interface HostEvent {
  readonly kind: "boot" | "stop" | "destroy";
  readonly server: ServerRecord;
  readonly ipv4: string | null;
}

/** The data and the rules it runs under: what every handler gets. */
export interface World {
  readonly data: WorldData;
  readonly projects: readonly ProjectOptions[];
  readonly latency: Latency;
  readonly ipv4: AddressOptions | (() => string);
  /** Events not yet passed on to the hosts. */
  readonly hostEvents: HostEvent[];
}

/** Data of a world in which nothing happened yet. Ids start at a length that the provider's have. */
export function emptyWorld(seed: number): WorldData {
  return {
    randomState: seed,
    nextIds: { server: 115_000_001, sshKey: 104_000_001, action: 606_028_482_000_001, primaryIp: 98_000_001 },
    servers: [],
    sshKeys: [],
    primaryIps: [],
    actions: [],
    lateCommits: [],
    handDeletes: [],
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
  id: string | undefined,
  what: string,
): T {
  const item = items.find((candidate) => candidate.project === project && String(candidate.id) === id);
  if (item === undefined) throw notFound(what);
  return item;
}
