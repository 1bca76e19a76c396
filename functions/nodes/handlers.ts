/** Takes requests for nodes. It never speaks to Hetzner: what Hetzner offers is checked against the stored catalogue. */
import type { CreateNodeRequest } from "../../contracts/models.ts";
import { type Catalogue, checkOrder, type Order } from "../../shared/domain/catalogue.ts";
import { type NodeRecord, presentNode } from "../../shared/domain/node.ts";
import { deleteRefusal, newJob, newNode } from "../../shared/domain/plans/start.ts";
import { canAcquire, disconnectedProvider, presentProvider } from "../../shared/domain/provider.ts";
import { LOST_SERVER } from "../../shared/domain/site-refusals.ts";
import type { Log } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import { findReplay } from "../../shared/store/idempotency.ts";
import { findInstallation } from "../../shared/store/installation.ts";
import { listNodes } from "../../shared/store/nodes.ts";
import { findCatalogue, findProvider } from "../../shared/store/providers.ts";
import { createNode, type NodeCreation, startNodeJob } from "../../shared/store/requests.ts";
import type { Table } from "../../shared/store/table.ts";
import { ApiProblem, type Call, type Handlers } from "../http/edge.ts";
import { getNode } from "../http/found.ts";
import { badField } from "../http/problem.ts";
import { auditEntry, idempotencyOf, replayedJobId, wake } from "../http/starting.ts";

export interface NodesDeps {
  table: Table;
  queue: Queue;
  log: Log;
  /** A new UUIDv7. */
  newId(nowMs: number): string;
  defaults: { serverType: string; location: string; image: string; sshPort: number; sshUser: string };
}

export const makeNodesHandlers = (deps: NodesDeps): Handlers<"nodes"> => ({
  listNodes: async ({ query }) => {
    const { limit, cursor, include } = query;
    const page = await listNodes(deps.table, { limit, cursor, decommissioned: include === "decommissioned" });
    return { body: page.items.map(presentNode), nextCursor: page.cursor };
  },
  getNode: async ({ params }) => ({ body: presentNode(await getNode(deps.table, params.id)) }),
  createNode: async (call) => ({ body: { job_id: await requestNode(deps, call) } }),
  deleteNode: async (call) => ({ body: { job_id: await requestDelete(deps, call) } }),
});

const requestNode = async (deps: NodesDeps, call: Call<"createNode">): Promise<string> => {
  const { table } = deps;
  const { body, nowMs } = call;
  const idempotency = idempotencyOf("createNode", call);
  const earlier = idempotency && (await findReplay(table, idempotency, nowMs));
  if (earlier) return replayedJobId(earlier);
  const [installation, catalogue] = await Promise.all([
    connectedInstallation(table, body, nowMs),
    findCatalogue(table, body.provider_id),
  ]);
  const monthlyCostCents = orderedCost(choiceOf(deps, body), catalogue ?? null, nowMs);
  const { node, job } = orderOf(deps, { body, nowMs, installation, monthlyCostCents });
  const audit = auditEntry(call.actor, {
    id: deps.newId(nowMs),
    atMs: nowMs,
    action: "createNode",
    nodeId: node.id,
    jobId: job.id,
  });
  const created = await createNode(table, { node, job, audit, idempotency, nowMs });
  if (created.kind !== "created") return earlierJobId(created, node.name);
  await wake(deps, { jobId: job.id, seq: 0 });
  return job.id;
};

/** The choice of an operator, filled up with the stage's defaults. */
const choiceOf = ({ defaults }: NodesDeps, body: CreateNodeRequest) => ({
  serverType: body.server_type ?? defaults.serverType,
  location: body.location ?? defaults.location,
  image: body.image ?? defaults.image,
});

const orderOf = (
  deps: NodesDeps,
  order: { body: CreateNodeRequest; nowMs: number; installation: string; monthlyCostCents: number | null },
) => {
  const { body, nowMs, installation, monthlyCostCents } = order;
  const [nodeId, jobId] = [deps.newId(nowMs), deps.newId(nowMs)];
  const { sshPort, sshUser } = deps.defaults;
  const named = { nodeId, jobId, nowMs, providerId: body.provider_id, name: body.name };
  const node = newNode({ ...named, ...choiceOf(deps, body), monthlyCostCents, sshPort, sshUser });
  return { node, job: newJob({ jobId, jobType: "node_provision", installation, node, nowMs }) };
};

/** Only a connected provider takes orders; otherwise its own guidance says what to do. */
const connectedInstallation = async (table: Table, body: CreateNodeRequest, nowMs: number): Promise<string> => {
  const [provider = disconnectedProvider(body.provider_id, nowMs), installation] = await Promise.all([
    findProvider(table, body.provider_id),
    findInstallation(table),
  ]);
  if (canAcquire(provider) && installation !== undefined) return installation;
  const { display_name, status, status_reason, guidance } = presentProvider(provider, undefined);
  throw new ApiProblem("provider_not_connected", `${display_name} is ${status}, so no node can be made`, {
    guidance,
    details: { status, status_reason },
  });
};

const orderedCost = (choice: Order, catalogue: Catalogue | null, nowMs: number): number | null => {
  const check = checkOrder(catalogue, choice, nowMs);
  if (!check.ok) throw badField(check.field, check.message);
  return check.monthlyCostCents;
};

/** Throws `idempotency_mismatch`, or `conflict` for a name that is taken. */
const earlierJobId = (creation: Exclude<NodeCreation, { kind: "created" }>, name: string): string => {
  if (creation.kind !== "name_taken") return replayedJobId(creation);
  throw new ApiProblem("conflict", `name: another node is already called ${name}`, {
    guidance: ["Choose another name, or delete that node first; a name is free again when its server is gone."],
    details: { field: "name" },
  });
};

const requestDelete = async (deps: NodesDeps, { params, actor, nowMs }: Call<"deleteNode">): Promise<string> => {
  const { table } = deps;
  const [node, installation] = await Promise.all([getNode(table, params.id), findInstallation(table)]);
  refuseDelete(node);
  if (installation === undefined) throw conflict("Nothing was ever connected", node);
  const jobId = deps.newId(nowMs);
  const job = newJob({ jobId, jobType: "node_delete", installation, node, nowMs });
  const after: NodeRecord = {
    ...node,
    openJobId: jobId,
    lastJobId: jobId,
    serverState: "deleting",
    updatedAtMs: nowMs,
  };
  const entry = { id: deps.newId(nowMs), atMs: nowMs, action: "deleteNode", nodeId: node.id, jobId } as const;
  const empty = [{ attribute: "environmentCount", is: "=", value: 0 }] as const;
  const request = { before: node, after, job, audit: auditEntry(actor, entry), when: empty };
  if (!(await startNodeJob(table, request)).started) {
    refuseDelete(await getNode(table, node.id));
    throw conflict("The node was changed just now by somebody else; look at it, then ask again", node);
  }
  await wake(deps, { jobId, seq: 0 });
  return jobId;
};

/** Throws `conflict` or `node_has_sites`. */
const refuseDelete = (node: NodeRecord): void => {
  const refusal = deleteRefusal(node);
  if (refusal?.code === "conflict") throw conflict(refusal.message, node);
  if (refusal === null) return;
  throw new ApiProblem(refusal.code, refusal.message, {
    guidance: ["Delete the sites and environments on this node first.", LOST_SERVER],
    details: { node_id: node.id, environment_count: node.environmentCount },
  });
};

const conflict = (message: string, node: NodeRecord): ApiProblem =>
  new ApiProblem("conflict", message, { details: { node_id: node.id, job_id: node.openJobId } });
