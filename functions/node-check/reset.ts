/** Takes what failed into service again, once it is seen to answer. */
import type { OperationId } from "../../contracts/operations.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import { type EnvironmentRecord, type SiteRecord, siteStatusOf } from "../../shared/domain/site.ts";
import { takenRefusal } from "../../shared/domain/site-refusals.ts";
import { auditWrite } from "../../shared/store/requests.ts";
import { findEnvironments, findSite, resetWrites } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import { type Actor, ApiProblem, type Call } from "../http/edge.ts";
import { getEnvironment, getSite, nodeOf } from "../http/found.ts";
import { auditEntry, problemOf } from "../http/starting.ts";
import type { SiteCheckDeps } from "./login.ts";
import { type Health, programLine, readHealth } from "./programs.ts";
import { runPrograms } from "./target.ts";

/** What is to be reset: `checked` must answer, and what of it has failed is in service then. */
interface Reset {
  readonly operation: OperationId;
  readonly actor: Actor;
  readonly nowMs: number;
  readonly site: SiteRecord;
  readonly environments: readonly EnvironmentRecord[];
  readonly checked: readonly EnvironmentRecord[];
}

const success = { body: { success: true, status: "active" } } as const;

export const resetSite = async (deps: SiteCheckDeps, { params, actor, nowMs }: Call<"resetSite">) => {
  const site = await getSite(deps.table, params.id);
  refuseUnlessFailed("site", site, site);
  const environments = await findEnvironments(deps.table, site.environmentIds);
  await reset(deps, { operation: "resetSite", actor, nowMs, site, environments, checked: environments });
  return success;
};

export const resetEnvironment = async (deps: SiteCheckDeps, { params, actor, nowMs }: Call<"resetEnvironment">) => {
  const environment = await getEnvironment(deps.table, params.id);
  const site = await getSite(deps.table, environment.siteId);
  refuseUnlessFailed("environment", environment, site);
  const environments = await findEnvironments(deps.table, site.environmentIds);
  const checked = environments.filter(({ id }) => id === environment.id);
  await reset(deps, { operation: "resetEnvironment", actor, nowMs, site, environments, checked });
  return success;
};

/** Throws `conflict` while a job works on it, which says more than its status, and `resource_not_failed`. */
const refuseUnlessFailed = (what: string, { id, status }: { id: string; status: string }, site: SiteRecord): void => {
  if (site.openJobId !== null) throw problemOf(takenRefusal("site", site.id, site.openJobId));
  if (status === "failed") return;
  throw new ApiProblem("resource_not_failed", `The ${what} is ${status}; only a failed one can be reset`, {
    details: { [`${what}_id`]: id, status },
  });
};

const reset = async (deps: SiteCheckDeps, request: Reset): Promise<void> => {
  const { operation, actor, nowMs, site, environments, checked } = request;
  const node = await nodeOf(deps.table, site);
  const seen = await expectAnswers(deps, node, checked);
  const after = environments.map((one) => inService(one, seen.get(one.id), nowMs));
  const status = siteStatusOf(site, after);
  const siteAfter = status === site.status ? site : { ...site, status, updatedAtMs: nowMs };
  const entry = { id: deps.newId(nowMs), atMs: nowMs, action: operation, jobId: null } as const;
  const [only] = checked.length === 1 ? checked : [];
  const about = { nodeId: node.id, siteId: site.id, ...(only && { environmentId: only.id }) };
  const writes = resetWrites({ site, environments }, { site: siteAfter, environments: after });
  const result = await deps.table.write(...writes, auditWrite(auditEntry(actor, { ...entry, ...about })));
  if (!result.ok) throw problemOf(takenRefusal("site", site.id, await openJobOf(deps.table, site.id)));
};

const openJobOf = async (table: Table, siteId: string): Promise<string | null> =>
  (await findSite(table, siteId))?.openJobId ?? null;

/** A job that was never seen to end did not record what it made or put back: what the node says of it counts. */
const inService = (one: EnvironmentRecord, health: Health | undefined, nowMs: number): EnvironmentRecord => {
  if (health === undefined) return one;
  const release = health.release ?? one.release;
  const wordpressVersion = health.wordpressVersion ?? one.wordpressVersion;
  const isSame = one.status !== "failed" && release === one.release && wordpressVersion === one.wordpressVersion;
  const status = one.status === "failed" ? "active" : one.status;
  return isSame ? one : { ...one, status, release, wordpressVersion, updatedAtMs: nowMs };
};

/** What each said, by id. Throws `reset_validation_failed` with what was seen. */
const expectAnswers = async (
  deps: SiteCheckDeps,
  node: NodeRecord,
  checked: readonly EnvironmentRecord[],
): Promise<ReadonlyMap<string, Health>> => {
  const lines = checked.map(({ id }) => programLine(node.sshUser, "health", id));
  const outcome = await runPrograms(deps, node, lines);
  if (!outcome.reached) throw invalid(outcome.message, []);
  const seen = checked.map(({ id, previewUrl }, index) => {
    const result = outcome.results[index] ?? { exitCode: null, stdout: "", stderr: "" };
    return { id, previewUrl, ...readHealth(result) };
  });
  const ill = seen.filter(({ isHealthy }) => !isHealthy);
  if (ill.length === 0) return new Map(seen.map((one) => [one.id, one]));
  const message = ill.map(({ previewUrl, status }) => `${previewUrl} answers ${status ?? "nothing"}`).join("; ");
  throw invalid(
    message,
    seen.map(({ id, status, isHealthy }) => ({ environment_id: id, http_status: status, is_healthy: isHealthy })),
  );
};

const invalid = (message: string, seen: readonly object[]): ApiProblem =>
  new ApiProblem("reset_validation_failed", `Not reset: ${message}`, {
    guidance: [
      "Mend the site on its node, then reset it again.",
      "Or restore a backup, or delete the environment that does not answer.",
    ],
    details: { environments: seen },
  });
