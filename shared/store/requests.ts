/** What an API request starts, each in one transaction: a node with its job, or a job on a node; and what the audit keeps of it. */
import type { JobRecord } from "../domain/job.ts";
import type { NodeRecord } from "../domain/node.ts";
import { findReplay, type Idempotency, idempotencyWrite, type Replay } from "./idempotency.ts";
import { isFree, isUnchanged, toItem } from "./items.ts";
import { jobItem } from "./jobs.ts";
import { keys } from "./keys.ts";
import { findNode, nodeItem, nodeUpdate } from "./nodes.ts";
import type { Condition, Table, Write } from "./table.ts";

export interface AuditEntry {
  id: string;
  atMs: number;
  actor: string;
  action: string;
  nodeId: string | null;
  jobId: string | null;
  siteId?: string;
  environmentId?: string;
}

export const auditWrite = (entry: AuditEntry): Write => ({
  put: toItem(keys.audit(new Date(entry.atMs).toISOString().slice(0, 7), entry.id), { ...entry }),
});

export type NodeCreation = { kind: "created" } | { kind: "name_taken"; nodeId: string | null } | Replay;

/** Node, job, name, idempotency key and audit entry in one transaction: all, or none and why. */
export const createNode = async (
  table: Table,
  request: { node: NodeRecord; job: JobRecord; audit: AuditEntry; idempotency: Idempotency | null; nowMs: number },
): Promise<NodeCreation> => {
  const { node, job, audit, idempotency, nowMs } = request;
  const result = await table.write(
    { put: { ...keys.nodeName(node.name), nodeId: node.id }, when: [{ exists: false }] },
    { put: nodeItem(node), when: [{ exists: false }] },
    { put: jobItem(job), when: [{ exists: false }] },
    auditWrite(audit),
    ...(idempotency === null ? [] : [idempotencyWrite(idempotency, job.id, nowMs)]),
  );
  if (result.ok) return { kind: "created" };
  // DynamoDB may name only some of the writes that refused: a lost race is told what the winner was told.
  const won = idempotency && (await findReplay(table, idempotency, nowMs));
  if (won) return won;
  const claim = result.failed.find((refused) => refused.index === 0)?.item;
  return { kind: "name_taken", nodeId: typeof claim?.nodeId === "string" ? claim.nodeId : null };
};

/**
 * Starts a job on an existing node, in one transaction; `when` is what must hold of the node beside that nobody has it and
 * nothing of it changed. Otherwise the job that has the node now, or null if it changed.
 */
export const startNodeJob = async (
  table: Table,
  request: { before: NodeRecord; after: NodeRecord; job: JobRecord; audit: AuditEntry; when?: readonly Condition[] },
): Promise<{ started: true } | { started: false; openJobId: string | null }> => {
  const { before, after, job, audit, when = [] } = request;
  const result = await table.write(
    ...nodeUpdate(before, after, [isFree, isUnchanged(before), ...when]),
    { put: jobItem(job), when: [{ exists: false }] },
    auditWrite(audit),
  );
  if (result.ok) return { started: true };
  return { started: false, openJobId: (await findNode(table, before.id))?.openJobId ?? null };
};
