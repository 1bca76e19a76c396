import { describe, expect, test } from "vitest";
import { controlVerbs } from "./control.ts";
import { seededFaults } from "./fault-plan.ts";
import { at, type Fixture, makeFixture, numberAt, publicKey, tokens } from "./fixture.ts";
import type { HostFault, Hosts } from "./options.ts";

/** A word to the control endpoint, and what it answers. */
const sayTo =
  ({ simulator }: Fixture) =>
  async (method: string, verb: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    const answer = await simulator.wireFetch(`http://localhost/_control/${verb}`, { method, ...init });
    return { status: answer.status, body: await answer.json() };
  };

const look = async ({ simulator }: Fixture): Promise<string> => (await simulator.wireFetch("http://localhost/")).text();

test("faults are planned, shown and cleared", async () => {
  const fixture = makeFixture();
  const say = sayTo(fixture);
  expect(at((await say("GET", "faults")).body, "kinds.0.name")).toBe("lost_before_commit");
  await say("POST", "faults", { faults: [{ kind: "sold_out" }, { kind: "quota", nth: 2 }] });
  await say("POST", "faults", { faults: [{ kind: "slow", seconds: 3 }] });
  expect(fixture.simulator.planned()).toHaveLength(3);
  const refused = await say("POST", "faults", { faults: [{ kind: "nonsense" }] });
  expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining("no such fault") } });
  await say("DELETE", "faults");
  expect(fixture.simulator.planned()).toEqual([]);
});

test("a seed plans the faults that it draws, and the same ones again", async () => {
  const [fixture, twin] = [makeFixture(), makeFixture()];
  expect((await sayTo(fixture)("POST", "faults", { seed: 7, count: 20 })).status).toBe(200);
  await sayTo(twin)("POST", "faults", { seed: 7, count: 20 });
  expect(fixture.simulator.planned().map(({ fault }) => fault)).toEqual(seededFaults(7, 20));
  expect(twin.simulator.planned()).toEqual(fixture.simulator.planned());
});

describe("a typo is refused in a line that names it, and changes nothing", () => {
  const long = "x".repeat(64);
  test.each([
    ["stock", { server_type: "cx99", location: "fsn1", in_stock: false }, "no such server type: cx99"],
    ["stock", { server_type: "cx23", location: "fsn9", in_stock: false }, "no such location: fsn9"],
    ["stock", { server_type: "114", location: "fsn1", in_stock: false }, "no such server type: 114"],
    ["stock", { server_type: "cx23", location: "fsn1" }, "available, inStock or both"],
    ["servers", { project: "demos", name: "web" }, "no such project: demos"],
    ["servers", { project: "demo", name: "under_score" }, "'name'"],
    ["servers", { project: "demo", name: long }, "'name'"],
    ["servers", { project: "demo", name: "old" }, "server name is already used"],
    ["servers", { project: "demo", name: "web", labels: { "-": "x" } }, "'labels'"],
    ["primary_ips", { project: "demos" }, "no such project: demos"],
    ["faults", { faults: [{ kind: "quota", route: "/server" }] }, "no such route: /server"],
    ["faults", { faults: [{ kind: "quota", method: "POTS" }] }, "no such route: POTS"],
    ["faults", { faults: [{ kind: "quota", method: "PUT", route: "/servers" }] }, "no such route: PUT /servers"],
    ["faults", { faults: [{ kind: "quota" }, { kind: "action_error", command: "create" }] }, "no such command: create"],
    ["faults", { faults: [{ kind: "slow", second: 3 }] }, "second"],
    ["faults", { faults: [{ kind: "slow", seconds: 1e300 }] }, "seconds"],
    ["faults", { faults: [{ kind: "oversized_body", sizeBytes: 1e12 }] }, "sizeBytes"],
    ["faults", { seed: 1 }, "count"],
    ["faults", { seed: 1, count: 1e9 }, "count"],
    ["faults", { seed: 1, count: 2, faults: [] }, "faults"],
  ])("%s %j", async (verb, body, words) => {
    const fixture = makeFixture();
    fixture.simulator.addServer({ project: "demo", name: "old" });
    const before = fixture.simulator.snapshot();
    const refused = await sayTo(fixture)("POST", verb, body);
    expect(refused).toEqual({ status: 400, body: { error: expect.stringContaining(words) } });
    expect(fixture.simulator.snapshot()).toBe(before);
  });

  test("but what can be asked for can be planned", () => {
    const { simulator } = makeFixture();
    for (const fault of [{ route: "/volumes" }, { method: "GET" }, { method: "GET", route: "/datacenters" }]) {
      simulator.plan({ kind: "quota", ...fault });
    }
    expect(simulator.planned()).toHaveLength(3);
  });
});

test("what a person does by hand", async () => {
  const fixture = makeFixture();
  const say = sayTo(fixture);
  const id = numberAt((await say("POST", "servers", { project: "demo", name: "foreign" })).body, "id");
  expect(fixture.simulator.serverByName("foreign")).toMatchObject({ id, status: "running" });
  expect((await say("POST", "unprotect", { server_id: id })).body).toEqual({ found: true });
  expect((await say("POST", "delete_by_hand", { server_id: id })).body).toEqual({ deleted: true });
  const address = numberAt((await say("POST", "primary_ips", { project: "demo" })).body, "id");
  expect((await fixture.call("GET", `/primary_ips/${address}`)).status).toBe(200);
  await say("POST", "stock", { server_type: "cx23", location: "fsn1", in_stock: false });
  expect((await fixture.create("web")).status).toBe(412);
  expect((await say("POST", "revoke_token", { token: tokens.rw })).body).toEqual({ revoked: true });
  expect((await fixture.call("GET", "/servers")).status).toBe(401);
  expect(at((await say("GET", "state")).body, "projects.0.name")).toBe("demo");
});

