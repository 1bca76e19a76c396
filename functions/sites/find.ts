/** What a request is about, read from the table; a 404 when it is not there. */
import { type BackupRecord, latestRestorable } from "../../shared/domain/backup.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { EnvironmentRecord, SiteRecord } from "../../shared/domain/site.ts";
import { findInstallation } from "../../shared/store/installation.ts";
import { findNode, listNodes } from "../../shared/store/nodes.ts";
import { findEnvironment, findSite, listBackups } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import { ApiProblem } from "../http/edge.ts";

const missing = (what: string) => new ApiProblem("not_found", `There is no ${what} with this id`);

export const getSite = async (table: Table, id: string): Promise<SiteRecord> => {
  const site = await findSite(table, id);
  if (site === undefined) throw missing("site");
  return site;
};

/** Removed ones too: their backups are still shown. */
export const getAnyEnvironment = async (table: Table, id: string): Promise<EnvironmentRecord> => {
  const environment = await findEnvironment(table, id);
  if (environment === undefined) throw missing("environment");
  return environment;
};

export const getEnvironment = async (table: Table, id: string): Promise<EnvironmentRecord> => {
  const environment = await getAnyEnvironment(table, id);
  if (environment.removedAtMs !== null) throw missing("environment");
  return environment;
};

/** Of a record that refers to it: that it is not there would be a fault of ours. */
export const nodeOf = async (table: Table, { nodeId }: Pick<SiteRecord, "nodeId">): Promise<NodeRecord> => {
  const node = await findNode(table, nodeId);
  if (node === undefined) throw new Error(`there is no node ${nodeId}`);
  return node;
};

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

/** The environments of a site that are, or may be, on its node; strongly consistent, other than the list. */
export const environmentsOf = async (table: Table, { environmentIds }: SiteRecord): Promise<EnvironmentRecord[]> => {
  const found = await Promise.all(environmentIds.map((id) => findEnvironment(table, id)));
  return found.filter((one) => one !== undefined);
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
