/** Sites, environments and backups: shown, and asked for. Nothing here reaches a node: that is the worker's. */
import type { OperationId } from "../../contracts/operations.ts";
import { presentBackup } from "../../shared/domain/backup.ts";
import type { SiteStart } from "../../shared/domain/plans/start-site.ts";
import { presentEnvironment, presentSite } from "../../shared/domain/site.ts";
import { listBackups, listEnvironments, listSites } from "../../shared/store/sites.ts";
import type { Handlers } from "../http/edge.ts";
import { getAnyEnvironment, getEnvironment, getSite } from "../http/found.ts";
import type { SitesDeps } from "./deps.ts";
import {
  prepareBackup,
  prepareDrill,
  prepareEnvironment,
  prepareEnvironmentDelete,
  prepareRestore,
  prepareSite,
  prepareSiteDelete,
} from "./prepare.ts";
import { type StartingCall, startJob } from "./start.ts";

type Prepare<C> = (deps: SitesDeps, call: C, jobId: string) => Promise<readonly SiteStart[]>;

const starting =
  <C extends StartingCall>(deps: SitesDeps, operation: OperationId, prepare: Prepare<C>) =>
  async (call: C) => ({
    body: { job_id: await startJob(deps, { operation, call, prepare: (jobId) => prepare(deps, call, jobId) }) },
  });

export const makeSitesHandlers = (deps: SitesDeps): Handlers<"sites"> => ({
  ...showing(deps),
  createSite: starting(deps, "createSite", prepareSite),
  deleteSite: starting(deps, "deleteSite", prepareSiteDelete),
  createEnvironment: starting(deps, "createEnvironment", prepareEnvironment),
  deleteEnvironment: starting(deps, "deleteEnvironment", prepareEnvironmentDelete),
  createBackup: starting(deps, "createBackup", prepareBackup),
  restoreEnvironment: starting(deps, "restoreEnvironment", prepareRestore),
  startRestoreDrill: starting(deps, "startRestoreDrill", prepareDrill),
});

type Showing = "listSites" | "getSite" | "listEnvironments" | "getEnvironment" | "listBackups";

const showing = ({ table }: SitesDeps): Pick<Handlers<"sites">, Showing> => ({
  listSites: async ({ query }) => {
    const page = await listSites(table, query);
    return { body: page.items.map(presentSite), nextCursor: page.cursor };
  },
  getSite: async ({ params }) => ({ body: presentSite(await getSite(table, params.id)) }),
  listEnvironments: async ({ params, query }) => {
    const { id } = await getSite(table, params.id);
    const page = await listEnvironments(table, id, query);
    return { body: page.items.map(presentEnvironment), nextCursor: page.cursor };
  },
  getEnvironment: async ({ params }) => ({ body: presentEnvironment(await getEnvironment(table, params.id)) }),
  listBackups: async ({ params, query, nowMs }) => {
    const { id } = await getAnyEnvironment(table, params.id);
    const page = await listBackups(table, id, query);
    return { body: page.items.map((backup) => presentBackup(backup, nowMs)), nextCursor: page.cursor };
  },
});
