/** What may still be billed although nothing works on it any more. Kept, shown and retried until Hetzner says it is gone. */
import * as z from "zod";
import type { ErrorReason } from "../../contracts/errors.ts";
import { errorReason, providerId } from "../../contracts/models.ts";
import { reasonOfFault } from "./failure.ts";
import type { NodeRecord } from "./node.ts";
import type { Read, ServerFacts } from "./plans/plan.ts";

const timeMs = z.number().int();

export const tombstone = z.object({
  nodeId: z.string(),
  providerId,
  installation: z.string(),
  /** Null: a create of unknown outcome; the server, if there is one, has this name and our labels. */
  serverId: z.number().int().nullable(),
  name: z.string(),
  /** Creates of unknown outcome that have shown no server yet. */
  openSends: z.number().int(),
  /** When the last of them was sent; null when there is none. */
  sentAtMs: timeMs.nullable(),
  reason: errorReason,
  /** Looks made so far. */
  looks: z.number().int(),
  nextLookAtMs: timeMs,
  createdAtMs: timeMs,
});
export type Tombstone = z.infer<typeof tombstone>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An unresolved create is looked for this long after it was sent; a known server is retried every hour for ever. */
const UNRESOLVED_LOOKS_MS = [5 * MINUTE_MS, HOUR_MS, 24 * HOUR_MS];

/** When to look (again); null: a day has passed since an unresolved create was sent and nothing shows, there is none. */
export const nextLookAtMs = (stone: Pick<Tombstone, "serverId" | "sentAtMs">, nowMs: number): number | null => {
  const { serverId, sentAtMs } = stone;
  if (serverId !== null || sentAtMs === null) return nowMs + HOUR_MS;
  return UNRESOLVED_LOOKS_MS.map((afterMs) => sentAtMs + afterMs).find((lookMs) => lookMs > nowMs) ?? null;
};

/** What a look at a tombstone leads to. `gone`: close it. `delete`: the server is there and ours. */
export type TombstoneMove =
  | { readonly kind: "gone" }
  | { readonly kind: "delete"; readonly serverId: number }
  | { readonly kind: "keep"; readonly stone: Tombstone };

const RETRY_MS = 5 * MINUTE_MS;
/** After an accepted deletion Hetzner takes seconds; the next minute's sweep confirms it. */
const CONFIRM_MS = MINUTE_MS;

const keep = (stone: Tombstone, change: Partial<Tombstone>, atMs: number): TombstoneMove => ({
  kind: "keep",
  stone: { ...stone, ...change, looks: stone.looks + 1, nextLookAtMs: atMs },
});

/** What to do about the server that a tombstone stands for, from one look at Hetzner. */
export const decideTombstone = (
  stone: Tombstone,
  look: { nowMs: number; server: Read<ServerFacts | null>; refusal: ErrorReason | null },
): TombstoneMove => {
  const { nowMs, server, refusal } = look;
  if (!server.ok)
    return { kind: "keep", stone: { ...stone, reason: reasonOfFault(server.fault), nextLookAtMs: nowMs + RETRY_MS } };
  if (server.value === null) return stone.sentAtMs === null ? { kind: "gone" } : unseen(stone, nowMs);
  if (refusal) return keep(stone, { ...shown(stone, server.value.id), reason: refusal }, nowMs + HOUR_MS);
  return { kind: "delete", serverId: server.value.id };
};

/** Nothing there now. A create that is still open is looked for until its day is over, also after a first server went. */
const unseen = (stone: Tombstone, nowMs: number): TombstoneMove => {
  const nextMs = nextLookAtMs({ ...stone, serverId: null }, nowMs);
  return nextMs === null ? { kind: "gone" } : keep(stone, { serverId: null }, nextMs);
};

/** A server that shows settles one of the open creates. */
const shown = (stone: Tombstone, serverId: number): Partial<Tombstone> => {
  if (stone.serverId !== null) return { serverId };
  const openSends = Math.max(0, stone.openSends - 1);
  return { serverId, openSends, sentAtMs: openSends === 0 ? null : stone.sentAtMs };
};

/** What the outcome of the deletion leaves behind. Accepted or 404, the next minute's look confirms it. */
export const absorbTombstone = (
  stone: Tombstone,
  look: { nowMs: number; serverId: number; outcome: Read<unknown> },
): TombstoneMove => {
  const { nowMs, serverId, outcome } = look;
  if (!outcome.ok)
    return keep(stone, { ...shown(stone, serverId), reason: reasonOfFault(outcome.fault) }, nowMs + HOUR_MS);
  return keep(stone, { ...shown(stone, serverId), reason: "busy" }, nowMs + CONFIRM_MS);
};

/** The node as its tombstone's look leaves it. */
export const nodeAfter = (node: NodeRecord, move: TombstoneMove, nowMs: number): NodeRecord => {
  if (move.kind === "gone") {
    return { ...node, status: "decommissioned", serverState: "gone", deletionBlockedReason: null, updatedAtMs: nowMs };
  }
  if (move.kind === "delete") return node;
  const serverState = move.stone.serverId === null ? "unknown" : "still_billing";
  const { serverId, reason } = move.stone;
  return { ...node, serverId: serverId ?? node.serverId, serverState, deletionBlockedReason: reason };
};
