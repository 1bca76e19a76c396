/** What the requests for sites are decided on, read from the table. */
import { type BackupRecord, latestRestorable } from "../../shared/domain/backup.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { EnvironmentRecord, SiteRecord } from "../../shared/domain/site.ts";
import { findInstallation } from "../../shared/store/installation.ts";
import { listNodes } from "../../shared/store/nodes.ts";
import { listBackups } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import { getEnvironment, getSite, nodeOf } from "../http/found.ts";

/** There are nodes, so there is an installation. */
export const installationOf = async (table: Table): Promise<string> => {
  const installation = await findInstallation(table);
  if (installation === undefined) throw new Error("there is no installation");
  return installation;
};

/** What a job on a site that is there needs to know. */
export interface Scene {
  readonly site: SiteRecord;
  readonly environment: EnvironmentRecord;
  readonly node: NodeRecord;
  readonly installation: string;
}

export const sceneOf = async (table: Table, environmentId: string): Promise<Scene> => {
  const environment = await getEnvironment(table, environmentId);
  const [site, node, installation] = await Promise.all([
    getSite(table, environment.siteId),
    nodeOf(table, environment),
    installationOf(table),
  ]);
  return { site, environment, node, installation };
};

const PAGE = 100;

/** The latest backup that can be restored now, newest pages first. Only a month of backups can be, so no more is looked through. */
export const findLatestRestorable = async (
  table: Table,
  environmentId: string,
  nowMs: number,
): Promise<BackupRecord | undefined> => {
  let cursor: string | undefined;
  do {
    const page = await listBackups(table, environmentId, { limit: PAGE, cursor });
    const found = latestRestorable(page.items, nowMs);
    if (found !== undefined) return found;
    const oldest = page.items.at(-1);
    cursor = oldest !== undefined && oldest.retentionUntilMs > nowMs ? page.cursor : undefined;
  } while (cursor !== undefined);
  return undefined;
};

/** Every node that is not retired; 10,000 at most. */
export const allNodes = async (table: Table): Promise<NodeRecord[]> => {
  const nodes: NodeRecord[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 20; pages += 1) {
    const page = await listNodes(table, { decommissioned: false, limit: 500, cursor });
    nodes.push(...page.items.filter(({ status }) => status !== "decommissioned"));
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return nodes;
};
