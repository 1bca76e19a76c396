/** What the API takes, refuses and shows of nodes: real edge, handlers and store over a table in memory. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { apiError, jobAccepted, node as nodeSchema } from "../../contracts/models.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import { disconnectedProvider } from "../../shared/domain/provider.ts";
import { findJob } from "../../shared/store/jobs.ts";
import { keys } from "../../shared/store/keys.ts";
import { findNode, nodeItem } from "../../shared/store/nodes.ts";
import type { HttpResponse } from "../http/edge.ts";
import { jsonRequest, readBody, withSession, withToken } from "../http/testing.ts";
import { installation, makeNodesFixture, type NodesFixture } from "./fixture.ts";

const order = { provider_id: "hetzner", name: "web-1" };
const dayMs = 24 * 3_600_000;

const createNode = (fixture: NodesFixture, body: object = order, key?: string): Promise<HttpResponse> =>
  fixture.send(
    jsonRequest("POST", "/api/nodes", body, {
      ...withToken.headers,
      ...(key === undefined ? {} : { "idempotency-key": key }),
    }),
  );
const deleteNode = (fixture: NodesFixture, id: string) =>
  fixture.send({ method: "DELETE", path: `/api/nodes/${id}`, ...withToken });
const accepted = (response: HttpResponse): string => {
  expect(response.statusCode, response.body).toBe(202);
  return jobAccepted.parse(readBody(response)).job_id;
};
const refused = (response: HttpResponse) => ({ status: response.statusCode, ...apiError.parse(readBody(response)) });
const countOf = ({ table }: NodesFixture, prefix: string) =>
  table.dump().filter(({ pk }) => pk.startsWith(prefix)).length;

/** The node that was ordered, changed as the worker would have. */
const makeStoredNode = async (fixture: NodesFixture, change: Partial<NodeRecord> = {}): Promise<NodeRecord> => {
  const job = await findJob(fixture.table, accepted(await createNode(fixture)));
  const node = await findNode(fixture.table, job?.nodeId ?? "");
  if (node === undefined) throw new Error("no node");
  const changed = {
    ...node,
    status: "active",
    serverState: "present",
    serverId: 7,
    openJobId: null,
    ...change,
  } as const;
  await fixture.table.write({ put: nodeItem(changed) });
  return changed;
};

describe("createNode", () => {
  it("answers 202 with its job, which is queued, and wakes the worker", async () => {
    const fixture = await makeNodesFixture();
    const response = await createNode(fixture);
    const jobId = accepted(response);
    expect(response.headers.location).toBe(`/api/jobs/${jobId}`);
    const job = await findJob(fixture.table, jobId);
    expect(job).toMatchObject({ jobType: "node_provision", status: "queued", installation, wakeSeq: 0 });
    expect(await findNode(fixture.table, job?.nodeId ?? "")).toMatchObject({
      name: "web-1",
      status: "provisioning",
      serverType: "cx23",
      location: "nbg1",
      image: "debian-12",
      sshPort: 2222,
      monthlyCostCents: 499,
      openJobId: jobId,
    });
    expect(fixture.sent).toEqual([{ v: 1, job_id: jobId, seq: 0 }]);
  });

  it("makes exactly these AWS calls: seven with a token and a key, and none to wait for twice", async () => {
    const fixture = await makeNodesFixture();
    fixture.calls.length = 0;
    accepted(await createNode(fixture, order, "key-1"));
    expect([...fixture.calls].sort()).toEqual([
      "GetItem IDEMPOTENCY",
      "GetItem INSTALLATION",
      "GetItem PROVIDER",
      "GetItem PROVIDER",
      "GetItem TOKEN",
      "SendMessage after 0",
      "Write of 5",
    ]);
  });

  it("makes one call more with a session, and one less without a key", async () => {
    const fixture = await makeNodesFixture();
    fixture.calls.length = 0;
    accepted(await fixture.send({ ...jsonRequest("POST", "/api/nodes", order, {}), ...withSession }));
    expect(fixture.calls.filter((call) => call === "GetItem SESSION")).toHaveLength(2);
    expect(fixture.calls).toHaveLength(7);
  });

  it("answers a replay with two reads and nothing else", async () => {
    const fixture = await makeNodesFixture();
    accepted(await createNode(fixture, order, "key-1"));
    fixture.calls.length = 0;
    accepted(await createNode(fixture, order, "key-1"));
    expect(fixture.calls).toEqual(["GetItem TOKEN", "GetItem IDEMPOTENCY"]);
  });

  it("without a name calls the node after its id", async () => {
    const fixture = await makeNodesFixture();
    const job = await findJob(fixture.table, accepted(await createNode(fixture, { provider_id: "hetzner" })));
    expect((await findNode(fixture.table, job?.nodeId ?? ""))?.name).toBe(`pl-${job?.nodeId.slice(-8)}`);
  });

  it("answers 202 although the queue does not: the sweeper wakes the job", async () => {
    const fixture = await makeNodesFixture();
    fixture.breakQueue();
    const jobId = accepted(await createNode(fixture));
    expect(await findJob(fixture.table, jobId)).toMatchObject({ status: "queued" });
    expect(fixture.lines.join()).toContain("job_not_woken");
  });

  it("leaves an audit entry that says who", async () => {
    const fixture = await makeNodesFixture();
    const jobId = accepted(await createNode(fixture));
    const entry = fixture.table.dump().find(({ pk }) => pk === "AUDIT#2026-10");
    expect(entry).toMatchObject({ actor: "token:ada@example.org", action: "createNode", jobId });
  });
});

