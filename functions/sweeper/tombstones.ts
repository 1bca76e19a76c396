/** Looks at what may still be billed, deletes what is ours, and closes a tombstone when Hetzner says that it is gone. */
import { belongsToNode, type NodeRecord } from "../../shared/domain/node.ts";
import type { Read, ServerFacts } from "../../shared/domain/plans/plan.ts";
import { refusalOf } from "../../shared/domain/plans/release-server.ts";
import {
  absorbTombstone,
  decideTombstone,
  nodeAfter,
  type Tombstone,
  type TombstoneMove,
} from "../../shared/domain/tombstone.ts";
import { labelSelector } from "../../shared/hetzner/index.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { listTombstones, postponeTombstone, settleTombstone } from "../../shared/store/tombstones.ts";
import { type Connection, isClosed, openConnection } from "../worker/connection.ts";
import { attempt } from "../worker/faults.ts";
import { serverFacts } from "../worker/gather.ts";
import type { SweeperDeps } from "./deps.ts";

/** Tombstones a sweep; the rest is the next minute's. */
const PER_SWEEP = 20;

/** A job that has the node removes its server itself, or leaves a new tombstone; meanwhile others get their look. */
const PUT_OFF_MS = 5 * 60_000;

/** One look at each tombstone that is due. Returns how many were closed. One stone's trouble stops no other. */
export const sweepTombstones = async (deps: SweeperDeps): Promise<number> => {
  const due = await listTombstones(deps.table, { dueBeforeMs: deps.clock.now(), limit: PER_SWEEP });
  const byProvider = Map.groupBy(due.items, (stone) => stone.providerId);
  let closed = 0;
  for (const [providerId, stones] of byProvider) {
    const connection = await openConnection(deps, providerId);
    for (const stone of stones) closed += (await guarded(deps, stone, () => sweepOne(deps, connection, stone))) ? 1 : 0;
    if (!isClosed(connection)) await connection.close();
  }
  return closed;
};

/** A stone that cannot be looked at is put off, or it would be the first of every sweep. */
const guarded = async (deps: SweeperDeps, stone: Tombstone, look: () => Promise<boolean>): Promise<boolean> => {
  try {
    return await look();
  } catch (error) {
    deps.log.error("tombstone_look_failed", { node_id: stone.nodeId, error });
    await postponeTombstone(deps.table, stone, deps.clock.now() + PUT_OFF_MS);
    return false;
  }
};

const sweepOne = async (
  deps: SweeperDeps,
  connection: Awaited<ReturnType<typeof openConnection>>,
  stone: Tombstone,
): Promise<boolean> => {
  const node = await findNode(deps.table, stone.nodeId);
  if (node === undefined) throw new Error("a tombstone without its node");
  if (node.openJobId !== null || carriesSites(stone, node)) {
    await postponeTombstone(deps.table, stone, deps.clock.now() + PUT_OFF_MS);
    return false;
  }
  const move = isClosed(connection)
    ? decideTombstone(stone, { nowMs: deps.clock.now(), server: { ok: false, fault: connection.fault }, refusal: null })
    : await lookAt(deps, connection, { stone, node });
  return record(deps, { stone, node, move });
};

/** Nothing lets a site onto a node that is to be deleted. Should there be one all the same, its server is not taken from it. */
const carriesSites = ({ serverId }: Tombstone, node: NodeRecord): boolean =>
  serverId !== null && serverId === node.serverId && node.environmentCount > 0;

const lookAt = async (
  deps: SweeperDeps,
  connection: Connection,
  { stone, node }: { stone: Tombstone; node: NodeRecord },
): Promise<TombstoneMove> => {
  const server = await readServer(connection, stone);
  const refused = server.ok && server.value ? refusalOf({ job: stone, node }, server.value) : null;
  const nowMs = deps.clock.now();
  const move = decideTombstone(stone, { nowMs, server, refusal: refused?.reason ?? null });
  if (move.kind !== "delete") return move;
  const { serverId } = move;
  const outcome = await attempt(() => connection.hetzner.servers.delete(serverId));
  return absorbTombstone(stone, { nowMs: deps.clock.now(), serverId, outcome });
};

const readServer = async (connection: Connection, stone: Tombstone): Promise<Read<ServerFacts | null>> => {
  const { hetzner } = connection;
  const fault = connection.budgetFault("read", 1);
  if (fault) return { ok: false, fault };
  return attempt(async () => {
    if (stone.serverId === null) return findByLabels(hetzner, stone);
    const server = await hetzner.servers.get(stone.serverId);
    return server && serverFacts(server);
  });
};

/** A late server carries our labels or at least the name we ordered; one of that name without our labels is not ours. */
const findByLabels = async (hetzner: Connection["hetzner"], stone: Tombstone): Promise<ServerFacts | null> => {
  const owner = { installation: stone.installation, node: stone.nodeId };
  const selector = labelSelector({ "managed-by": "pressluft", ...owner });
  for await (const server of hetzner.servers.list({ labelSelector: selector })) return serverFacts(server);
  for await (const server of hetzner.servers.list({ name: stone.name })) {
    if (belongsToNode(server.labels, owner)) return serverFacts(server);
  }
  return null;
};

const record = async (deps: SweeperDeps, look: { stone: Tombstone; node: NodeRecord; move: TombstoneMove }) => {
  const { stone, node, move } = look;
  if (move.kind === "delete") return false;
  const after = {
    stone: move.kind === "gone" ? ("closed" as const) : move.stone,
    node: nodeAfter(node, move, deps.clock.now()),
  };
  const settled = await settleTombstone(deps.table, { before: stone, node, after });
  deps.log.info("tombstone_look", { node_id: node.id, found: move.kind, settled });
  return settled && move.kind === "gone";
};
