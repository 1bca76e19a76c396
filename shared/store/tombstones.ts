/** Tombstones in the table: one a node, found by when the sweeper should look at them. */
import type { NodeRecord } from "../domain/node.ts";
import { type Tombstone, tombstone } from "../domain/tombstone.ts";
import { fromItem, fromPage, toItem } from "./items.ts";
import { keys, partitions } from "./keys.ts";
import { freeNameWrite, nodeUpdate } from "./nodes.ts";
import type { Table, Write } from "./table.ts";

/** Puts or replaces the node's tombstone, or removes it once closed. */
export const tombstoneWrite = (nodeId: string, stone: Tombstone | "closed"): Write => {
  if (stone === "closed") return { delete: keys.tombstone(nodeId) };
  const workSk = new Date(stone.nextLookAtMs).toISOString();
  return { put: toItem(keys.tombstone(nodeId), stone, { work_pk: partitions.openTombstones, work_sk: workSk }) };
};

export const findTombstone = async (table: Table, nodeId: string): Promise<Tombstone | undefined> => {
  const item = await table.get(keys.tombstone(nodeId));
  return item && fromItem(tombstone, item);
};

/** Tombstones whose look is due, the longest due first; one page. */
export const listTombstones = async (table: Table, query: { dueBeforeMs?: number; limit: number }) => {
  const upTo = query.dueBeforeMs === undefined ? {} : { upTo: new Date(query.dueBeforeMs).toISOString() };
  return fromPage(
    tombstone,
    await table.query({ index: "work", pk: partitions.openTombstones, limit: query.limit, ...upTo }),
  );
};

/** Puts a look off, for a node whose job owns the server now. Does nothing to a tombstone that has moved on or is closed. */
export const postponeTombstone = async (table: Table, stone: Tombstone, untilMs: number): Promise<void> => {
  const unchanged = { attribute: "nextLookAtMs", is: "=", value: stone.nextLookAtMs } as const;
  await table.write({ ...tombstoneWrite(stone.nodeId, { ...stone, nextLookAtMs: untilMs }), when: [unchanged] });
};

/**
 * Writes what a look at a tombstone found, with its node. False: the node has an open job by now, which owns the server,
 * or another sweep was faster.
 */
export const settleTombstone = async (
  table: Table,
  settlement: { before: Tombstone; node: NodeRecord; after: { stone: Tombstone | "closed"; node: NodeRecord } },
): Promise<boolean> => {
  const { before, node, after } = settlement;
  const current = { attribute: "nextLookAtMs", is: "=", value: before.nextLookAtMs } as const;
  const result = await table.write(
    { ...tombstoneWrite(node.id, after.stone), when: [current] },
    ...nodeUpdate(node, after.node, [{ attribute: "openJobId", is: "=", value: null }]),
    ...(after.stone === "closed" ? [freeNameWrite(node)] : []),
  );
  return result.ok;
};