describe("createNode under an Idempotency-Key", () => {
  it("twice with the same body is one job", async () => {
    const fixture = await makeNodesFixture();
    const first = accepted(await createNode(fixture, order, "key-1"));
    const turned = { name: order.name, provider_id: order.provider_id };
    expect(accepted(await createNode(fixture, turned, "key-1"))).toBe(first);
    expect([countOf(fixture, "JOB#"), fixture.sent.length]).toEqual([1, 1]);
  });

  it.each([order, { provider_id: "hetzner" }])(
    "ten times at once is one job, and every answer names it: %j",
    async (body) => {
      const fixture = await makeNodesFixture();
      const responses = await Promise.all(Array.from({ length: 10 }, () => createNode(fixture, body, "key-1")));
      expect(new Set(responses.map(accepted)).size).toBe(1);
      expect([
        countOf(fixture, "NODE#"),
        countOf(fixture, "JOB#"),
        countOf(fixture, "NAME#"),
        fixture.sent.length,
      ]).toEqual([1, 1, 1, 1]);
    },
  );

  it("with another body is a 409", async () => {
    const fixture = await makeNodesFixture();
    accepted(await createNode(fixture, order, "key-1"));
    expect(refused(await createNode(fixture, { ...order, name: "web-2" }, "key-1"))).toMatchObject({
      status: 409,
      code: "idempotency_mismatch",
    });
    expect(countOf(fixture, "JOB#")).toBe(1);
  });

  it("is replayed even when the request would be refused now", async () => {
    const fixture = await makeNodesFixture();
    const first = accepted(await createNode(fixture, order, "key-1"));
    await fixture.putProvider(disconnectedProvider("hetzner", fixture.startMs));
    expect(accepted(await createNode(fixture, order, "key-1"))).toBe(first);
  });

  it("keeps no refusal: the next try counts", async () => {
    const fixture = await makeNodesFixture();
    await fixture.putProvider(disconnectedProvider("hetzner", fixture.startMs));
    expect(refused(await createNode(fixture, order, "key-1")).code).toBe("provider_not_connected");
    await fixture.putProvider(fixture.connected());
    accepted(await createNode(fixture, order, "key-1"));
  });

  it("is a new request after 24 hours, not before", async () => {
    const fixture = await makeNodesFixture();
    const first = accepted(await createNode(fixture, order, "key-1"));
    fixture.advance(dayMs - 1);
    expect(accepted(await createNode(fixture, order, "key-1"))).toBe(first);
    fixture.advance(1);
    expect(accepted(await createNode(fixture, { ...order, name: "web-2" }, "key-1"))).not.toBe(first);
  });

  it("without one asks for two nodes, of which the second has no name to have", async () => {
    const fixture = await makeNodesFixture();
    accepted(await createNode(fixture));
    const answer = refused(await createNode(fixture));
    expect(answer).toMatchObject({ status: 409, code: "conflict", details: { field: "name" } });
    expect(answer.message).toContain("web-1");
    expect([countOf(fixture, "NODE#"), fixture.sent.length]).toEqual([1, 1]);
  });
});

