/** What each request would write, from what is there now; or the reason why it is refused. */
import { createSiteRequest } from "../../contracts/site-models.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import {
  type SiteStart,
  startBackup,
  startDrill,
  startEnvCreate,
  startEnvDelete,
  startRestore,
  startSiteCreate,
  startSiteDelete,
} from "../../shared/domain/plans/start-site.ts";
import type { EnvironmentRecord } from "../../shared/domain/site.ts";
import {
  choosePlace,
  cloneRefusal,
  environmentDeleteRefusal,
  inactiveRefusal,
  nodeRefusal,
  nothingToTry,
  type Refusal,
  restoreRefusal,
  siteDeleteRefusal,
  siteRefusal,
  slugRefusal,
} from "../../shared/domain/site-refusals.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { findBackup, findEnvironment, findEnvironments } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import type { Call } from "../http/edge.ts";
import { getAnyEnvironment, getSite, nodeOf } from "../http/found.ts";
import { badField } from "../http/problem.ts";
import { problemOf } from "../http/starting.ts";
import type { SitesDeps } from "./deps.ts";
import { allNodes, findLatestRestorable, installationOf, sceneOf } from "./find.ts";

const refuseIf = (refusal: Refusal | null): void => {
  if (refusal !== null) throw problemOf(refusal);
};

/** More are not tried: each costs a transaction, and nodes that are taken one after the other mean a busy moment. */
const PLACES_MAX = 3;

export const prepareSite = async (deps: SitesDeps, call: Call<"createSite">, jobId: string): Promise<SiteStart[]> => {
  const { body, nowMs } = call;
  const adminEmail = adminEmailOf(call);
  const nodes = await placesFor(deps.table, body.node_id);
  const order = {
    jobId,
    installation: await installationOf(deps.table),
    nowMs,
    siteId: deps.newId(nowMs),
    environmentId: deps.newId(nowMs),
    name: body.name,
    slug: body.slug,
    adminEmail,
    previewDomain: deps.previewDomain,
  };
  return nodes.slice(0, PLACES_MAX).map((node) => startSiteCreate({ ...order, node }));
};

/** WordPress must take it: the operator's own may be too long for it. */
const adminEmailOf = ({ body, actor }: Call<"createSite">): string => {
  const own = createSiteRequest.shape.admin_email.safeParse(actor.email);
  const email = body.admin_email ?? (own.success ? own.data : undefined);
  if (email === undefined) throw badField("admin_email", "is required: yours is no address that WordPress takes");
  return email;
};

const placesFor = async (table: Table, nodeId: string | undefined): Promise<readonly NodeRecord[]> => {
  if (nodeId === undefined) {
    const places = choosePlace(await allNodes(table));
    if ("code" in places) throw problemOf(places);
    return places;
  }
  const node = await findNode(table, nodeId);
  if (node === undefined) throw badField("node_id", "there is no node with this id");
  refuseIf(nodeRefusal(node));
  return [node];
};

export const prepareSiteDelete = async (
  deps: SitesDeps,
  { params, query, nowMs }: Call<"deleteSite">,
  jobId: string,
): Promise<SiteStart[]> => {
  const { table } = deps;
  const site = await getSite(table, params.id);
  const [environment, present, node, installation] = await Promise.all([
    getAnyEnvironment(table, site.primaryEnvironmentId),
    findEnvironments(table, site.environmentIds),
    nodeOf(table, site),
    installationOf(table),
  ]);
  const withBackup = query.final_backup === "true";
  refuseIf(siteDeleteRefusal(site, node, withBackup));
  const others = present.filter(({ id }) => id !== environment.id);
  const backupId = withBackup ? deps.newId(nowMs) : null;
  return [startSiteDelete({ jobId, installation, node, nowMs, site, environment, others, backupId })];
};

export const prepareEnvironment = async (
  deps: SitesDeps,
  { params, body, nowMs }: Call<"createEnvironment">,
  jobId: string,
): Promise<SiteStart[]> => {
  const { table, previewDomain } = deps;
  const site = await getSite(table, params.id);
  const [source, present, node, installation] = await Promise.all([
    findEnvironment(table, body.source_environment_id),
    findEnvironments(table, site.environmentIds),
    nodeOf(table, site),
    installationOf(table),
  ]);
  const environment = ownSource(source, params.id);
  refuseIf(cloneRefusal(site, node) ?? inactiveRefusal(environment) ?? slugRefusal(present, body.slug));
  const opening = { jobId, installation, node, nowMs, site, environment, previewDomain };
  return [startEnvCreate({ ...opening, environmentId: deps.newId(nowMs) }, body)];
};

const ownSource = (source: EnvironmentRecord | undefined, siteId: string): EnvironmentRecord => {
  if (source?.siteId === siteId && source.removedAtMs === null) return source;
  throw badField("source_environment_id", "there is no environment with this id in this site");
};

export const prepareEnvironmentDelete = async (
  { table }: SitesDeps,
  { params, nowMs }: Call<"deleteEnvironment">,
  jobId: string,
): Promise<SiteStart[]> => {
  const scene = await sceneOf(table, params.id);
  const { site, environment, node } = scene;
  refuseIf(environmentDeleteRefusal(environment, site, node));
  return [startEnvDelete({ ...scene, jobId, nowMs })];
};

export const prepareBackup = async (
  deps: SitesDeps,
  { params, body, nowMs }: Call<"createBackup">,
  jobId: string,
): Promise<SiteStart[]> => {
  const scene = await sceneOf(deps.table, params.id);
  refuseIf(siteRefusal(scene.site, scene.node) ?? inactiveRefusal(scene.environment));
  return [startBackup({ ...scene, jobId, nowMs }, { id: deps.newId(nowMs), scope: body.backup_scope })];
};

/** A failed environment can be restored too: that may be what mends it. */
export const prepareRestore = async (
  deps: SitesDeps,
  { params, body, nowMs }: Call<"restoreEnvironment">,
  jobId: string,
): Promise<SiteStart[]> => {
  const [scene, restored] = await Promise.all([sceneOf(deps.table, params.id), findBackup(deps.table, body.backup_id)]);
  refuseIf(restoreRefusal(restored, params.id, nowMs) ?? siteRefusal(scene.site, scene.node));
  if (restored === undefined) throw new Error("a backup that is not there was not refused");
  const safetyId = body.safety_backup === false ? null : deps.newId(nowMs);
  return [startRestore({ ...scene, jobId, nowMs }, { safetyId, restored })];
};

export const prepareDrill = async (
  { table }: SitesDeps,
  { params, nowMs }: Call<"startRestoreDrill">,
  jobId: string,
): Promise<SiteStart[]> => {
  const scene = await sceneOf(table, params.id);
  refuseIf(siteRefusal(scene.site, scene.node) ?? inactiveRefusal(scene.environment));
  const tried = await findLatestRestorable(table, params.id, nowMs);
  if (tried === undefined) throw problemOf(nothingToTry(params.id));
  return [startDrill({ ...scene, jobId, nowMs }, tried)];
};