test("an unknown verb is answered with those there are, and other origins cannot use a plain form", async () => {
  const fixture = makeFixture();
  const unknown = await sayTo(fixture)("GET", "nothing");
  expect(unknown).toMatchObject({ status: 404, body: { error: "no such verb", verbs: controlVerbs } });
  const form = { method: "POST", body: '{"faults":[{"kind":"quota"}]}' };
  expect((await fixture.simulator.wireFetch("http://localhost/_control/faults", form)).status).toBe(415);
  expect(fixture.simulator.planned()).toEqual([]);
});

describe("counting", () => {
  test("every request is counted by route and outcome, and can be counted anew", async () => {
    const fixture = makeFixture();
    const { call, create, simulator } = fixture;
    const say = sayTo(fixture);
    await create("web");
    await create("web");
    await call("GET", "/servers/1");
    await call("GET", "/servers/2");
    await call("GET", "/volumes/7");
    await call("GET", "/nowhere");
    simulator.plan({ kind: "reset_before_commit" });
    await call("GET", "/servers").catch(() => undefined);
    expect((await say("GET", "counts")).body).toEqual({
      total: 7,
      counts: [
        { method: "POST", route: "/servers", total: 2, outcomes: { 201: 1, 409: 1 } },
        { method: "GET", route: "/servers/{id}", total: 2, outcomes: { 404: 2 } },
        { method: "GET", route: "/volumes", total: 1, outcomes: { 501: 1 } },
        { method: "GET", route: null, total: 1, outcomes: { 404: 1 } },
        { method: "GET", route: "/servers", total: 1, outcomes: { reset: 1 } },
      ],
    });
    await say("DELETE", "requests");
    await call("GET", "/locations");
    expect(simulator.counts()).toEqual([{ method: "GET", route: "/locations", total: 1, outcomes: { 200: 1 } }]);
    expect(simulator.requests()).toMatchObject([{ number: 8, path: "/locations", status: 200 }]);
  });

  test("a late commit is noted on its request, and counted no second time; one of a forgotten request nowhere", async () => {
    const { clock, create, simulator } = makeFixture();
    await create("gone-fault-commits-late-90s");
    simulator.forgetRequests();
    await create("kept-fault-commits-late-90s");
    await clock.advance(90_000);
    expect(simulator.requests()).toMatchObject([{ number: 2, status: 504, lateCommit: { status: 201 } }]);
    expect(simulator.counts()).toMatchObject([{ route: "/servers", total: 1 }]);
  });
});

describe("faults of machines", () => {
  function makeMachines(fault?: Hosts["fault"]) {
    const told: string[] = [];
    const tell = (word: string) => async () => void told.push(word);
    const base = { boot: tell("boot"), shutdown: tell("shutdown"), reboot: tell("reboot"), stop: tell("stop") };
    const hosts: Hosts = { ...base, destroy: tell("destroy"), ...(fault === undefined ? {} : { fault }) };
    return { told, hosts };
  }

  test("reach the machine, after what it was told before", async () => {
    let letGo = () => {};
    const slow = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const seen: (string | number)[] = [];
    const fault = async (serverId: number, what: HostFault) => void seen.push(serverId, what);
    const { hosts } = makeMachines(fault);
    const boot = async () => {
      await slow;
      seen.push("up");
    };
    const fixture = makeFixture({ hosts: { ...hosts, boot } });
    const id = numberAt((await fixture.create("web")).body, "server.id");
    await fixture.clock.advance(5000);
    const said = sayTo(fixture)("POST", "hosts", { server_id: id, fault: "link_down" });
    await fixture.clock.advance(0);
    expect(seen).toEqual([]);
    letGo();
    expect(await said).toEqual({ status: 200, body: { done: true } });
    expect(seen).toEqual(["up", id, "link_down"]);
    expect(fixture.simulator.serverByName("web")?.status).toBe("running");
  });

  test.each([
    ["machines that know none", undefined, "kill", 501, "know no faults"],
    ["a machine that refuses", () => Promise.reject(new Error("no such disk")), "disk_full", 400, "no such disk"],
    ["a fault nobody knows", async () => undefined, "melt", 400, "fault"],
  ])("%s", async (_what, fault, name, status, words) => {
    const fixture = makeFixture({ hosts: makeMachines(fault).hosts });
    const id = numberAt((await fixture.create("web")).body, "server.id");
    await fixture.clock.advance(5000);
    const seen = await sayTo(fixture)("POST", "hosts", { server_id: id, fault: name });
    expect(seen).toMatchObject({ status, body: { error: expect.stringContaining(words) } });
    expect(fixture.simulator.state().hostFailures).toEqual([]);
  });

  test("need machines at all, and a server", async () => {
    const fixture = makeFixture();
    const id = numberAt((await fixture.create("web")).body, "server.id");
    const say = (server: number) => sayTo(fixture)("POST", "hosts", { server_id: server, fault: "kill" });
    expect((await say(id)).status).toBe(501);
    expect((await say(1)).status).toBe(404);
  });
});

describe("the page", () => {
  test("shows what is held and served, with names escaped", async () => {
    const fixture = makeFixture();
    await fixture.call("POST", "/ssh_keys", { name: "<b>foreign", public_key: publicKey(1) });
    fixture.simulator.addPrimaryIp({ project: "demo" });
    fixture.simulator.plan({ kind: "quota" });
    await fixture.call("GET", "/servers?name=web");
    const page = await look(fixture);
    for (const text of [
      "&lt;b&gt;foreign",
      "unassigned, billed",
      "&quot;quota&quot;",
      "/servers?name=web",
      "Requests served: 2",
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain("<b>foreign");
  });
});
