import * as z from "zod";
import { faultSchema } from "./fault-kinds.ts";

const labels = z.record(z.string(), z.string());
const bucket = z.object({ tokens: z.number(), atMs: z.number() });
const flags = z.record(z.string(), z.boolean());

const serverRecord = z.object({
  id: z.number(),
  project: z.string(),
  name: z.string(),
  status: z.enum([
    "initializing",
    "starting",
    "running",
    "stopping",
    "off",
    "deleting",
    "rebuilding",
    "migrating",
    "unknown",
  ]),
  createdMs: z.number(),
  serverTypeId: z.number(),
  /** Stays as it is when the type changes without `upgrade_disk`. */
  diskGb: z.number(),
  location: z.string(),
  /** The image it was made of; `name` is the system image to boot, for snapshots the one below it. */
  image: z.object({ id: z.number(), name: z.string() }),
  labels,
  protection: z.object({ delete: z.boolean(), rebuild: z.boolean() }),
  backupWindow: z.string().nullable(),
  rescueEnabled: z.boolean(),
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
  protection: z.object({ delete: z.boolean() }),
  /** Reverse names set by hand, by address. */
  dnsPtr: z.record(z.string(), z.string()),
});
/** A primary address as the simulator keeps it. */
export type PrimaryIpRecord = z.infer<typeof primaryIpRecord>;

const snapshotRecord = z.object({
  id: z.number(),
  project: z.string(),
  type: z.enum(["snapshot", "backup"]),
  status: z.enum(["creating", "available"]),
  description: z.string(),
  labels,
  createdMs: z.number(),
  diskGb: z.number(),
  createdFrom: z.object({ id: z.number(), name: z.string() }),
  /** Backups go with their server. */
  boundTo: z.number().nullable(),
  /** The system image below it. */
  baseImageId: z.number(),
  protection: z.object({ delete: z.boolean() }),
});
/** An image made of a server, as the simulator keeps it. */
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

/** What a good end of an action changes, where its command does not say it all. */
const change = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("server_protection"), delete: z.boolean(), rebuild: z.boolean() }),
  z.object({ kind: z.literal("server_type"), serverTypeId: z.number(), diskGb: z.number() }),
  z.object({
    kind: z.literal("rebuild"),
    image: z.object({ id: z.number(), name: z.string() }),
    userData: z.string().nullable(),
  }),
  z.object({ kind: z.literal("dns_ptr"), primaryIpId: z.number(), ip: z.string(), dnsPtr: z.string().nullable() }),
  z.object({ kind: z.literal("image_protection"), delete: z.boolean() }),
  z.object({ kind: z.literal("primary_ip_protection"), delete: z.boolean() }),
]);
/** See {@link ActionRecord}. */
export type Change = z.infer<typeof change>;

const failure = z.object({ code: z.string(), message: z.string() });

/** What an action can do. */
export const commands = [
  "create_server",
  "start_server",
  "stop_server",
  "shutdown_server",
  "reboot_server",
  "reset_server",
  "delete_server",
  "rebuild_server",
  "change_server_type",
  "change_protection",
  "change_dns_ptr",
  "enable_rescue",
  "disable_rescue",
  "enable_backup",
  "disable_backup",
  "create_image",
  "reset_password",
  "request_console",
  "assign_primary_ip",
  "unassign_primary_ip",
] as const;

const actionRecord = z.object({
  id: z.number(),
  project: z.string(),
  command: z.enum(commands),
  /** What it is about, and what it locks meanwhile: at least one of the three. */
  serverId: z.number().nullable(),
  imageId: z.number().nullable(),
  primaryIpId: z.number().nullable(),
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
  change: change.nullable(),
});
/** An action as the simulator keeps it. */
export type ActionRecord = z.infer<typeof actionRecord>;

const lateCommit = z.object({
  dueMs: z.number(),
  request: z.number(),
  project: z.string(),
  method: z.string(),
  path: z.string(),
  /** Absent for a request without one: JSON has no undefined, and a state must be readable again. */
  body: z.unknown().optional(),
  faults: z.array(faultSchema),
});
/** A write that was answered before it was done. */
export type LateCommit = z.infer<typeof lateCommit>;

const serverEvent = z.object({ dueMs: z.number(), serverId: z.number() });
/** Something that happens to a server by itself. */
export type ServerEvent = z.infer<typeof serverEvent>;

/** Everything that a snapshot holds: plain data. */
export const worldSchema = z.object({
  randomState: z.number(),
  nextIds: z.object({
    server: z.number(),
    sshKey: z.number(),
    action: z.number(),
    primaryIp: z.number(),
    image: z.number(),
  }),
  servers: z.array(serverRecord),
  sshKeys: z.array(sshKeyRecord),
  primaryIps: z.array(primaryIpRecord),
  snapshots: z.array(snapshotRecord),
  actions: z.array(actionRecord),
  lateCommits: z.array(lateCommit),
  handDeletes: z.array(serverEvent),
  /** Guests that were asked to shut down and will be off then. */
  powerOffs: z.array(serverEvent),
  stock: z.object({ flags, real: flags }),
  buckets: z.record(z.string(), bucket),
  revokedTokens: z.array(z.string()),
  plan: z.array(z.object({ fault: faultSchema, matched: z.number() })),
  sentinelUses: z.record(z.string(), z.number()),
});
/** See {@link worldSchema}. */
export type WorldData = z.infer<typeof worldSchema>;
