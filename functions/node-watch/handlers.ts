/** Looks over SSH at the nodes whose turn it is: what was seen, and who does not answer any more or again. */
import { isProbeDue, type NodeRecord, probed } from "../../shared/domain/node.ts";
import type { Log } from "../../shared/log.ts";
import { listNodes, recordProbe } from "../../shared/store/nodes.ts";
import type { Table } from "../../shared/store/table.ts";
import { type ProbeDeps, probeNode } from "../node-check/probe.ts";

export interface NodeWatchDeps extends ProbeDeps {
  table: Table;
  log: Log;
}

/** All looks of a run begin at once, so a run lasts as long as one look. */
const PER_RUN = 20;
const PAGE = 100;

const listDue = async ({ table, now }: NodeWatchDeps): Promise<NodeRecord[]> => {
  const due: NodeRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await listNodes(table, { decommissioned: false, limit: PAGE, cursor });
    due.push(...page.items.filter((node) => isProbeDue(node, now())));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const lookedAtMs = ({ probe }: NodeRecord): number => probe?.checkedAtMs ?? 0;
  return due.sort((one, other) => lookedAtMs(one) - lookedAtMs(other)).slice(0, PER_RUN);
};

const watchOne = async (deps: NodeWatchDeps, node: NodeRecord): Promise<void> => {
  const found = await probeNode(deps, node);
  if (found === null) return deps.log.warn("node_not_probed", { node_id: node.id });
  const after = await recordProbe(deps.table, node, probed(node, found, true));
  if (after !== undefined && after.status !== node.status) {
    deps.log.warn("node_status_changed", { node_id: node.id, from: node.status, to: after.status });
  }
};

/** One run of the schedule. One node's trouble is told to AWS at the end and stops no other. Returns how many were looked at. */
export const watchNodes = async (deps: NodeWatchDeps): Promise<number> => {
  const due = await listDue(deps);
  const results = await Promise.allSettled(due.map((node) => watchOne(deps, node)));
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [{ node_id: due[index]?.id, error: result.reason }] : [],
  );
  for (const fields of failed) deps.log.error("node_watch_failed", fields);
  if (failed.length > 0) throw new Error(`${failed.length} of ${due.length} nodes could not be watched`);
  return due.length;
};
