/** What functions really do in the table, held against the roles of the synthesized stack: the emulator refuses nothing. */
import { beforeEach, describe, expect, it } from "vitest";
import { type ApiHandler, type HttpResponse, serve } from "../functions/http/edge.ts";
import { buildGatewayEvent } from "../functions/http/gateway-event.ts";
import { withToken } from "../functions/http/testing.ts";
import { makeJobsHandlers } from "../functions/jobs/handlers.ts";
import { makeNodeCheckHandlers } from "../functions/node-check/handlers.ts";
import { watchNodes } from "../functions/node-watch/handlers.ts";
import { accepted, mutations, order, posts, type SitesFixture, withBackup } from "../functions/sites/fixture.ts";
import { disconnectedProvider } from "../shared/domain/provider.ts";
import type { EnvironmentRecord } from "../shared/domain/site.ts";
import { newId } from "../shared/ids.ts";
import { makeLog } from "../shared/log.ts";
import { toItem } from "../shared/store/items.ts";
import { keys } from "../shared/store/keys.ts";
import type { Table } from "../shared/store/table.ts";
import { makeBackup, makeBackupWorld } from "./harness/backup-world.ts";
import { grantOnly } from "./harness/granted.ts";
import { runJob } from "./harness/world.ts";

const log = makeLog("test", Date.now, () => {});
const queue = { send: async () => {} };

it("a role is held to what it may do", async () => {
  const { fixture } = await withBackup();
  const { refused } = grantOnly(fixture.table, "node-watch");
  await expect(fixture.site("018f0000-0000-7000-8000-0000000000c1")).rejects.toThrow("may not GetItem");
  expect(refused).toEqual(["node-watch may not GetItem SITE#"]);
});

describe("the worker", () => {
  it("may do what every job of nodes, sites and backups takes", { timeout: 120_000 }, async () => {
    const world = await makeBackupWorld();
    const { refused } = grantOnly(world.deps.table, "worker");
    const run = async (started: Promise<{ nodeId: string; jobId: string }>) => {
      const began = await started;
      await runJob(world, began);
      expect((await world.job(began.jobId)).status).toBe("succeeded");
      return began;
    };
    const { siteId } = await run(world.createSite("other")).then(({ jobId }) => world.job(jobId));
    const backup = await makeBackup(world);
    await run(world.startDrill(backup));
    await run(world.startRestore(backup));
    const { environmentId } = await run(world.clone(world.environmentId, "staging")).then(({ jobId }) =>
      world.job(jobId),
    );
    await run(world.deleteEnvironment(environmentId ?? ""));
    await run(world.deleteSite(siteId ?? "", true));
    await run(world.order("web-2")).then(({ nodeId }) => run(world.remove(nodeId)));
    expect(refused).toEqual([]);
  });
});

type Ask = (method: "GET" | "POST", path: string) => Promise<HttpResponse>;
const asking =
  (handler: ApiHandler): Ask =>
  (method, path) =>
    handler(buildGatewayEvent("aws", { method, path, ...withToken }), {});

const serveJobs = ({ table, startMs }: SitesFixture): Ask =>
  asking(
    serve("jobs", makeJobsHandlers({ table, queue, log }), { table, now: () => startMs, log, cookieSecure: true }),
  );

/** Over a node on which every program says this. */
const serveNodeCheck = ({ table, startMs }: SitesFixture, said: object): Ask => {
  const now = () => startMs;
  const results = [{ exitCode: 0, stdout: JSON.stringify(said), stderr: "" }];
  const handlers = makeNodeCheckHandlers({
    table,
    now,
    newId,
    readSecret: async () => "a key",
    lookAtHost: async () => ({ reached: false, reason: "timeout" }),
    runOnHost: async () => ({ reached: true, hostKey: "", results }),
  });
  return asking(serve("node-check", handlers, { table, now, log, cookieSecure: true }));
};

const managedKey = { secretName: "pressluft/i/ssh-key/hetzner", publicKey: "", fingerprintMd5: "aa", hetznerId: 1 };
const putProvider = (table: Table) =>
  table.write({ put: toItem(keys.provider("hetzner"), { ...disconnectedProvider("hetzner", 0), managedKey }) });

