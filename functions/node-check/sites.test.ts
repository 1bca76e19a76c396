/** What log-ins and resets ask of a node, believe of its answers, and write; the host is the one stand-in. */
import { describe, expect, it } from "vitest";
import { apiError } from "../../contracts/models.ts";
import { loginLink, resetAnswer } from "../../contracts/site-models.ts";
import { startSiteCreate } from "../../shared/domain/plans/start-site.ts";
import type { EnvironmentRecord, SiteRecord } from "../../shared/domain/site.ts";
import { makeActiveNode, nodeId } from "../../shared/domain/testing.ts";
import type { CommandResult, SshCommand, SshOutcome, SshTarget } from "../../shared/node/index.ts";
import { keys } from "../../shared/store/keys.ts";
import { nodeItem } from "../../shared/store/nodes.ts";
import { environmentItem, findEnvironment, findSite, siteItem } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";
import type { HttpResponse } from "../http/edge.ts";
import { makeWorld, readBody } from "../http/testing.ts";
import { providerWrite, serveNodeCheck } from "./fixture.ts";

const siteId = "018f0000-0000-7000-8000-0000000000c1";
const primaryId = "018f0000-0000-7000-8000-0000000000e1";
const stagingId = "018f0000-0000-7000-8000-0000000000e2";
const strangeId = "018f0000-0000-7000-8000-0000000fffff";
const busyJobId = "018f0000-0000-7000-8000-000000000099";

const start = startSiteCreate({
  jobId: busyJobId,
  installation: "i",
  node: makeActiveNode(),
  nowMs: 0,
  siteId,
  environmentId: primaryId,
  name: "Acme",
  slug: "acme",
  adminEmail: "ada@example.org",
  previewDomain: "example.org:8088",
});
const origin = "http://production.acme.example.org:8088";

interface Scene {
  site?: Partial<SiteRecord>;
  primary?: Partial<EnvironmentRecord>;
  staging?: Partial<EnvironmentRecord>;
  /** What each command answers, or that nothing does. */
  answers?: readonly Partial<CommandResult>[] | "silent";
  sshUser?: string;
  hasKey?: boolean;
  meanwhile?: (table: Table) => Promise<unknown>;
}

const makeFixture = async ({ site = {}, primary = {}, staging = {}, answers = [], ...rest }: Scene = {}) => {
  const { table, startMs } = await makeWorld();
  const nowMs = startMs + 1000;
  const [created] = start.environments;
  if (created === undefined) throw new Error("no environment");
  const environmentIds = [primaryId, stagingId];
  const own: SiteRecord = { ...start.site.after, status: "active", openJobId: null, environmentIds, ...site };
  const environment = { ...created.after, status: "active", ...primary } as const;
  const other = {
    ...environment,
    id: stagingId,
    slug: "staging",
    previewUrl: "http://staging.acme.example.org:8088",
    status: "active",
    ...staging,
  } as const;
  await table.write({ put: siteItem(own) }, { put: environmentItem(environment) }, { put: environmentItem(other) });
  await table.write({ put: nodeItem(makeActiveNode({ sshUser: rest.sshUser ?? "root" })) });
  await table.write(providerWrite(startMs, rest.hasKey));
  const asked: SshCommand[] = [];
  const runOnHost = async (_target: SshTarget, commands: readonly SshCommand[]): Promise<SshOutcome> => {
    asked.push(...commands);
    await rest.meanwhile?.(table);
    if (answers === "silent")
      return { reached: false, reason: "timeout", message: "The server did not answer over SSH in time." };
    return {
      reached: true,
      hostKey: "ssh-ed25519 AAAA",
      results: answers.map((one) => ({ exitCode: 0, stdout: "", stderr: "", ...one })),
    };
  };
  const { post, lines } = serveNodeCheck({ table, nowMs, readSecret: async () => "the private key", runOnHost });
  return {
    table,
    nowMs,
    asked,
    lines,
    login: (id = primaryId) => post(`/api/environments/${id}/login`),
    resetSite: (id = siteId) => post(`/api/sites/${id}/reset`),
    resetEnvironment: (id = primaryId) => post(`/api/environments/${id}/reset`),
    primary: () => findEnvironment(table, primaryId),
    statuses: async () => [
      (await findSite(table, siteId))?.status,
      (await findEnvironment(table, primaryId))?.status,
      (await findEnvironment(table, stagingId))?.status,
    ],
    audits: () => table.dump().filter(({ pk }) => pk.startsWith("AUDIT#")),
  };
};
const refused = (response: HttpResponse) => ({ status: response.statusCode, ...apiError.parse(readBody(response)) });

