/** What the API shows of jobs, and what a cancel comes to: real edge, handlers and store over a table in memory. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { JobMessage } from "../../contracts/messages.ts";
import { apiError, cancelAnswer, job as jobSchema, metrics } from "../../contracts/models.ts";
import type { JobRecord } from "../../shared/domain/job.ts";
import { plans } from "../../shared/domain/plans/index.ts";
import { startSiteCreate } from "../../shared/domain/plans/start-site.ts";
import {
  installation,
  jobId,
  makeActiveNode,
  makeJob,
  makeNode,
  nodeId,
  startMs,
} from "../../shared/domain/testing.ts";
import { makeLog } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import { findJob, jobItem, leaseJob } from "../../shared/store/jobs.ts";
import { keys } from "../../shared/store/keys.ts";
import { findNode, nodeItem } from "../../shared/store/nodes.ts";
import { startSiteJob } from "../../shared/store/site-requests.ts";
import { findEnvironment, findSite } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import { type HttpResponse, serve } from "../http/edge.ts";
import { buildGatewayEvent } from "../http/gateway-event.ts";
import { makeWorld, readBody, withToken } from "../http/testing.ts";
import { makeJobsHandlers } from "./handlers.ts";

/** `meanwhile` is called once, right before the first write: what somebody else does meanwhile. */
const makeFixture = async (
  meanwhile: (table: Table) => Promise<unknown> = async () => undefined,
  queueFault?: Error,
) => {
  const world = await makeWorld();
  const { table: stored, startMs } = world;
  const sent: { message: JobMessage; delayMs: number }[] = [];
  const queue: Queue = {
    send: async (message, delayMs) => {
      if (queueFault) throw queueFault;
      sent.push({ message, delayMs });
    },
  };
  let isFirst = true;
  const table: Table = {
    ...stored,
    write: async (...writes) => {
      if (isFirst) await meanwhile(stored);
      isFirst = false;
      return stored.write(...writes);
    },
  };
  const nowMs = startMs + 1000;
  const log = makeLog(
    "test",
    () => nowMs,
    () => undefined,
  );
  const handler = serve("jobs", makeJobsHandlers({ table, queue, log }), {
    table,
    now: () => nowMs,
    log,
    cookieSecure: true,
  });
  const send = (method: string, path: string, query = ""): Promise<HttpResponse> =>
    handler(buildGatewayEvent("aws", { method, path, query, ...withToken }), {});
  return { table: stored, sent, nowMs, send };
};
type Fixture = Awaited<ReturnType<typeof makeFixture>>;

const putJob = async ({ table }: Pick<Fixture, "table">, change: Partial<JobRecord> = {}, jobType?: "node_delete") => {
  const job = makeJob(change, jobType);
  await table.write({ put: jobItem(job) });
  await table.write({ put: nodeItem(makeNode()) }, { put: { ...keys.nodeName("web-1"), nodeId } });
  return job;
};
const siteStart = startSiteCreate({
  jobId: "018f0000-0000-7000-8000-0000000000d1",
  installation,
  node: makeActiveNode(),
  nowMs: startMs,
  siteId: "018f0000-0000-7000-8000-0000000000c1",
  environmentId: "018f0000-0000-7000-8000-0000000000e1",
  name: "Acme",
  slug: "acme",
  adminEmail: "ada@example.org",
  previewDomain: "example.org",
});
const siteJob = siteStart.job;

/** A site that was asked for; its job changed as a test needs it. */
const putSiteJob = async ({ table }: Fixture, change: Partial<JobRecord> = {}) => {
  const audit = { id: "audit-1", atMs: startMs, actor: "test", action: "test", nodeId, jobId: siteJob.id };
  await table.write({ put: nodeItem(siteStart.node.before) });
  await startSiteJob(table, { start: siteStart, audit, idempotency: null, nowMs: startMs });
  const job = { ...siteJob, ...change };
  await table.write({ put: jobItem(job) });
  return { job, site: siteStart.site.after };
};
const cancelJob = (fixture: Fixture, id = jobId) => fixture.send("POST", `/api/jobs/${id}/cancel`);
const cancelled = (response: HttpResponse) => {
  expect(response.statusCode, response.body).toBe(200);
  return cancelAnswer.parse(readBody(response)).status;
};
const refused = (response: HttpResponse) => ({ status: response.statusCode, ...apiError.parse(readBody(response)) });
const lease = (table: Table) =>
  leaseJob(table, { jobId, seq: 0, leaseId: "lease-1", nowMs: Date.UTC(2026, 9, 1, 8), leaseMs: 75_000, maxLeases: 5 });

