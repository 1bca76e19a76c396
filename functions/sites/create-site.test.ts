/** How a site is asked for: real edge, handlers and store over a table in memory. */
import { describe, expect, it } from "vitest";
import {
  accepted,
  busyJobId,
  dayMs,
  makeSitesFixture,
  nodeId,
  order,
  otherNodeId,
  readyNode,
  refused,
  type SitesFixture,
  strangeId,
} from "./fixture.ts";

const createSite = (fixture: SitesFixture, body: object = order, key?: string) => fixture.post("/api/sites", body, key);
const unready = { checkedAtMs: 0, reached: true, sudo: true, runtime: false };

describe("createSite", () => {
  it("answers 202 with its job, makes site and primary environment with it, and wakes the worker", async () => {
    const fixture = await makeSitesFixture();
    const jobId = accepted(await createSite(fixture));
    const job = await fixture.job(jobId);
    expect(job).toMatchObject({ jobType: "site_create", status: "queued", nodeId, work: { serverId: null } });
    expect(await fixture.site(job.siteId ?? "")).toMatchObject({
      name: "Acme",
      slug: "acme",
      status: "deploying",
      adminEmail: "ada@example.org",
      primaryEnvironmentId: job.environmentId,
      environmentIds: [job.environmentId],
      openJobId: jobId,
    });
    expect(await fixture.environment(job.environmentId ?? "")).toMatchObject({
      slug: "production",
      environmentType: "production",
      promotionPreset: "content-protect",
      status: "deploying",
      previewUrl: "http://production.acme.198-18-0-1.example.org:8088",
    });
    expect(await fixture.node()).toMatchObject({
      openJobId: jobId,
      environmentCount: 1,
      lastJobId: readyNode().lastJobId,
    });
    expect(fixture.sent).toEqual([{ v: 1, job_id: jobId, seq: 0 }]);
  });

  it("leaves an audit entry that says who, and of which site", async () => {
    const fixture = await makeSitesFixture();
    const job = await fixture.job(accepted(await createSite(fixture)));
    expect(fixture.table.dump().find(({ pk }) => pk.startsWith("AUDIT#"))).toMatchObject({
      actor: "token:ada@example.org",
      action: "createSite",
      jobId: job.id,
      siteId: job.siteId,
      environmentId: job.environmentId,
      nodeId,
    });
  });

  it("takes an administrator's address of its own", async () => {
    const fixture = await makeSitesFixture();
    const job = await fixture.job(accepted(await createSite(fixture, { ...order, admin_email: "eve+wp@example.com" })));
    expect((await fixture.site(job.siteId ?? "")).adminEmail).toBe("eve+wp@example.com");
  });

  it.each([
    `O'Brien "& Söhne" <script>`,
    "$(touch /nowhere/pwned); `id`",
    "{{ lookup('env','HOME') }} {% raw %}",
    "'; DROP TABLE wp_users; --",
    "日本語 🛒",
    "../../etc",
  ])("keeps the name %s as it is, and in the name alone", async (name) => {
    const fixture = await makeSitesFixture();
    const job = await fixture.job(accepted(await createSite(fixture, { name, slug: "acme" })));
    expect((await fixture.site(job.siteId ?? "")).name).toBe(name);
    const others = fixture.table.dump().filter(({ sk }) => sk !== "SITE");
    expect(JSON.stringify(others)).not.toContain(JSON.stringify(name).slice(1, -1));
  });
});

