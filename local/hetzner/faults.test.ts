import { describe, expect, test } from "vitest";
import { playedKinds } from "./answer.ts";
import { statusOfCode } from "./api-error.ts";
import { type FaultName, faultKinds, type RouteRef } from "./fault-kinds.ts";
import { seededFaults } from "./fault-plan.ts";
import { at, type Fixture, makeFixture, namesIn, numberAt, publicKey, tokens } from "./fixture.ts";
import { routes } from "./routes/table.ts";

/** A project with a running server, a switched-off one, a key and a left-over address. */
async function makeTown(): Promise<Fixture> {
  const fixture = makeFixture();
  await fixture.create("old");
  await fixture.create("off", { start_after_create: false });
  await fixture.call("POST", "/ssh_keys", { name: "old", public_key: publicKey(1) });
  fixture.simulator.addPrimaryIp({ project: "demo" });
  await fixture.clock.advance(5000);
  return fixture;
}

/** The first id in a project for each kind of resource; 1 where there is none any more. */
function idFor(fixture: Fixture, route: string): number {
  const project = fixture.simulator.state().projects[0];
  const name = route.endsWith("poweron") ? "off" : "old";
  const server = project?.servers.find((candidate) => candidate.name === name);
  const free = project?.primary_ips.find((ip) => ip.assignee_id === null);
  const found = { ssh_keys: project?.ssh_keys[0], actions: project?.actions[0], primary_ips: free, servers: server };
  return numberAt(Object.entries(found).find(([kind]) => kind === route.split("/")[1])?.[1] ?? { id: 1 }, "id");
}

const bodies: Readonly<Record<string, unknown>> = {
  "POST /servers": { name: "new", server_type: "cx23", image: "debian-13" },
  "POST /ssh_keys": { name: "new", public_key: publicKey(2) },
  "PUT /servers/{id}": { labels: { changed: "yes" } },
  "PUT /ssh_keys/{id}": { labels: { changed: "yes" } },
};

/** The code of a broken connection, as a client reads it. */
const codeOf = (error: unknown): string =>
  String(error instanceof Error && error.cause instanceof Error ? at(error.cause, "code") : error);

/** Sends the request of a route; gives its status, or how it came to no answer. */
async function send(fixture: Fixture, { method, route }: RouteRef): Promise<string> {
  const id = route.includes("{id}") ? idFor(fixture, route) : 0;
  const query = route === "/actions" ? `?id=${idFor(fixture, "/actions")}` : "";
  const abort = new AbortController();
  const path = route.replace("{id}", String(id)) + query;
  const answer = fixture.call(method, path, bodies[`${method} ${route}`], { signal: abort.signal });
  const seen = answer.then(
    ({ status, text, body }) => `${status} ${at(body, "error.code") ?? (text === "" ? "empty" : typeof body)}`,
    (error: unknown) => (error === "given up" ? "silence" : codeOf(error)),
  );
  void fixture.clock.sleep(100_000).then(() => abort.abort("given up"));
  return fixture.clock.run(seen);
}

const pairs = faultKinds.flatMap((kind) => kind.suits.map((ref) => [kind, ref] as const));
const titled = pairs.map(([kind, ref]) => [`${kind.name} at ${ref.method} ${ref.route}`, kind, ref] as const);

/** How an answer of each kind looks; the others look like the honest one. */
const looks: Partial<Record<FaultName, RegExp>> = {
  lost_before_commit: /^silence$/,
  lost_after_commit: /^silence$/,
  reset_before_commit: /^ECONNRESET$/,
  reset_after_commit: /^ECONNRESET$/,
  commits_late: /^504 timeout$/,
  rate_limited: /^429 rate_limit_exceeded$/,
  bad_gateway_html: /^502 string$/,
  bad_gateway_html_after_commit: /^502 string$/,
  unavailable_json: /^503 unavailable$/,
  unavailable_bare: /^503 empty$/,
  timeout_json: /^504 timeout$/,
  timeout_json_after_commit: /^504 timeout$/,
  timeout_bare: /^504 empty$/,
  timeout_bare_after_commit: /^504 empty$/,
  server_error: /^500 server_error$/,
  server_error_after_commit: /^500 server_error$/,
  empty_body: /^20[01] empty$/,
  truncated_json: /^20[01] string$/,
  oversized_body: /^20[01] object$/,
  redirect: /^302 empty$/,
  unknown_code: /^422 brand_new_code$/,
  error: /^403 maintenance$/,
  odd_details: /^422 invalid_input$/,
  sold_out: /^412 resource_unavailable$/,
  quota: /^403 resource_limit_exceeded$/,
  key_not_visible: /^422 invalid_input$/,
  locked: /^423 locked$/,
  conflict: /^409 conflict$/,
  token_revoked: /^401 unauthorized$/,
};
const honest = /^20[014] (object|empty)$/;

