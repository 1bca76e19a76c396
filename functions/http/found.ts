/** What a request is about, read from the table. What is not there is a 404; what a record refers to and is not there, a fault of ours. */
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { EnvironmentRecord, SiteRecord } from "../../shared/domain/site.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { findEnvironment, findSite } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import { ApiProblem } from "./problem.ts";

/** The answer for an id that nothing of this kind has. */
export const notFound = (what: string): ApiProblem => new ApiProblem("not_found", `There is no ${what} with this id`);

/** Throws `not_found`. */
export const getNode = async (table: Table, id: string): Promise<NodeRecord> => {
  const node = await findNode(table, id);
  if (node === undefined) throw notFound("node");
  return node;
};

/** Throws `not_found`. */
export const getSite = async (table: Table, id: string): Promise<SiteRecord> => {
  const site = await findSite(table, id);
  if (site === undefined) throw notFound("site");
  return site;
};

/** Removed ones too: their backups are still shown. Throws `not_found`. */
export const getAnyEnvironment = async (table: Table, id: string): Promise<EnvironmentRecord> => {
  const environment = await findEnvironment(table, id);
  if (environment === undefined) throw notFound("environment");
  return environment;
};

/** Throws `not_found`, also for one that is removed. */
export const getEnvironment = async (table: Table, id: string): Promise<EnvironmentRecord> => {
  const environment = await getAnyEnvironment(table, id);
  if (environment.removedAtMs !== null) throw notFound("environment");
  return environment;
};

/** The node that a site or environment is on. Throws when it is not there: a fault of ours. */
export const nodeOf = async (table: Table, { nodeId }: Pick<SiteRecord, "nodeId">): Promise<NodeRecord> => {
  const node = await findNode(table, nodeId);
  if (node === undefined) throw new Error(`there is no node ${nodeId}`);
  return node;
};
