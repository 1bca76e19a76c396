/** Takes requests for nodes. It never speaks to Hetzner: what Hetzner offers is checked against the stored catalogue. */
import { createHash } from "node:crypto";
import type { CreateNodeRequest } from "../../contracts/models.ts";
import { limits } from "../../shared/config.ts";
import { type Catalogue, checkOrder, type Order } from "../../shared/domain/catalogue.ts";
import { type NodeRecord, presentNode } from "../../shared/domain/node.ts";
import { deleteRefusal, newJob, newNode } from "../../shared/domain/plans/start.ts";
import { canAcquire, disconnectedProvider, presentProvider } from "../../shared/domain/provider.ts";
import type { Log } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import { findInstallation } from "../../shared/store/installation.ts";
import { findNode, listNodes } from "../../shared/store/nodes.ts";
import { findCatalogue, findProvider } from "../../shared/store/providers.ts";
import {
  createNode,
  findReplay,
  type Idempotency,
  type NodeCreation,
  startNodeJob,
} from "../../shared/store/requests.ts";
import type { Table } from "../../shared/store/table.ts";
import { type Actor, ApiProblem, type Call, type Handlers } from "../http/edge.ts";
import { badField } from "../http/problem.ts";

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

const getNode = async (table: Table, id: string): Promise<NodeRecord> => {
  const node = await findNode(table, id);
  if (node === undefined) throw new ApiProblem("not_found", "There is no node with this id");
  return node;
};

const requestNode = async (deps: NodesDeps, call: Call<"createNode">): Promise<string> => {
  const { table } = deps;
  const { body, nowMs } = call;
  const idempotency = idempotencyOf(call);
  const earlier = idempotency && (await findReplay(table, idempotency, nowMs));
  if (earlier) return jobIdOf(earlier, body.name ?? "");
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
    node,
    jobId: job.id,
  });
  const created = await createNode(table, { node, job, audit, idempotency, nowMs });
  if (created.kind !== "created") return jobIdOf(created, node.name);
  await wake(deps, job.id);
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

const idempotencyOf = ({ idempotencyKey, actor, body, nowMs }: Call<"createNode">): Idempotency | null =>
  idempotencyKey === null
    ? null
    : {
        scope: `${actor.email} createNode ${idempotencyKey}`,
        bodyHash: createHash("sha256").update(JSON.stringify(body)).digest("hex"),
        expiresAtMs: nowMs + limits.idempotencyHours * 3_600_000,
      };

const jobIdOf = (creation: NodeCreation, name: string): string => {
  if (creation.kind === "replayed") return creation.jobId;
  if (creation.kind === "mismatch") {
    throw new ApiProblem("idempotency_mismatch", "This Idempotency-Key was used for another request", {
      guidance: ["Send another request under a new key, or this one with the body it first had."],
    });
  }
  throw new ApiProblem("conflict", `name: another node is already called ${name}`, {
    guidance: ["Choose another name, or delete that node first; a name is free again when its server is gone."],
    details: { field: "name" },
  });
};

const auditEntry = (
  actor: Actor,
  entry: { id: string; atMs: number; action: string; node: NodeRecord; jobId: string },
) => ({
  id: entry.id,
  atMs: entry.atMs,
  actor: `${actor.kind}:${actor.email}`,
  action: entry.action,
  nodeId: entry.node.id,
  jobId: entry.jobId,
});

const requestDelete = async (deps: NodesDeps, { params, actor, nowMs }: Call<"deleteNode">): Promise<string> => {
  const { table } = deps;
  const [node, installation] = await Promise.all([getNode(table, params.id), findInstallation(table)]);
  const refusal = deleteRefusal(node);
  if (refusal !== null || installation === undefined) throw conflict(refusal ?? "Nothing was ever connected", node);
  const jobId = deps.newId(nowMs);
  const job = newJob({ jobId, jobType: "node_delete", installation, node, nowMs });
  const after: NodeRecord = {
    ...node,
    openJobId: jobId,
    lastJobId: jobId,
    serverState: "deleting",
    updatedAtMs: nowMs,
  };
  const audit = auditEntry(actor, { id: deps.newId(nowMs), atMs: nowMs, action: "deleteNode", node, jobId });
  const started = await startNodeJob(table, { before: node, after, job, audit });
  if (!started.started) throw conflict("Another job took this node first", { ...node, openJobId: started.openJobId });
  await wake(deps, jobId);
  return jobId;
};

const conflict = (message: string, node: NodeRecord): ApiProblem =>
  new ApiProblem("conflict", message, { details: { node_id: node.id, job_id: node.openJobId } });

/** The job is in the table already: if this message is lost, the sweeper sends it. */
const wake = async ({ queue, log }: NodesDeps, jobId: string): Promise<void> => {
  await queue.send({ v: 1, job_id: jobId, seq: 0 }, 0).catch((error: unknown) => {
    log.warn("job_not_woken", { job_id: jobId, error });
  });
};