/** What the project holds, apart from when it was looked at. */
const holdings = (fixture: Fixture) => fixture.simulator.state().projects[0];

describe("a fault planned for a route", () => {
  test.each(titled)("%s answers as its kind says and leaves what it says", async (_title, kind, ref) => {
    const [fixture, twin] = [await makeTown(), await makeTown()];
    const size = kind.name === "oversized_body" ? { sizeBytes: 1000 } : {};
    fixture.simulator.plan({ kind: kind.name, ...ref, ...size });
    const before = holdings(fixture);
    expect(await send(fixture, ref)).toMatch(looks[kind.name] ?? honest);
    expect(fixture.simulator.requests().at(-1)?.faults).toEqual([kind.name]);
    await send(twin, ref);
    await fixture.clock.advance(80_000);
    await twin.clock.advance(80_000);
    if (kind.effect === "none" || kind.effect === "late") expect(holdings(fixture)).toEqual(before);
    if (kind.effect === "applied" && kind.area === "request") expect(holdings(fixture)).toEqual(holdings(twin));
    if (kind.effect === "then_fails") expect(holdings(fixture)).not.toEqual(holdings(twin));
    await fixture.clock.advance(20_000);
    if (kind.effect === "late") expect(holdings(fixture)).not.toEqual(before);
  });

  test("applies from its nth request on, so many times, and then no more", async () => {
    const { call, simulator } = makeFixture();
    simulator.plan({ kind: "unavailable_json", method: "GET", route: "/servers", nth: 2, times: 2 });
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await call("GET", "/servers")).status);
    expect(statuses).toEqual([200, 503, 503, 200, 200]);
    await call("GET", "/ssh_keys");
    expect(simulator.planned()).toMatchObject([{ matched: 5 }]);
    simulator.clearPlan();
    expect(simulator.planned()).toEqual([]);
  });

  test("can mean one name only", async () => {
    const { create, simulator } = makeFixture();
    simulator.plan({ kind: "sold_out", name: "b" });
    expect([(await create("a")).status, (await create("b")).status, (await create("c")).status]).toEqual([
      201, 412, 201,
    ]);
  });

  test("words any error row", async () => {
    const { call, simulator } = makeFixture();
    simulator.plan({
      kind: "error",
      route: "/ssh_keys",
      code: "robot_unavailable",
      status: 503,
      message: "m",
      details: [1],
    });
    expect(await call("GET", "/ssh_keys")).toMatchObject({
      status: 503,
      body: { error: { code: "robot_unavailable", message: "m", details: [1] } },
    });
  });
});

describe("the tables agree", () => {
  test("every kind that decides the answer is played, and no other", () => {
    const deciding = faultKinds.filter((kind) => ["request", "refusal"].includes(kind.area)).map((kind) => kind.name);
    expect(playedKinds.toSorted()).toEqual(deciding.toSorted());
  });

  test("every route that a kind suits exists", () => {
    const known = routes.map((route) => `${route.method} ${route.route}`);
    for (const [, ref] of pairs) expect(known).toContain(`${ref.method} ${ref.route}`);
  });
});