describe("createSite is refused for", () => {
  const hostile = (field: string, values: readonly unknown[]) => values.map((value) => ({ field, value }));
  it.each([
    ...hostile("slug", [
      "",
      "-a",
      "a-",
      "A",
      "a.b",
      "a/b",
      "a b",
      "ä",
      "a_b",
      "1a",
      "xn--a",
      "a\nb",
      "$(id)",
      "a".repeat(41),
      7,
      null,
    ]),
    ...hostile("name", ["", "   ", "a\nb", "a\u0000b", "a\ud800b", "a".repeat(101), 7, null]),
    ...hostile("admin_email", [
      "",
      "ada",
      "ada@",
      "a b@example.org",
      "ada@example.org\nBcc: x@y.z",
      `${"a".repeat(100)}@example.org`,
      null,
    ]),
    ...hostile("node_id", ["", "1", "../nodes", null]),
  ])("$field = $value", async ({ field, value }) => {
    const fixture = await makeSitesFixture();
    const answer = refused(await createSite(fixture, { ...order, [field]: value }));
    expect(answer).toMatchObject({ status: 400, code: "bad_request", details: { field } });
    expect([fixture.countOf("SITE#"), fixture.countOf("SLUG#"), fixture.sent.length]).toEqual([0, 0, 0]);
  });

  it("a slug that another site has", async () => {
    const fixture = await makeSitesFixture([readyNode(), readyNode({ id: otherNodeId })]);
    await fixture.finish(accepted(await createSite(fixture)));
    const answer = refused(await createSite(fixture));
    expect(answer).toMatchObject({ status: 409, code: "conflict", details: { field: "slug" } });
    expect(fixture.countOf("SITE#")).toBe(1);
  });

  it("a node that there is not", async () => {
    const fixture = await makeSitesFixture();
    expect(refused(await createSite(fixture, { ...order, node_id: strangeId }))).toMatchObject({
      status: 400,
      details: { field: "node_id" },
    });
  });

  it("a node that is not ready, with the reasons and what to do", async () => {
    const fixture = await makeSitesFixture([readyNode({ probe: unready })]);
    const answer = refused(await createSite(fixture, { ...order, node_id: nodeId }));
    expect(answer).toMatchObject({
      status: 409,
      code: "node_not_ready",
      details: { node_id: nodeId, reason_codes: ["runtime_missing"] },
    });
    expect(answer.guidance).toHaveLength(1);
    expect([fixture.countOf("SITE#"), fixture.countOf("JOB#"), fixture.sent.length]).toEqual([0, 0, 0]);
  });

  it("a node that a job has, with the job", async () => {
    const fixture = await makeSitesFixture([readyNode({ openJobId: busyJobId })]);
    for (const body of [order, { ...order, node_id: nodeId }])
      expect(refused(await createSite(fixture, body))).toMatchObject({
        status: 409,
        code: "conflict",
        details: { node_id: nodeId, job_id: busyJobId },
      });
  });

  it("want of any node, with what to do", async () => {
    const answer = refused(await createSite(await makeSitesFixture([])));
    expect(answer).toMatchObject({ status: 409, code: "node_not_ready", details: { reason_codes: [] } });
    expect(answer.guidance?.join()).toContain("Create a node");
  });

  it("want of a ready node, with the reasons of all", async () => {
    const nodes = [readyNode({ probe: unready }), readyNode({ id: otherNodeId, status: "unreachable" })];
    expect(refused(await createSite(await makeSitesFixture(nodes)))).toMatchObject({
      code: "node_not_ready",
      details: { reason_codes: expect.arrayContaining(["runtime_missing", "node_unreachable"]) },
    });
  });
});

describe("createSite without a node", () => {
  const placed = async (nodes: Parameters<typeof makeSitesFixture>[0]) => {
    const fixture = await makeSitesFixture(nodes);
    return (await fixture.job(accepted(await createSite(fixture)))).nodeId;
  };

  it("goes to the ready node with the fewest environments", async () => {
    expect(
      await placed([readyNode({ environmentCount: 3 }), readyNode({ id: otherNodeId, environmentCount: 2 })]),
    ).toBe(otherNodeId);
  });

  it("passes by a node that a job has, or that is not ready", async () => {
    const third = readyNode({ id: strangeId, environmentCount: 9 });
    expect(
      await placed([readyNode({ openJobId: busyJobId }), readyNode({ id: otherNodeId, probe: unready }), third]),
    ).toBe(strangeId);
  });

  it("goes on to the next when a job takes the first meanwhile", async () => {
    const fixture = await makeSitesFixture([readyNode(), readyNode({ id: otherNodeId, environmentCount: 1 })]);
    const bodies = ["one", "two"].map((slug) => ({ ...order, slug }));
    const ids = (await Promise.all(bodies.map((body) => createSite(fixture, body)))).map(accepted);
    const places = await Promise.all(ids.map(async (id) => (await fixture.job(id)).nodeId));
    expect(new Set(places)).toEqual(new Set([nodeId, otherNodeId]));
  });
});

describe("createSite under an Idempotency-Key", () => {
  it("twice with the same body is one job, also when it would be refused now", async () => {
    const fixture = await makeSitesFixture();
    const first = accepted(await createSite(fixture, order, "key-1"));
    await fixture.putNode(readyNode({ probe: unready }));
    expect(accepted(await createSite(fixture, { slug: order.slug, name: order.name }, "key-1"))).toBe(first);
    expect([fixture.countOf("JOB#"), fixture.sent.length]).toEqual([1, 1]);
  });

  it("ten times at once is one job, and every answer names it", async () => {
    const fixture = await makeSitesFixture([readyNode(), readyNode({ id: otherNodeId })]);
    const responses = await Promise.all(Array.from({ length: 10 }, () => createSite(fixture, order, "key-1")));
    expect(new Set(responses.map(accepted)).size).toBe(1);
    expect([fixture.countOf("SITE#"), fixture.countOf("JOB#"), fixture.countOf("ENVIRONMENT#")]).toEqual([1, 1, 1]);
  });

  it("with another body is a 409", async () => {
    const fixture = await makeSitesFixture();
    accepted(await createSite(fixture, order, "key-1"));
    expect(refused(await createSite(fixture, { ...order, slug: "other" }, "key-1"))).toMatchObject({
      status: 409,
      code: "idempotency_mismatch",
    });
  });

  it("keeps no refusal, and is a new request after 24 hours", async () => {
    const fixture = await makeSitesFixture([readyNode({ openJobId: busyJobId })]);
    expect(refused(await createSite(fixture, order, "key-1")).code).toBe("conflict");
    await fixture.putNode(readyNode());
    const first = accepted(await createSite(fixture, order, "key-1"));
    await fixture.finish(first);
    fixture.advance(dayMs);
    expect(accepted(await createSite(fixture, { ...order, slug: "other" }, "key-1"))).not.toBe(first);
  });
});
