/** Nodes in the table. They are made and changed together with a job: `requests.ts` starts one, `jobs.ts` settles it. */
import { isListed, type NodeRecord, nodeRecord } from "../domain/node.ts";
import { changes, fromItem, fromPage, toItem } from "./items.ts";
import { keys, partitions } from "./keys.ts";
import type { Condition, Item, Table, Write } from "./table.ts";

const listedIndex = (node: NodeRecord): Record<string, string> =>
  isListed(node) ? { work_pk: partitions.listedNodes, work_sk: node.id } : {};

export const nodeItem = (node: NodeRecord): Item =>
  toItem(keys.node(node.id), node, { list_pk: partitions.nodes, list_sk: node.id, ...listedIndex(node) });

export const findNode = async (table: Table, id: string): Promise<NodeRecord | undefined> => {
  const item = await table.get(keys.node(id));
  return item && fromItem(nodeRecord, item);
};

/** A page of nodes, newest first. Throws `BadCursor`. */
export const listNodes = async (
  table: Table,
  query: { decommissioned: boolean; limit: number; cursor?: string | undefined },
) => {
  const { decommissioned, ...page } = query;
  const source = decommissioned
    ? ({ index: "list", pk: partitions.nodes } as const)
    : ({ index: "work", pk: partitions.listedNodes } as const);
  return fromPage(nodeRecord, await table.query({ ...source, descending: true, ...page }));
};

/** The update that turns `before` into `after`; none when nothing differs. Every change counts `stateVersion`. */
export const nodeUpdate = (before: NodeRecord, after: NodeRecord, when: readonly Condition[] = []): Write[] => {
  const set = changes(before, after);
  if (Object.keys(set).length === 0) return when.length === 0 ? [] : [{ check: keys.node(before.id), when }];
  return [
    {
      update: keys.node(before.id),
      set: { ...set, ...listedIndex(after) },
      add: { stateVersion: 1 },
      remove: isListed(after) ? [] : ["work_pk", "work_sk"],
      when: [{ exists: true }, ...when],
    },
  ];
};

/** Frees a node's name, unless another node has it by now. */
export const freeNameWrite = (node: NodeRecord): Write => ({
  delete: keys.nodeName(node.name),
  when: [{ anyOf: [{ exists: false }, { attribute: "nodeId", is: "=", value: node.id }] }],
});

/**
 * What a probe over SSH found: `before` as it was read, `after` by `probed`. Touches nothing that a job's settle looks at;
 * a change of status is left out when a job has changed the node meanwhile. Undefined: the node is gone.
 */
export const recordProbe = async (
  table: Table,
  before: NodeRecord,
  after: NodeRecord,
): Promise<NodeRecord | undefined> => {
  const { probe, missedProbes, lastSeenAtMs, status } = after;
  const seen = { probe: probe && { ...probe }, missedProbes, ...(probe?.reached ? { lastSeenAtMs } : {}) };
  const key = keys.node(before.id);
  if (status !== before.status) {
    const changed = await table.write({
      update: key,
      set: { ...seen, status },
      add: { stateVersion: 1 },
      when: [
        { exists: true },
        { attribute: "status", is: "=", value: before.status },
        { attribute: "serverState", is: "=", value: "present" },
      ],
    });
    if (changed.ok && changed.item) return fromItem(nodeRecord, changed.item);
  }
  const result = await table.write({ update: key, set: seen, when: [{ exists: true }] });
  return result.ok && result.item ? fromItem(nodeRecord, result.item) : undefined;
};
