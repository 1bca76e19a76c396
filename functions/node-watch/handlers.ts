/** Looks over SSH at the nodes whose turn it is: what was seen, and who does not answer any more or again. */
import type { ProviderId } from "../../contracts/models.ts";
import { isProbeDue, type NodeRecord, probed } from "../../shared/domain/node.ts";
import type { Log } from "../../shared/log.ts";
import type { SshTarget } from "../../shared/node/index.ts";
import { listNodes, recordProbe } from "../../shared/store/nodes.ts";
import { type ProbeDeps, probeTarget } from "../node-check/probe.ts";
import { loginKeyOf, targetOf } from "../node-check/target.ts";

export interface NodeWatchDeps extends ProbeDeps {
  log: Log;
}

/** A node and the way to it. */
interface Turn {
  readonly node: NodeRecord;
  readonly target: SshTarget;
}

/** All looks of a run begin at once, so a run lasts as long as one look. */
const PER_RUN = 20;
const PAGE = 100;

/** The nodes that nobody has looked at for a while, the longest unseen first. */
const listDue = async ({ table, now }: NodeWatchDeps): Promise<NodeRecord[]> => {
  const due: NodeRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await listNodes(table, { decommissioned: false, limit: PAGE, cursor });
    due.push(...page.items.filter((node) => isProbeDue(node, now())));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const lookedAtMs = ({ probe }: NodeRecord): number => probe?.checkedAtMs ?? 0;
  return due.sort((one, other) => lookedAtMs(one) - lookedAtMs(other));
};

/** A provider's key is read once a run, however many nodes it opens. */
const makeKeyring = (deps: NodeWatchDeps) => {
  const keys = new Map<ProviderId, Promise<string | undefined>>();
  return (providerId: ProviderId): Promise<string | undefined> => {
    const key = keys.get(providerId) ?? loginKeyOf(deps, providerId);
    keys.set(providerId, key);
    return key;
  };
};

/**
 * Whose turn it is. One to which there is no way gets none: nothing would be recorded of it, so it would be the first in
 * every run, and twenty of them would keep all others from being looked at.
 */
const listTurns = async (deps: NodeWatchDeps): Promise<Turn[]> => {
  const keyOf = makeKeyring(deps);
  const due = await listDue(deps);
  const ways = await Promise.all(due.map(async (node) => ({ node, target: await targetOf(node, keyOf) })));
  const closed = ways.filter(({ target }) => target === undefined).map(({ node }) => node.id);
  if (closed.length > 0)
    deps.log.warn("nodes_not_probed", { count: closed.length, node_ids: closed.slice(0, PER_RUN) });
  return ways.flatMap(({ node, target }) => (target === undefined ? [] : [{ node, target }])).slice(0, PER_RUN);
};

const watchOne = async (deps: NodeWatchDeps, { node, target }: Turn): Promise<void> => {
  const found = await probeTarget(deps, target);
  const after = await recordProbe(deps.table, node, probed(node, found, true));
  if (after !== undefined && after.status !== node.status) {
    deps.log.warn("node_status_changed", { node_id: node.id, from: node.status, to: after.status });
  }
};

/** One run of the schedule. One node's trouble is told to AWS at the end and stops no other. Returns how many were looked at. */
export const watchNodes = async (deps: NodeWatchDeps): Promise<number> => {
  const turns = await listTurns(deps);
  const results = await Promise.allSettled(turns.map((turn) => watchOne(deps, turn)));
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [{ node_id: turns[index]?.node.id, error: result.reason }] : [],
  );
  for (const fields of failed) deps.log.error("node_watch_failed", fields);
  if (failed.length > 0) throw new Error(`${failed.length} of ${turns.length} nodes could not be watched`);
  return turns.length;
};