describe("cancelJob", () => {
  it("twice at once is one cancel, and both are told so", async () => {
    const fixture = await makeFixture();
    await putJob(fixture);
    const both = await Promise.all([cancelJob(fixture), cancelJob(fixture)]);
    expect(both.map(cancelled)).toEqual(["cancelled", "cancelled"]);
  });

  it("is taken although the queue fails: it is written down, and the worker's next look sees it", async () => {
    const fixture = await makeFixture(async () => undefined, new Error("SQS is down"));
    await putJob(fixture, { status: "running" });
    expect(cancelled(await cancelJob(fixture))).toBe("running");
    expect((await findJob(fixture.table, jobId))?.cancelRequestedAtMs).toBe(fixture.nowMs);
  });

  it("of a job that nobody has begun ends it at once, with its node, and frees the name", async () => {
    const fixture = await makeFixture();
    await putJob(fixture);
    expect(cancelled(await cancelJob(fixture))).toBe("cancelled");
    expect(await findJob(fixture.table, jobId)).toMatchObject({
      status: "cancelled",
      cancelRequestedAtMs: fixture.nowMs,
    });
    expect(await findNode(fixture.table, nodeId)).toMatchObject({
      status: "decommissioned",
      serverState: "none",
      openJobId: null,
    });
    expect(await fixture.table.get(keys.nodeName("web-1"))).toBeUndefined();
    expect(fixture.sent).toEqual([]);
  });

  it("twice is told the same", async () => {
    const fixture = await makeFixture();
    await putJob(fixture);
    await cancelJob(fixture);
    expect(cancelled(await cancelJob(fixture))).toBe("cancelled");
  });

  it("of a job that runs is written down, and the worker is hurried up", async () => {
    const fixture = await makeFixture();
    await putJob(fixture, { status: "running", wakeSeq: 4 });
    expect(cancelled(await cancelJob(fixture))).toBe("running");
    expect(await findJob(fixture.table, jobId)).toMatchObject({
      status: "running",
      cancelRequestedAtMs: fixture.nowMs,
    });
    expect(fixture.sent).toEqual([{ message: { v: 1, job_id: jobId, seq: 4 }, delayMs: 0 }]);
  });

  it("that loses to the worker's first look is written down instead", async () => {
    const fixture = await makeFixture(lease);
    await putJob(fixture);
    expect(cancelled(await cancelJob(fixture))).toBe("running");
    expect(await findJob(fixture.table, jobId)).toMatchObject({
      leaseId: "lease-1",
      cancelRequestedAtMs: fixture.nowMs,
    });
    expect(await findNode(fixture.table, nodeId)).toMatchObject({ status: "provisioning" });
    expect(await fixture.table.get(keys.nodeName("web-1"))).toBeDefined();
  });

  it("that loses to the job's end says what it ended with", async () => {
    const fixture = await makeFixture((table) => table.write({ put: jobItem(makeJob({ status: "succeeded" })) }));
    await putJob(fixture, { status: "running" });
    expect(refused(await cancelJob(fixture))).toMatchObject({
      status: 409,
      code: "job_not_cancellable",
      details: { status: "succeeded" },
    });
    expect(fixture.sent).toEqual([]);
  });

  it.each(["succeeded", "failed"] as const)("of a job that has %s is a 409", async (status) => {
    const fixture = await makeFixture();
    await putJob(fixture, { status });
    const answer = refused(await cancelJob(fixture));
    expect(answer).toMatchObject({
      status: 409,
      code: "job_not_cancellable",
      details: { job_type: "node_provision", status },
    });
    expect(answer.message).toContain(status);
  });

  it.each(["queued", "running"] as const)("of a %s deletion is a 409", async (status) => {
    const fixture = await makeFixture();
    await putJob(fixture, { status }, "node_delete");
    expect(refused(await cancelJob(fixture))).toMatchObject({
      code: "job_not_cancellable",
      details: { job_type: "node_delete" },
    });
    expect((await findJob(fixture.table, jobId))?.cancelRequestedAtMs).toBeNull();
  });

  it("of a site's job that has passed the point of no return is a 409", async () => {
    const fixture = await makeFixture();
    const { job } = await putSiteJob(fixture, { status: "running", finalAtMs: 1 });
    const answer = refused(await cancelJob(fixture, job.id));
    expect(answer).toMatchObject({ status: 409, code: "job_not_cancellable" });
    expect(answer.message).toContain("too far");
  });

  it("that loses to the point of no return is a 409", async () => {
    const fixture = await makeFixture((table) => table.write({ update: keys.job(siteJob.id), set: { finalAtMs: 1 } }));
    await putSiteJob(fixture, { status: "running" });
    expect(refused(await cancelJob(fixture, siteJob.id)).code).toBe("job_not_cancellable");
    expect((await findJob(fixture.table, siteJob.id))?.cancelRequestedAtMs).toBeNull();
  });

  it("of a site that nobody has begun to make removes it, frees its slug and its node", async () => {
    const fixture = await makeFixture();
    const { job, site } = await putSiteJob(fixture);
    expect(cancelled(await cancelJob(fixture, job.id))).toBe("cancelled");
    expect(await findSite(fixture.table, site.id)).toBeUndefined();
    expect(await fixture.table.get(keys.siteSlug(site.slug))).toBeUndefined();
    expect(await findEnvironment(fixture.table, site.primaryEnvironmentId)).toMatchObject({
      removedAtMs: fixture.nowMs,
    });
    expect(await findNode(fixture.table, job.nodeId)).toMatchObject({
      status: "active",
      openJobId: null,
      environmentCount: 0,
    });
    expect(fixture.sent).toEqual([]);
  });

  it("of a site's job that was begun is written down", async () => {
    const fixture = await makeFixture();
    const { job, site } = await putSiteJob(fixture, { wakeSeq: 1 });
    expect(cancelled(await cancelJob(fixture, job.id))).toBe("running");
    expect((await findSite(fixture.table, site.id))?.openJobId).toBe(job.id);
  });

  it("of no job is a 404", async () => {
    expect(refused(await cancelJob(await makeFixture()))).toMatchObject({ status: 404, code: "not_found" });
  });
});