const link = (change: { login_url?: unknown; expires_at?: unknown } = {}) => ({
  stdout: `${JSON.stringify({ login_url: `${origin}/?pressluft_login=t0ken`, expires_at: "2026-10-01T08:01:00Z", ...change })}\n`,
});

describe("loginEnvironment", () => {
  it("hands on what the node made, keeps nothing of it, and says who asked", async () => {
    const fixture = await makeFixture({ answers: [link()] });
    const response = await fixture.login();
    expect(response.statusCode, response.body).toBe(200);
    expect(loginLink.parse(readBody(response))).toEqual({
      login_url: `${origin}/?pressluft_login=t0ken`,
      expires_at: "2026-10-01T08:01:00.000Z",
    });
    expect(JSON.stringify([fixture.table.dump(), fixture.lines])).not.toContain("t0ken");
    expect(fixture.audits()).toMatchObject([
      { action: "loginEnvironment", actor: "token:ada@example.org", environmentId: primaryId, nodeId },
    ]);
  });

  it.each([
    ["root", "/usr/local/lib/pressluft/login pl_0000000000e1"],
    ["admin", "sudo -n /usr/local/lib/pressluft/login pl_0000000000e1"],
  ])("asks as %s in one command, of which no word was typed by a person", async (sshUser, line) => {
    const fixture = await makeFixture({ answers: [link()], sshUser });
    await fixture.login();
    expect(fixture.asked).toEqual([line]);
  });

  it.each([
    ["nothing", {}],
    ["its error", { exitCode: 1, stdout: '{"error":"no such environment"}' }],
    ["a link, but fails", { ...link(), exitCode: 1 }],
    ["too late", { exitCode: null, stdout: "" }],
    ["no JSON", { stdout: "<html>" }],
    ["a list", { stdout: "[]" }],
    ["a link to elsewhere", link({ login_url: "http://evil.example.org/?pressluft_login=t" })],
    ["a link to another port", link({ login_url: "http://production.acme.example.org/?pressluft_login=t" })],
    ["a link that only begins like ours", link({ login_url: `${origin}.evil.org/?pressluft_login=t` })],
    ["a link with ours as a user", link({ login_url: "http://production.acme.example.org:8088@evil.org/" })],
    ["a link with a password", link({ login_url: "http://a:b@production.acme.example.org:8088/" })],
    ["a script", link({ login_url: "javascript:alert(1)" })],
    ["a link that lasts", link({ expires_at: "2026-10-01T09:00:00Z" })],
    ["a link that is over", link({ expires_at: "2026-10-01T07:00:00Z" })],
    ["a link without an end", link({ expires_at: null })],
  ])("does not believe a node that answers %s", async (_what, answer) => {
    const fixture = await makeFixture({ answers: [answer] });
    const response = await fixture.login();
    expect(refused(response)).toMatchObject({ status: 502, code: "wp_cli_error" });
    expect(response.body).not.toMatch(/evil|alert|no such/);
    expect(fixture.audits()).toEqual([]);
  });

  it.each([
    ["is silent", { answers: "silent" }],
    ["cannot be reached without a key", { hasKey: false }],
  ] as const)("is a 502 when the node %s", async (_when, scene) => {
    expect(refused(await (await makeFixture(scene)).login())).toMatchObject({ status: 502, code: "node_unreachable" });
  });

  it.each(["cloning", "deploying", "restoring", "failed"] as const)(
    "of an environment that is %s is a 409",
    async (status) => {
      const fixture = await makeFixture({ primary: { status } });
      expect(refused(await fixture.login())).toMatchObject({
        status: 409,
        code: "environment_not_active",
        details: { status },
      });
      expect(fixture.asked).toEqual([]);
    },
  );

  it("of none, or of one that is removed, is a 404", async () => {
    expect(refused(await (await makeFixture()).login(strangeId)).status).toBe(404);
    expect(refused(await (await makeFixture({ primary: { removedAtMs: 1 } })).login()).status).toBe(404);
  });
});