describe("faults of actions", () => {
  const actionOf = (fixture: Fixture, command: string) =>
    holdings(fixture)?.actions.findLast((action) => action.command === command);

  test.each(["create_server", "start_server"])("%s can end with any code; the server stays, off", async (command) => {
    const fixture = makeFixture();
    fixture.simulator.plan({ kind: "action_error", command, code: "placement_error" });
    expect((await fixture.create("web")).status).toBe(201);
    await fixture.clock.advance(5000);
    expect(actionOf(fixture, command)).toMatchObject({ status: "error", error: { code: "placement_error" } });
    expect(actionOf(fixture, "start_server")).toMatchObject({ status: "error" });
    expect(fixture.simulator.serverByName("web")?.status).toBe("off");
  });

  test("a failed delete leaves the server as it was", async () => {
    const fixture = await makeTown();
    fixture.simulator.plan({ kind: "action_error", method: "DELETE", route: "/servers/{id}" });
    await fixture.call("DELETE", `/servers/${idFor(fixture, "/servers")}`);
    await fixture.clock.advance(5000);
    expect(actionOf(fixture, "delete_server")).toMatchObject({ error: { code: "action_failed" } });
    expect(fixture.simulator.serverByName("old")?.status).toBe("running");
  });

  test("a stuck action runs for ever, or for its seconds", async () => {
    const fixture = makeFixture();
    fixture.simulator.plan({ kind: "action_stuck", name: "a" });
    fixture.simulator.plan({ kind: "action_stuck", name: "b", seconds: 600 });
    await fixture.create("a");
    await fixture.create("b");
    await fixture.clock.advance(3_600_000);
    expect(fixture.simulator.serverByName("a")).toMatchObject({ status: "initializing", locked: true });
    expect(fixture.simulator.serverByName("b")?.status).toBe("running");
  });

  test("a missing action is left out of lists and unknown by id, and the server comes up", async () => {
    const { clock, create, call, simulator } = makeFixture();
    simulator.plan({ kind: "action_missing" });
    const made = await create("web");
    const id = numberAt(made.body, "action.id");
    expect(at((await call("GET", `/actions?id=${id}&id=${id + 1}`)).body, "actions")).toMatchObject([{ id: id + 1 }]);
    expect((await call("GET", `/actions/${id}`)).status).toBe(404);
    await clock.advance(2000);
    expect(simulator.serverByName("web")?.status).toBe("running");
  });

  test("sold out in the action, a failed start and a server that stays off", async () => {
    const { clock, create, simulator } = makeFixture();
    for (const name of ["sold-fault-sold-out-in-action", "start-fault-start-failed", "quiet-fault-stays-off"])
      await create(name);
    await clock.advance(5000);
    const { actions = [], servers = [] } = simulator.state().projects[0] ?? {};
    expect(servers.map((server) => server.status)).toEqual(["off", "off", "off"]);
    expect(actions.map((action) => action.error?.code ?? action.status)).toEqual([
      "resource_unavailable",
      "action_failed",
      "success",
      "unknown_error",
      "success",
      "success",
    ]);
  });
});

describe("faults of the world", () => {
  test("a create that commits late and is hidden from lists is seen when both have passed", async () => {
    const { clock, create, call, simulator } = makeFixture();
    const name = "web-fault-commits-late-90s-fault-hidden-from-lists-30s";
    const listed = async () => namesIn(await call("GET", `/servers?name=${name}`), "servers").length;
    expect((await create(name)).status).toBe(504);
    await clock.advance(89_999);
    expect([await listed(), simulator.serverByName(name)]).toEqual([0, undefined]);
    await clock.advance(1);
    expect(simulator.serverByName(name)).toMatchObject({ status: "initializing", created: "2026-11-22T12:01:30Z" });
    expect((await create(name)).body).toMatchObject({ error: { code: "uniqueness_error" } });
    const id = simulator.serverByName(name)?.id;
    expect((await call("GET", `/servers/${id}`)).status).toBe(200);
    await clock.advance(29_999);
    expect(await listed()).toBe(0);
    await clock.advance(1);
    expect(await listed()).toBe(1);
    expect(simulator.requests()[0]).toMatchObject({ status: 504, lateCommit: { status: 201 } });
  });

  test("a late create that finds its name taken makes no second server", async () => {
    const { clock, create, simulator } = makeFixture();
    simulator.plan({ kind: "commits_late", seconds: 10, method: "POST", route: "/servers" });
    await create("web");
    expect((await create("web")).status).toBe(201);
    await clock.advance(20_000);
    expect(simulator.state().projects[0]?.servers).toHaveLength(1);
    expect(simulator.requests()[0]?.lateCommit).toMatchObject({ status: 409 });
  });

  test("late commits happen at their own instant even when nobody looks", async () => {
    const { clock, create, simulator } = makeFixture();
    await create("web-fault-commits-late-90s");
    await clock.advance(600_000);
    const [action] = simulator.state().projects[0]?.actions ?? [];
    expect(action).toMatchObject({ started: "2026-11-22T12:01:30Z", finished: "2026-11-22T12:01:31Z" });
  });

  test("a server deleted by hand is gone, its running action failed", async () => {
    const { clock, create, call, simulator } = makeFixture();
    const made = await create("web-fault-deleted-by-hand-1s");
    await clock.advance(999);
    expect((await call("GET", `/servers/${numberAt(made.body, "server.id")}`)).status).toBe(200);
    await clock.advance(1);
    expect((await call("GET", `/servers/${numberAt(made.body, "server.id")}`)).status).toBe(404);
    expect(simulator.state().projects[0]?.primary_ips).toEqual([]);
    const start = await call("GET", `/actions/${numberAt(made.body, "action.id") + 1}`);
    expect(start.body).toMatchObject({ action: { status: "error", error: { code: "action_failed" } } });
  });

  test("a revoked token is unknown from then on, the project's other token is not", async () => {
    const { call, simulator } = makeFixture();
    simulator.plan({ kind: "token_revoked", nth: 2 });
    const statuses = [];
    for (const token of [tokens.rw, tokens.rw, tokens.rw, tokens.ro]) {
      statuses.push((await call("GET", "/servers", undefined, { token })).status);
    }
    expect(statuses).toEqual([200, 401, 401, 200]);
    expect([simulator.revokeToken(tokens.ro), simulator.revokeToken(tokens.unknown)]).toEqual([true, false]);
    expect((await call("GET", "/servers", undefined, { token: tokens.ro })).status).toBe(401);
  });

  test("a protected server stays until somebody takes the protection off", async () => {
    const { clock, create, call, simulator } = makeFixture();
    const id = numberAt((await create("web-fault-protected")).body, "server.id");
    await clock.advance(5000);
    expect((await call("DELETE", `/servers/${id}`)).status).toBe(423);
    simulator.unprotect(id);
    expect((await call("DELETE", `/servers/${id}`)).status).toBe(200);
  });

  test("an address that is missing is null", async () => {
    const { create } = makeFixture();
    expect(at((await create("web-fault-ipv4-missing")).body, "server.public_net.ipv4")).toBeNull();
  });

  test("a sentinel works once for its name, so that trying again succeeds", async () => {
    const { create } = makeFixture();
    expect((await create("web-fault-sold-out")).status).toBe(412);
    expect((await create("web-fault-sold-out")).status).toBe(201);
  });

  test("a sentinel can wait for the delete", async () => {
    const { clock, create, call } = makeFixture();
    const id = numberAt((await create("web-fault-delete-error-locked-x2")).body, "server.id");
    await clock.advance(5000);
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await call("DELETE", `/servers/${id}`)).status);
    expect(statuses).toEqual([423, 423, 200]);
  });
});

