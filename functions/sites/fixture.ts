/** The words the tests of sites are written in: the real edge and handlers over a table in memory. */
import { expect } from "vitest";
import type { JobMessage } from "../../contracts/messages.ts";
import { apiError, jobAccepted } from "../../contracts/models.ts";
import type { BackupRecord } from "../../shared/domain/backup.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { EnvironmentRecord, SiteRecord } from "../../shared/domain/site.ts";
import { makeActiveNode } from "../../shared/domain/testing.ts";
import { newId } from "../../shared/ids.ts";
import { makeLog } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import { findJob } from "../../shared/store/jobs.ts";
import { keys } from "../../shared/store/keys.ts";
import { findNode, nodeItem } from "../../shared/store/nodes.ts";
import { backupItem, environmentItem, findEnvironment, findSite, siteItem } from "../../shared/store/sites.ts";
import { type HttpResponse, serve } from "../http/edge.ts";
import { buildGatewayEvent } from "../http/gateway-event.ts";
import { jsonRequest, makeWorld, readBody, withToken } from "../http/testing.ts";
import { makeSitesHandlers } from "./handlers.ts";

export const nodeId = "018f0000-0000-7000-8000-00000badcafe";
export const otherNodeId = "018f0000-0000-7000-8000-00000badbeef";
export const strangeId = "018f0000-0000-7000-8000-0000000fffff";
export const busyJobId = "018f0000-0000-7000-8000-000000000099";
export const order = { name: "Acme", slug: "acme" };

export const readyNode = (change: Partial<NodeRecord> = {}): NodeRecord =>
  makeActiveNode({
    id: nodeId,
    publicIp: "198.18.0.1",
    probe: { checkedAtMs: 0, reached: true, sudo: true, runtime: true },
    ...change,
  });

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("not in the table");
  return value;
};

export const accepted = (response: HttpResponse): string => {
  expect(response.statusCode, response.body).toBe(202);
  const { job_id } = jobAccepted.parse(readBody(response));
  expect(response.headers.location).toBe(`/api/jobs/${job_id}`);
  return job_id;
};
export const refused = (response: HttpResponse) => ({
  status: response.statusCode,
  ...apiError.parse(readBody(response)),
});

/** One ready node, nothing on it. */
export const makeSitesFixture = async (nodes: readonly NodeRecord[] = [readyNode()]) => {
  const { table, startMs } = await makeWorld();
  const sent: JobMessage[] = [];
  let nowMs = startMs;
  const queue: Queue = {
    send: async (message) => {
      sent.push(message);
    },
  };
  const log = makeLog(
    "test",
    () => nowMs,
    () => undefined,
  );
  const handlers = makeSitesHandlers({ table, queue, log, newId, previewDomain: "{ip}.example.org:8088" });
  const handler = serve("sites", handlers, { table, now: () => nowMs, log, cookieSecure: true });
  await table.write({ put: { ...keys.installation(), id: "018f0000-0000-7000-8000-0000000000aa" } });
  for (const node of nodes) await table.write({ put: nodeItem(node) });

  const post = (path: string, body: object | undefined, key?: string): Promise<HttpResponse> => {
    const headers = { ...withToken.headers, ...(key === undefined ? {} : { "idempotency-key": key }) };
    const request = body === undefined ? { method: "POST", path, headers } : jsonRequest("POST", path, body, headers);
    return handler(buildGatewayEvent("aws", request), {});
  };
  const get = (path: string, query = ""): Promise<HttpResponse> =>
    handler(buildGatewayEvent("aws", { method: "GET", path, query, ...withToken }), {});
  const remove = (path: string, query = ""): Promise<HttpResponse> =>
    handler(buildGatewayEvent("aws", { method: "DELETE", path, query, ...withToken }), {});

  const node = async (id = nodeId) => must(await findNode(table, id));
  const site = async (id: string) => must(await findSite(table, id));
  const environment = async (id: string) => must(await findEnvironment(table, id));
  const job = async (id: string) => must(await findJob(table, id));
  /** Ends the job, as the worker leaves it when it has succeeded. */
  const finish = async (jobId: string): Promise<void> => {
    const { siteId, environmentId } = await job(jobId);
    const [one, its] = [await site(siteId ?? ""), await environment(environmentId ?? "")];
    await table.write({ put: siteItem({ ...one, status: "active", openJobId: null }) });
    await table.write({ put: environmentItem({ ...its, status: "active", release: its.release ?? "0000abcd" }) });
    await table.write({ update: keys.node(one.nodeId), set: { openJobId: null } });
    nowMs += 1; // What is asked for next is newer, and so are its ids.
  };
  return {
    table,
    sent,
    startMs,
    post,
    get,
    remove,
    node,
    site,
    environment,
    job,
    finish,
    advance: (ms: number) => {
      nowMs += ms;
    },
    putNode: (change: NodeRecord) => table.write({ put: nodeItem(change) }),
    putSite: (change: SiteRecord) => table.write({ put: siteItem(change) }),
    putEnvironment: (change: EnvironmentRecord) => table.write({ put: environmentItem(change) }),
    putBackup: (change: BackupRecord) => table.write({ put: backupItem(change) }),
    countOf: (prefix: string) => table.dump().filter(({ pk }) => pk.startsWith(prefix)).length,
  };
};
export type SitesFixture = Awaited<ReturnType<typeof makeSitesFixture>>;

