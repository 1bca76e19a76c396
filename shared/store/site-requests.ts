/** A site's job begins in one transaction: node and site are taken, what is new is made, or nothing is and why. */
import type { SiteStart } from "../domain/plans/start-site.ts";
import { findReplay, type Idempotency, idempotencyWrite, type Replay } from "./idempotency.ts";
import { isFree, isUnchanged } from "./items.ts";
import { jobItem } from "./jobs.ts";
import { keys } from "./keys.ts";
import { findNode, nodeUpdate } from "./nodes.ts";
import { type AuditEntry, auditWrite } from "./requests.ts";
import { backupItem, environmentItem, findSite, recordUpdate, siteItem } from "./sites.ts";
import type { Table, Write } from "./table.ts";

export interface SiteRequest {
  start: SiteStart;
  audit: AuditEntry;
  idempotency: Idempotency | null;
  nowMs: number;
}

/** `taken`: another job has the site or the node, or (null) it changed since it was read. */
export type SiteStarted =
  | { kind: "started" }
  | { kind: "taken"; what: "site" | "node"; id: string; jobId: string | null }
  | { kind: "slug_taken"; siteId: string }
  | Replay;

/** All of it, or none and why. A lost race for an Idempotency-Key is told what the winner was told. */
export const startSiteJob = async (table: Table, request: SiteRequest): Promise<SiteStarted> => {
  const { start, audit, idempotency, nowMs } = request;
  const result = await table.write(
    ...nodeWrites(start.node),
    ...siteWrites(start.site),
    ...start.environments.flatMap(environmentWrites),
    ...(start.backup === null ? [] : [{ put: backupItem(start.backup), when: [{ exists: false }] }]),
    { put: jobItem(start.job), when: [{ exists: false }] },
    auditWrite(audit),
    ...(idempotency === null ? [] : [idempotencyWrite(idempotency, start.job.id, nowMs)]),
  );
  if (result.ok) return { kind: "started" };
  const won = idempotency && (await findReplay(table, idempotency, nowMs));
  return won ?? findHolder(table, start);
};

/** DynamoDB may name only some of the writes that refused, so what is there now is read. */
const findHolder = async (table: Table, { node, site }: SiteStart): Promise<SiteStarted> => {
  const [claim, nodeNow, siteNow] = await Promise.all([
    site.before === null ? table.get(keys.siteSlug(site.after.slug)) : undefined,
    findNode(table, node.before.id),
    site.before === null ? undefined : findSite(table, site.before.id),
  ]);
  if (typeof claim?.siteId === "string") return { kind: "slug_taken", siteId: claim.siteId };
  const siteJobId = siteNow?.openJobId ?? null;
  if (site.before !== null && (siteJobId !== null || nodeNow?.stateVersion === node.before.stateVersion))
    return { kind: "taken", what: "site", id: site.before.id, jobId: siteJobId };
  return { kind: "taken", what: "node", id: node.before.id, jobId: nodeNow?.openJobId ?? null };
};

/** Its status is still the one with which it was found fit; what its probes find is no part of its version. */
const nodeWrites = ({ before, after }: SiteStart["node"]): Write[] =>
  nodeUpdate(before, after, [isFree, isUnchanged(before), { attribute: "status", is: "=", value: before.status }]);

const siteWrites = ({ before, after }: SiteStart["site"]): Write[] =>
  before === null
    ? [
        { put: siteItem(after), when: [{ exists: false }] },
        { put: { ...keys.siteSlug(after.slug), siteId: after.id }, when: [{ exists: false }] },
      ]
    : recordUpdate({ key: keys.site(before.id), before, after, when: [isFree, isUnchanged(before)] });

const environmentWrites = ({ before, after }: SiteStart["environments"][number]): Write[] =>
  before === null
    ? [{ put: environmentItem(after), when: [{ exists: false }] }]
    : recordUpdate({ key: keys.environment(before.id), before, after, when: [isUnchanged(before)] });