describe("createNode is refused", () => {
  it("while nothing is connected, with the way to connect", async () => {
    const fixture = await makeNodesFixture();
    await fixture.table.write({ delete: { pk: "PROVIDER#hetzner", sk: "CONNECTION" } });
    const answer = refused(await createNode(fixture));
    expect(answer).toMatchObject({
      status: 409,
      code: "provider_not_connected",
      details: { status: "disconnected", status_reason: null },
    });
    expect(answer.guidance?.join(" ")).toContain("Read & Write");
  });

  it("while the connection is degraded, with the provider's own guidance", async () => {
    const fixture = await makeNodesFixture();
    await fixture.putProvider({
      ...fixture.connected(),
      status: "degraded",
      statusReason: "token_readonly",
      guidance: ["Do this."],
    });
    expect(refused(await createNode(fixture))).toMatchObject({
      code: "provider_not_connected",
      guidance: ["Do this."],
      details: { status: "degraded", status_reason: "token_readonly" },
    });
  });

  it("while the stored token has not been verified", async () => {
    const fixture = await makeNodesFixture();
    await fixture.putProvider({ ...fixture.connected(), tokenVerified: false });
    expect(refused(await createNode(fixture)).code).toBe("provider_not_connected");
  });

  it.each([
    ["server_type", { server_type: "cx99" }, "cx99"],
    ["location", { location: "fsn9" }, "fsn9"],
    ["location", { location: "hel1" }, "nbg1"],
    ["image", { image: "plan9" }, "plan9"],
    ["image", { server_type: "cax11" }, "arm"],
  ])("naming %s when Hetzner does not have %j", async (field, choice, word) => {
    const fixture = await makeNodesFixture();
    const answer = refused(await createNode(fixture, { ...order, ...choice }));
    expect(answer).toMatchObject({ status: 400, code: "bad_request", details: { field } });
    expect(answer.message).toMatch(new RegExp(`^${field}: .*${word}`));
    expect([countOf(fixture, "NODE#"), countOf(fixture, "NAME#"), fixture.sent.length]).toEqual([0, 0, 0]);
  });

  it.each(["without a catalogue", "with one older than 24 hours"])(
    "not by a guess: %s Hetzner decides",
    async (when) => {
      const fixture = await makeNodesFixture();
      if (when.startsWith("without")) await fixture.forgetCatalogue();
      else fixture.advance(dayMs + 1);
      accepted(await createNode(fixture, { ...order, server_type: "cx99" }));
    },
  );
});