describe("a burst, a budget and a token", () => {
  test("429 comes as often as it was ordered, and costs nothing of the real budget", async () => {
    const { call, simulator } = makeFixture();
    simulator.plan({ kind: "rate_limited", method: "GET", route: "/servers", nth: 3, times: 4 });
    const seen = [];
    for (let count = 0; count < 9; count += 1) seen.push(await call("GET", "/servers"));
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 429, 429, 429, 429, 200, 200, 200]);
    const refusal = seen[2];
    expect(refusal?.headers.get("ratelimit-remaining")).toBe("0");
    expect(refusal?.headers.has("retry-after")).toBe(false);
    expect(seen[8]?.headers.get("ratelimit-remaining")).toBe("3591");
  });

  test("a burst over every route, as another tool in the project makes it", async () => {
    const { call, create, simulator } = makeFixture();
    simulator.plan({ kind: "rate_limited", times: 3 });
    const seen = [
      await call("GET", "/servers"),
      await create("web"),
      await call("GET", "/locations"),
      await create("web"),
    ];
    expect(seen.map(({ status }) => status)).toEqual([429, 429, 429, 201]);
  });

  test("a token that is revoked in the middle of a create lets the server come up, unseen by its maker", async () => {
    const { call, clock, create, simulator } = makeFixture();
    const action = numberAt((await create("web")).body, "action.id");
    simulator.plan({ kind: "token_revoked", route: "/actions/{id}", nth: 2 });
    expect((await call("GET", `/actions/${action}`)).status).toBe(200);
    expect(await call("GET", `/actions/${action}`)).toMatchObject({
      status: 401,
      body: { error: { code: "unauthorized" } },
    });
    await clock.advance(5000);
    expect((await create("second")).status).toBe(401);
    expect(simulator.serverByName("web")?.status).toBe("running");
  });
});

describe("an action can end with every code there is", () => {
  test.each(Object.keys(statusOfCode))("%s", async (code) => {
    const { clock, create, simulator } = makeFixture();
    await create(`web-fault-action-error-${code.replaceAll("_", "-")}`);
    await clock.advance(5000);
    expect(simulator.state().projects[0]?.actions[0]).toMatchObject({ status: "error", error: { code } });
  });
});

test("a seed gives the same faults again, and another seed others", () => {
  expect(seededFaults(7, 20)).toEqual(seededFaults(7, 20));
  expect(seededFaults(7, 20)).not.toEqual(seededFaults(8, 20));
});

test.each([1, 3, 20])("two simulators with seed %d answer byte for byte alike", async (seed) => {
  const transcript = async (one: number) => {
    const fixture = await makeTown();
    for (const fault of seededFaults(one, 30)) fixture.simulator.plan(fault);
    const looks = [];
    for (const route of routes) looks.push(await send(fixture, route));
    return [looks, fixture.simulator.snapshot(), fixture.simulator.requests()];
  };
  const first = await transcript(seed);
  expect(await transcript(seed)).toEqual(first);
  expect((await transcript(seed + 1))[0]).not.toEqual(first[0]);
});