const well = { stdout: '{"status": 200, "redirects": 0, "duration_ms": 12}' };
const ill = { exitCode: 1, stdout: '{"status": 500, "redirects": 0, "duration_ms": 12}' };
const dead = { exitCode: 1, stdout: '{"error": "no answer: ConnectionRefusedError"}' };
const failedSite = { site: { status: "failed" }, primary: { status: "failed" } } as const;
const reset = (response: HttpResponse) => {
  expect(response.statusCode, response.body).toBe(200);
  return resetAnswer.parse(readBody(response));
};

describe("resetSite", () => {
  it("takes site and environments into service when all of them answer", async () => {
    const fixture = await makeFixture({ ...failedSite, staging: { status: "failed" }, answers: [well, well] });
    expect(reset(await fixture.resetSite())).toEqual({ success: true, status: "active" });
    expect(await fixture.statuses()).toEqual(["active", "active", "active"]);
    expect(fixture.asked).toEqual(["e1", "e2"].map((end) => `/usr/local/lib/pressluft/health pl_0000000000${end}`));
    expect(fixture.audits()).toMatchObject([{ action: "resetSite", siteId }]);
  });

  it.each([
    ["one answers 500", [well, ill], [200, 500]],
    ["one does not answer", [dead, well], [null, 200]],
    ["one hangs", [well, { exitCode: null }], [200, null]],
    ["one was not asked", [well], [200, null]],
    ["one claims to be well and fails", [{ ...well, exitCode: 1 }, well], [200, 200]],
    ["one babbles", [well, { stdout: "ok" }], [200, null]],
  ] as const)("changes nothing when %s, and says what was seen", async (_what, answers, seen) => {
    const fixture = await makeFixture({ ...failedSite, answers });
    const answer = refused(await fixture.resetSite());
    expect(answer).toMatchObject({
      status: 409,
      code: "reset_validation_failed",
      details: { environments: seen.map((http_status) => ({ http_status })) },
    });
    expect(answer.message).not.toContain("ConnectionRefused");
    expect(await fixture.statuses()).toEqual(["failed", "failed", "active"]);
    expect(fixture.audits()).toEqual([]);
  });

  it("changes nothing when the node is silent", async () => {
    const fixture = await makeFixture({ ...failedSite, answers: "silent" });
    expect(refused(await fixture.resetSite())).toMatchObject({ status: 409, code: "reset_validation_failed" });
    expect(await fixture.statuses()).toEqual(["failed", "failed", "active"]);
  });

  it("of a site that has not failed is a 409", async () => {
    expect(refused(await (await makeFixture()).resetSite())).toMatchObject({
      status: 409,
      code: "resource_not_failed",
      details: { site_id: siteId, status: "active" },
    });
  });

  it("of a site that a job has is a 409 that names it", async () => {
    const fixture = await makeFixture({ site: { status: "restoring", openJobId: busyJobId } });
    expect(refused(await fixture.resetSite())).toMatchObject({ code: "conflict", details: { job_id: busyJobId } });
    expect(fixture.asked).toEqual([]);
  });

  it("that loses to a job's start changes nothing and names the job", async () => {
    const meanwhile = (table: Table) =>
      table.write({ update: keys.site(siteId), set: { openJobId: busyJobId }, add: { stateVersion: 1 } });
    const fixture = await makeFixture({ ...failedSite, answers: [well, well], meanwhile });
    expect(refused(await fixture.resetSite())).toMatchObject({ code: "conflict", details: { job_id: busyJobId } });
    expect(await fixture.statuses()).toEqual(["failed", "failed", "active"]);
  });

  it("of none is a 404", async () => {
    expect(refused(await (await makeFixture()).resetSite(strangeId)).status).toBe(404);
  });
});