describe("deleteNode", () => {
  it("starts a job, shows the server as being deleted and wakes the worker", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture);
    const jobId = accepted(await deleteNode(fixture, id));
    expect(await findJob(fixture.table, jobId)).toMatchObject({
      jobType: "node_delete",
      nodeId: id,
      work: { serverId: 7 },
    });
    expect(await findNode(fixture.table, id)).toMatchObject({
      openJobId: jobId,
      lastJobId: jobId,
      serverState: "deleting",
    });
    expect(fixture.sent.at(-1)).toEqual({ v: 1, job_id: jobId, seq: 0 });
  });

  it("of a node that is still billing tries again", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture, { status: "decommissioned", serverState: "still_billing" });
    accepted(await deleteNode(fixture, id));
  });

  it("answers 202 although the queue does not", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture);
    fixture.breakQueue();
    accepted(await deleteNode(fixture, id));
  });

  it.each([
    ["its job runs", { openJobId: "018f0000-0000-7000-8000-000000000099" }, "018f0000-0000-7000-8000-000000000099"],
    ["it is deleted", { status: "decommissioned", serverState: "gone" }, "deleted already"],
    ["its server's fate is unknown", { serverState: "unknown" }, "24 hours"],
  ] as const)("is refused when %s", async (_when, change, words) => {
    const fixture = await makeNodesFixture();
    const { id, openJobId } = await makeStoredNode(fixture, change);
    const answer = refused(await deleteNode(fixture, id));
    expect(answer).toMatchObject({ status: 409, code: "conflict", details: { node_id: id, job_id: openJobId } });
    expect(answer.message).toContain(words);
  });

  it("is refused while environments are, or may be, on the node", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture, { environmentCount: 2 });
    expect(refused(await deleteNode(fixture, id))).toMatchObject({
      status: 409,
      code: "node_has_sites",
      guidance: expect.arrayContaining([expect.stringContaining("final_backup=false")]),
      details: { node_id: id, environment_count: 2 },
    });
  });

  it("that loses to a site's start is refused, whatever became of that", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture);
    fixture.meanwhile(() => fixture.table.write({ update: keys.node(id), set: { environmentCount: 1 } }));
    expect(refused(await deleteNode(fixture, id)).code).toBe("node_has_sites");
    expect((await findNode(fixture.table, id))?.openJobId).toBeNull();
  });

  it("that loses to any other change is a conflict", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture);
    fixture.meanwhile(() => fixture.table.write({ update: keys.node(id), add: { stateVersion: 1 } }));
    expect(refused(await deleteNode(fixture, id))).toMatchObject({ code: "conflict", details: { job_id: null } });
  });

  it("twice at once is one job, and the other answer names it", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture);
    const [first, second] = await Promise.all([deleteNode(fixture, id), deleteNode(fixture, id)]);
    const jobId = accepted(first);
    expect(refused(second)).toMatchObject({ code: "conflict", details: { job_id: jobId } });
  });

  it("of no node is a 404", async () => {
    const fixture = await makeNodesFixture();
    expect(refused(await deleteNode(fixture, "018f0000-0000-7000-8000-000000000001")).status).toBe(404);
  });
});

describe("listNodes and getNode", () => {
  const list = async (fixture: NodesFixture, query = "") => {
    const response = await fixture.send({ method: "GET", path: "/api/nodes", query, ...withToken });
    return { nodes: z.array(nodeSchema).parse(readBody(response)), link: response.headers.link };
  };

  it("show what was ordered, newest first, page by page", async () => {
    const fixture = await makeNodesFixture();
    for (const name of ["web-1", "web-2", "web-3"]) {
      accepted(await createNode(fixture, { ...order, name }));
      fixture.advance(1);
    }
    const first = await list(fixture, "limit=2");
    expect(first.nodes.map(({ name }) => name)).toEqual(["web-3", "web-2"]);
    const next = /<\/api\/nodes\?(.*)>; rel="next"/.exec(first.link ?? "")?.[1];
    expect((await list(fixture, next)).nodes.map(({ name }) => name)).toEqual(["web-1"]);
  });

  it("hide what is decommissioned, unless it is asked for or still billed", async () => {
    const fixture = await makeNodesFixture();
    const node = await makeStoredNode(fixture, { status: "decommissioned", serverState: "gone" });
    expect((await list(fixture)).nodes).toEqual([]);
    expect((await list(fixture, "include=decommissioned")).nodes).toHaveLength(1);
    await fixture.table.write({ put: nodeItem({ ...node, serverState: "still_billing" }) });
    expect((await list(fixture)).nodes).toMatchObject([{ server_state: "still_billing", monthly_cost: 4.99 }]);
  });

  it("find one by its id, and answer 404 for any other", async () => {
    const fixture = await makeNodesFixture();
    const { id } = await makeStoredNode(fixture);
    const get = (which: string) => fixture.send({ method: "GET", path: `/api/nodes/${which}`, ...withToken });
    expect(nodeSchema.parse(readBody(await get(id)))).toMatchObject({ id, provider_server_id: "7" });
    expect(refused(await get("018f0000-0000-7000-8000-000000000001"))).toMatchObject({
      status: 404,
      code: "not_found",
    });
  });
});