/** A site in service, with its primary environment. */
export const withSite = async (nodes?: readonly NodeRecord[]) => {
  const fixture = await makeSitesFixture(nodes);
  const jobId = accepted(await fixture.post("/api/sites", order));
  await fixture.finish(jobId);
  fixture.sent.length = 0;
  const job = await fixture.job(jobId);
  const site = await fixture.site(job.siteId ?? "");
  return { fixture, site, environment: await fixture.environment(job.environmentId ?? "") };
};

/** A completed backup of the environment; `change` makes of it what a test needs. */
export const backupOf = (
  { id, siteId }: EnvironmentRecord,
  startMs: number,
  change: Partial<BackupRecord> = {},
): BackupRecord => ({
  id: "018f0000-0000-7000-8000-0000000000b1",
  siteId,
  environmentId: id,
  scope: "full",
  status: "completed",
  storagePath: `backups/${id}/b1.tar.zst`,
  retentionUntilMs: startMs + 30 * 86_400_000,
  checksum: "ab".repeat(32),
  sizeBytes: 1000,
  drill: null,
  jobId: busyJobId,
  createdAtMs: startMs,
  completedAtMs: startMs,
  ...change,
});

/** The request for an environment cloned from `source`. */
export const staging = (source: EnvironmentRecord) => ({
  name: "Staging",
  slug: "staging",
  type: "staging",
  source_environment_id: source.id,
  promotion_preset: "commerce-protect",
});
export const restore = (fixture: SitesFixture, { id }: EnvironmentRecord, backupId: string, key?: string) =>
  fixture.post(`/api/environments/${id}/restore`, { backup_id: backupId }, key);
export const dayMs = 86_400_000;

/** Every operation that starts a job on a site that is there. */
export const mutations = {
  createEnvironment: (f: SitesFixture, e: EnvironmentRecord, key?: string) =>
    f.post(`/api/sites/${e.siteId}/environments`, staging(e), key),
  createBackup: (f: SitesFixture, e: EnvironmentRecord, key?: string) =>
    f.post(`/api/environments/${e.id}/backups`, { backup_scope: "full" }, key),
  restoreEnvironment: (f: SitesFixture, e: EnvironmentRecord, key?: string) => restore(f, e, backupOf(e, 0).id, key),
  startRestoreDrill: (f: SitesFixture, e: EnvironmentRecord, key?: string) =>
    f.post(`/api/environments/${e.id}/restore-drill`, undefined, key),
  deleteEnvironment: (f: SitesFixture, e: EnvironmentRecord) => f.remove(`/api/environments/${e.id}`),
  deleteSite: (f: SitesFixture, e: EnvironmentRecord) => f.remove(`/api/sites/${e.siteId}`),
} as const;
export const rows = Object.entries(mutations).map(([operation, ask]) => ({ operation, ask }));
/** Those of them that honour an Idempotency-Key. */
export const posts = rows.filter(({ operation }) => !operation.startsWith("delete"));

/** A site in service, with a completed backup of its environment. */
export const withBackup = async () => {
  const made = await withSite();
  await made.fixture.putBackup(backupOf(made.environment, made.fixture.startMs));
  return made;
};