describe("resetEnvironment", () => {
  it("asks that one alone; with the primary one the site is in service too", async () => {
    const fixture = await makeFixture({ ...failedSite, staging: { status: "failed" }, answers: [well] });
    reset(await fixture.resetEnvironment());
    expect(await fixture.statuses()).toEqual(["active", "active", "failed"]);
    expect(fixture.asked).toHaveLength(1);
    expect(fixture.audits()).toMatchObject([{ action: "resetEnvironment", environmentId: primaryId }]);
  });

  it("of another leaves the site as it is", async () => {
    const fixture = await makeFixture({ ...failedSite, staging: { status: "failed" }, answers: [well] });
    reset(await fixture.resetEnvironment(stagingId));
    expect(await fixture.statuses()).toEqual(["failed", "failed", "active"]);
  });

  const told = (live: object) => ({ stdout: JSON.stringify({ status: 200, redirects: 0, duration_ms: 12, ...live }) });

  it.each([
    ["a release and a version", { release: "0123abcd", wordpress_version: "6.1.1" }, "0123abcd", "6.1.1"],
    ["nothing, being older", {}, null, null],
    ["null", { release: null, wordpress_version: null }, null, null],
    ["a path for a release", { release: "../../etc", wordpress_version: "6.1.1" }, null, "6.1.1"],
    ["a release too long", { release: "0123abcd0", wordpress_version: 6 }, null, null],
    ["markup for a version", { release: ["0123abcd"], wordpress_version: "<script>" }, null, null],
  ] as const)("records what nobody has seen, and believes no more: the node tells %s", async (_what, live, ...now) => {
    const fixture = await makeFixture({ ...failedSite, answers: [told(live)] });
    reset(await fixture.resetEnvironment());
    const primary = await fixture.primary();
    expect([primary?.release, primary?.wordpressVersion]).toEqual(now);
    expect(primary?.status).toBe("active");
  });

  it.each([
    ["another release", { release: "0123abcd", wordpress_version: "6.1.1" }, "0123abcd", "6.1.1"],
    ["nothing", {}, "0000abcd", "6.4"],
  ] as const)(
    "records what the node says, and keeps what is known otherwise: it tells %s",
    async (_what, live, ...now) => {
      const known = { status: "failed", release: "0000abcd", wordpressVersion: "6.4" } as const;
      const fixture = await makeFixture({ ...failedSite, primary: known, answers: [told(live)] });
      reset(await fixture.resetEnvironment());
      const [release, wordpressVersion] = now;
      expect(await fixture.primary()).toMatchObject({ status: "active", release, wordpressVersion });
    },
  );

  it("that does not answer is a 409", async () => {
    const fixture = await makeFixture({ ...failedSite, answers: [ill] });
    expect(refused(await fixture.resetEnvironment()).code).toBe("reset_validation_failed");
  });

  it.each([
    ["in service", {}, 409],
    ["removed", { primary: { status: "failed", removedAtMs: 1 } }, 404],
  ] as const)("of one that is %s is refused", async (_what, scene, status) => {
    expect(refused(await (await makeFixture(scene)).resetEnvironment()).status).toBe(status);
  });

  it("while a job has its site is a 409 that names it", async () => {
    const fixture = await makeFixture({ ...failedSite, site: { status: "cloning", openJobId: busyJobId } });
    expect(refused(await fixture.resetEnvironment())).toMatchObject({
      code: "conflict",
      details: { job_id: busyJobId },
    });
  });
});