describe("with a site, a backup and what is asked of them", () => {
  let fixture: SitesFixture;
  let environment: EnvironmentRecord;
  beforeEach(async () => {
    ({ fixture, environment } = await withBackup());
  });

  it.each([...posts, ...["deleteSite"].map((operation) => ({ operation, ask: mutations.deleteSite }))])(
    "sites may do what $operation takes, also when it is asked twice",
    async ({ ask }) => {
      const { refused } = grantOnly(fixture.table, "sites");
      accepted(await ask(fixture, environment, "a-key"));
      await ask(fixture, environment, "a-key");
      await ask(fixture, environment, "another-key");
      expect(refused).toEqual([]);
    },
  );

  it("sites may make a site, refuse its slug to another, and show everything", async () => {
    const { refused } = grantOnly(fixture.table, "sites");
    const taken = await fixture.post("/api/sites", order);
    expect([taken.statusCode, taken.body]).toEqual([409, expect.stringContaining("slug")]);
    accepted(await fixture.post("/api/sites", { ...order, slug: "second" }));
    const shown = ["sites", `sites/${environment.siteId}`, `sites/${environment.siteId}/environments`];
    const more = [`environments/${environment.id}`, `environments/${environment.id}/backups`];
    for (const path of [...shown, ...more]) expect((await fixture.get(`/api/${path}`)).statusCode).toBe(200);
    expect(refused).toEqual([]);
  });

  it.each(posts)("jobs may cancel $operation before it has begun", async ({ ask }) => {
    const jobId = accepted(await ask(fixture, environment));
    const { refused } = grantOnly(fixture.table, "jobs");
    const answer = await serveJobs(fixture)("POST", `/api/jobs/${jobId}/cancel`);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain("cancelled");
    expect(refused).toEqual([]);
  });

  it("jobs may cancel a new site, and count everything", async () => {
    const jobId = accepted(await fixture.post("/api/sites", { ...order, slug: "second" }));
    const { refused } = grantOnly(fixture.table, "jobs");
    const call = serveJobs(fixture);
    expect((await call("POST", `/api/jobs/${jobId}/cancel`)).body).toContain("cancelled");
    for (const path of ["metrics", "jobs", `jobs/${jobId}`])
      expect((await call("GET", `/api/${path}`)).statusCode).toBe(200);
    expect(refused).toEqual([]);
  });

  it("node-check may make a log-in", async () => {
    await putProvider(fixture.table);
    const { refused } = grantOnly(fixture.table, "node-check");
    const link = { login_url: environment.previewUrl, expires_at: new Date(fixture.startMs + 60_000).toISOString() };
    const answer = await serveNodeCheck(fixture, link)("POST", `/api/environments/${environment.id}/login`);
    expect([answer.statusCode, refused]).toEqual([200, []]);
  });

  it("node-check may take a failed environment or site into service, or check a node", async () => {
    await putProvider(fixture.table);
    const site = await fixture.site(environment.siteId);
    const second = { ...environment, id: newId(fixture.startMs), status: "failed" } as const;
    await fixture.putEnvironment(second);
    await fixture.putSite({ ...site, environmentIds: [environment.id, second.id] });
    const { refused } = grantOnly(fixture.table, "node-check");
    const ask = serveNodeCheck(fixture, { status: 200 });
    expect((await ask("POST", `/api/environments/${second.id}/reset`)).statusCode).toBe(200);
    await ask("POST", `/api/nodes/${site.nodeId}/check`);
    expect(refused).toEqual([]);
  });

  it("node-watch may look at every node and write what it saw", async () => {
    await putProvider(fixture.table);
    const { refused } = grantOnly(fixture.table, "node-watch");
    const deps = { table: fixture.table, now: () => fixture.startMs + 3_600_000, log, readSecret: async () => "a key" };
    const looked = await watchNodes({ ...deps, lookAtHost: async () => ({ reached: false, reason: "timeout" }) });
    expect([looked, refused]).toEqual([1, []]);
  });
});