describe("getJob and listJobs", () => {
  it("show a job with its timeline", async () => {
    const fixture = await makeFixture();
    await putJob(fixture);
    const shown = jobSchema.parse(readBody(await fixture.send("GET", `/api/jobs/${jobId}`)));
    expect(shown).toMatchObject({ id: jobId, job_type: "node_provision", status: "queued", node_id: nodeId });
    expect(shown.steps.map(({ name }) => name)).toEqual(plans.node_provision.steps);
    expect(refused(await fixture.send("GET", `/api/jobs/${nodeId}`))).toMatchObject({ status: 404 });
  });

  it("list the newest first, page by page", async () => {
    const fixture = await makeFixture();
    const ids = [1, 2, 3].map((n) => `018f0000-0000-7000-8000-00000000000${n}`);
    for (const id of ids) await fixture.table.write({ put: jobItem(makeJob({ id })) });
    const list = async (query: string) => {
      const response = await fixture.send("GET", "/api/jobs", query);
      return {
        ids: z
          .array(jobSchema)
          .parse(readBody(response))
          .map(({ id }) => id),
        link: response.headers.link,
      };
    };
    const first = await list("limit=2");
    const rest = await list(/\?(.*)>/.exec(first.link ?? "")?.[1] ?? "");
    expect([...first.ids, ...rest.ids]).toEqual([...ids].reverse());
  });
});

describe("getMetrics", () => {
  const figures = async (fixture: Fixture) => metrics.parse(readBody(await fixture.send("GET", "/api/metrics")));
  const nothing = {
    jobs_running: 0,
    jobs_queued: 0,
    nodes_active: 0,
    sites_total: 0,
    nodes_total: 0,
    nodes_not_ready: 0,
    servers_still_billing: 0,
    monthly_cost_total: 0,
  };

  it("of an empty installation are all zero", async () => {
    expect(await figures(await makeFixture())).toEqual(nothing);
  });

  it("count what is alive, and what is billed although it is not", async () => {
    const fixture = await makeFixture();
    const { table } = fixture;
    const ready = { checkedAtMs: 0, reached: true, sudo: true, runtime: true };
    const nodes = [
      makeActiveNode({ id: "a", probe: ready }),
      makeActiveNode({ id: "b", monthlyCostCents: 1010 }),
      makeNode({ id: "c" }),
      makeActiveNode({ id: "d", status: "decommissioned", serverState: "still_billing", monthlyCostCents: 29 }),
      makeActiveNode({ id: "e", status: "decommissioned", serverState: "gone" }),
    ];
    for (const node of nodes) await table.write({ put: nodeItem(node) });
    const jobs = ["queued", "running", "running", "succeeded", "failed", "cancelled"] as const;
    for (const [n, status] of jobs.entries()) await table.write({ put: jobItem(makeJob({ id: `job-${n}`, status })) });
    expect(await figures(fixture)).toEqual({
      ...nothing,
      jobs_running: 2,
      jobs_queued: 1,
      nodes_active: 2,
      nodes_total: 3,
      nodes_not_ready: 2,
      servers_still_billing: 1,
      monthly_cost_total: 15.38,
    });
  });

  it("count the sites", async () => {
    const fixture = await makeFixture();
    await putSiteJob(fixture);
    expect(await figures(fixture)).toMatchObject({ sites_total: 1, jobs_queued: 1 });
  });

  it("count beyond one page", async () => {
    const fixture = await makeFixture();
    for (let n = 0; n < 501; n += 1)
      await fixture.table.write({ put: nodeItem(makeActiveNode({ id: `node-${n}`, monthlyCostCents: 1 })) });
    expect(await figures(fixture)).toMatchObject({ nodes_active: 501, monthly_cost_total: 5.01 });
  });
});
