import { describe, expect, test } from "vitest";
import { at, type Fixture, makeFixture, numberAt } from "./fixture.ts";
import type { Hosts } from "./options.ts";

/** Every verb on a server with a body that is good for a cx23 with debian-13. */
const verbs: Readonly<Record<string, unknown>> = {
  poweron: undefined,
  poweroff: undefined,
  shutdown: undefined,
  reboot: undefined,
  reset: undefined,
  rebuild: { image: "debian-12" },
  change_type: { server_type: "cx33", upgrade_disk: false },
  change_protection: { delete: true, rebuild: true },
  change_dns_ptr: { ip: "198.18.0.1", dns_ptr: "web.example.org" },
  enable_rescue: { type: "linux64" },
  disable_rescue: undefined,
  enable_backup: undefined,
  disable_backup: undefined,
  create_image: { type: "snapshot" },
  reset_password: undefined,
  request_console: undefined,
};
const verbNames = Object.keys(verbs);

/** How a server comes into each state, from running. */
const ways: Readonly<Record<string, (act: (verb: string) => Promise<unknown>, fixture: Fixture) => Promise<unknown>>> =
  {
    running: async () => undefined,
    off: async (act, { clock }) => [await act("poweroff"), await clock.advance(1000)],
    stopping: (act) => act("poweroff"),
    starting: (act) => act("reset"),
    rebuilding: (act) => act("rebuild"),
    migrating: async (act, { clock }) => [await act("poweroff"), await clock.advance(1000), await act("change_type")],
    protected: async (act, { clock }) => [await act("change_protection"), await clock.advance(0)],
    deleting: (act) => act("DELETE"),
  };

async function makeServer(state: string, hosts?: Hosts) {
  const fixture = makeFixture(hosts === undefined ? {} : { hosts });
  const { call, clock, create, simulator } = fixture;
  const id = numberAt((await create("web")).body, "server.id");
  const act = (verb: string) =>
    verb === "DELETE" ? call("DELETE", `/servers/${id}`) : call("POST", `/servers/${id}/actions/${verb}`, verbs[verb]);
  if (state !== "initializing") await clock.advance(5000);
  await ways[state]?.(act, fixture);
  const status = () => simulator.serverByName("web")?.status ?? "gone";
  return { ...fixture, id, act, status };
}

/** What a state refuses; a state that is not here refuses everything because it is locked. */
const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  running: { change_type: "422 server_not_stopped" },
  off: { reset_password: "422 unsupported_error" },
  protected: { change_type: "422 server_not_stopped", rebuild: "423 protected", DELETE: "423 protected" },
};
const states = ["initializing", ...Object.keys(ways)];
const table = states.flatMap((state) =>
  [...verbNames, "DELETE"].map((verb) => {
    const free = refused[state];
    const accepted = verb === "DELETE" ? "200" : "201";
    return [state, verb, free === undefined ? "423 locked" : (free[verb] ?? accepted)] as const;
  }),
);

describe("each verb in each state", () => {
  test.each(table)("a server %s answers %s with %s", async (state, verb, expected) => {
    const { act, status } = await makeServer(state);
    expect(status()).toBe(state === "protected" ? "running" : state);
    const seen = await act(verb);
    const code = at(seen.body, "error.code");
    expect(typeof code === "string" ? `${seen.status} ${code}` : String(seen.status)).toBe(expected);
  });

  test("a server that is gone knows no verb", async () => {
    const { act, clock } = await makeServer("deleting");
    await clock.advance(1000);
    for (const verb of [...verbNames, "DELETE"]) expect(await act(verb)).toMatchObject({ status: 404 });
  });
});

/** From, verb, status meanwhile, status after a second, status after two, what the machine is told. */
const moves: readonly (readonly [string, string, string, string, string, readonly string[]])[] = [
  ["running", "poweron", "running", "running", "running", []],
  ["running", "poweroff", "stopping", "off", "off", ["stop"]],
  ["running", "shutdown", "running", "off", "off", ["shutdown"]],
  ["running", "reboot", "starting", "running", "running", ["reboot"]],
  ["running", "reset", "starting", "running", "running", ["boot"]],
  ["running", "rebuild", "rebuilding", "running", "running", ["destroy", "boot"]],
  ["running", "DELETE", "deleting", "gone", "gone", ["destroy"]],
  ["running", "create_image", "running", "running", "running", []],
  ["running", "enable_rescue", "running", "running", "running", []],
  ["off", "poweron", "starting", "running", "running", ["boot"]],
  ["off", "poweroff", "off", "off", "off", []],
  ["off", "shutdown", "off", "off", "off", []],
  ["off", "reboot", "off", "off", "off", []],
  ["off", "reset", "starting", "running", "running", ["boot"]],
  ["off", "rebuild", "rebuilding", "running", "running", ["destroy", "boot"]],
  ["off", "change_type", "migrating", "running", "running", ["boot"]],
  ["off", "create_image", "off", "off", "off", []],
  ["off", "DELETE", "deleting", "gone", "gone", ["destroy"]],
];

function makeHosts() {
  const told: string[] = [];
  const tell = (word: string) => async () => void told.push(word);
  const hosts: Hosts = {
    boot: tell("boot"),
    shutdown: tell("shutdown"),
    reboot: tell("reboot"),
    stop: tell("stop"),
    destroy: tell("destroy"),
  };
  return { told, hosts };
}

describe("what a verb does to the server and its machine", () => {
  test.each(moves)("from %s, %s: %s, then %s, then %s", async (from, verb, meanwhile, soon, later, expected) => {
    const { told, hosts } = makeHosts();
    const { act, clock, status } = await makeServer(from, hosts);
    told.length = 0;
    await act(verb);
    expect(status()).toBe(meanwhile);
    await clock.advance(1000);
    expect(status()).toBe(soon);
    await clock.advance(1000);
    expect([status(), told]).toEqual([later, expected]);
  });

  test("a shutdown's action ends when the guest was asked, which is before it is off", async () => {
    const { act, call, clock, status } = await makeServer("running");
    const id = numberAt((await act("shutdown")).body, "action.id");
    expect((await call("GET", `/actions/${id}`)).body).toMatchObject({ action: { status: "success" } });
    await clock.advance(999);
    expect(status()).toBe("running");
    await clock.advance(1);
    expect(status()).toBe("off");
  });

  test.each(["reboot", "reset", "rebuild"])("a %s while the guest shuts down leaves it running", async (verb) => {
    const { act, clock, status } = await makeServer("running");
    await act("shutdown");
    await clock.advance(500);
    await act(verb);
    await clock.advance(5000);
    expect(status()).toBe("running");
  });

  test("a rebuild that is quicker than the shutdown before it is not switched off by it", async () => {
    const latency = { requestMs: 0, createMs: 100, startMs: 1000, deleteMs: 1000 };
    const { call, clock, create, simulator } = makeFixture({ latency });
    const id = numberAt((await create("web")).body, "server.id");
    await clock.advance(5000);
    await call("POST", `/servers/${id}/actions/shutdown`);
    await call("POST", `/servers/${id}/actions/rebuild`, verbs.rebuild);
    await clock.advance(5000);
    expect(simulator.serverByName("web")?.status).toBe("running");
  });

  test.each(verbNames)("a %s whose action fails leaves the server as it was", async (verb) => {
    const from = verb === "change_type" || verb === "poweron" ? "off" : "running";
    const { act, clock, id, simulator } = await makeServer(from);
    const before = simulator.serverByName("web");
    simulator.plan({ kind: "action_error", method: "POST", route: `/servers/{id}/actions/${verb}`, code: "locked" });
    const action = numberAt((await act(verb)).body, "action.id");
    await clock.advance(5000);
    expect(simulator.state().projects[0]?.actions.find((one) => one.id === action)?.error?.code).toBe("locked");
    expect(simulator.serverByName("web")).toEqual(before);
    expect(simulator.state().projects[0]?.images).toEqual([]);
    expect(before?.id).toBe(id);
  });
});

describe("verbs that change more than power", () => {
  test("a rebuild takes the new image and, when there is some, the new user data", async () => {
    const booted: { image: string; userData: string }[] = [];
    const { hosts } = makeHosts();
    const recording: Hosts = { ...hosts, boot: async (host) => void booted.push(host) };
    const { call, clock, id } = await makeServer("running", recording);
    const rebuild = async (body: object) => {
      const seen = await call("POST", `/servers/${id}/actions/rebuild`, body);
      await clock.advance(1000);
      return seen;
    };
    expect(at((await rebuild({ image: "debian-12", user_data: "#!/bin/sh" })).body, "root_password")).toMatch(
      /^\w{20}$/,
    );
    await rebuild({ image: "ubuntu-24.04" });
    expect(booted.slice(1)).toMatchObject([
      { image: "debian-12", userData: "#!/bin/sh" },
      { image: "ubuntu-24.04", userData: "#!/bin/sh" },
    ]);
    expect(await rebuild({ image: "beos" })).toMatchObject({ status: 404 });
    expect(await rebuild({ image: "debian-12", user_data: "x".repeat(32_769) })).toMatchObject({ status: 422 });
  });

  test.each([
    ["cx23", "422 invalid_server_type"],
    ["cax11", "422 invalid_server_type"],
    ["cx22", "422 invalid_server_type"],
    ["cpx51", "201"],
    ["nothing", "404 not_found"],
  ])("a server of type cx23 becoming %s: %s", async (type, expected) => {
    const { call, id } = await makeServer("off");
    const body = { server_type: type, upgrade_disk: true };
    const seen = await call("POST", `/servers/${id}/actions/change_type`, body);
    const code = at(seen.body, "error.code");
    expect(typeof code === "string" ? `${seen.status} ${code}` : String(seen.status)).toBe(expected);
  });

  test("a disk that was upgraded cannot shrink, one that was kept lets the type go back", async () => {
    const { act, call, clock, id, simulator } = await makeServer("off");
    const change = async (type: string, upgrade: boolean) => {
      const body = { server_type: type, upgrade_disk: upgrade };
      const seen = await call("POST", `/servers/${id}/actions/change_type`, body);
      await clock.advance(1000);
      await act("poweroff");
      await clock.advance(1000);
      return seen.status;
    };
    expect(await change("cx33", false)).toBe(201);
    expect(simulator.serverByName("web")).toMatchObject({ server_type: { name: "cx33" }, primary_disk_size: 40 });
    expect(await change("cx23", false)).toBe(201);
    expect(await change("cx33", true)).toBe(201);
    expect(simulator.serverByName("web")?.primary_disk_size).toBe(80);
    expect(await change("cx23", false)).toBe(422);
  });

  test("a type that is sold out is refused with 412", async () => {
    const { act, simulator } = await makeServer("off");
    simulator.setStock({ serverType: "cx33", location: "fsn1", inStock: false });
    expect(await act("change_type")).toMatchObject({ status: 412, body: { error: { code: "resource_unavailable" } } });
  });

  test("rescue is on until the next boot, backups until they are switched off", async () => {
    const { act, clock, simulator } = await makeServer("running");
    const look = () => simulator.serverByName("web");
    expect(at((await act("enable_rescue")).body, "root_password")).toMatch(/^\w{20}$/);
    await act("enable_backup");
    expect(look()).toMatchObject({ rescue_enabled: true, backup_window: "22-02" });
    await act("reset");
    await clock.advance(1000);
    expect(look()).toMatchObject({ rescue_enabled: false, backup_window: "22-02" });
    await act("enable_rescue");
    await act("disable_rescue");
    await act("disable_backup");
    expect(look()).toMatchObject({ rescue_enabled: false, backup_window: null });
  });

  test("a reverse name is for an address of the server, and null takes it back", async () => {
    const { call, id, simulator } = await makeServer("running");
    const set = async (ip: string, name: string | null) =>
      (await call("POST", `/servers/${id}/actions/change_dns_ptr`, { ip, dns_ptr: name })).status;
    const net = () => simulator.serverByName("web")?.public_net;
    const host = `${net()?.ipv6?.ip.replace("/64", "")}1`;
    expect(await set("198.18.0.1", "web.example.org")).toBe(201);
    expect(await set(host, "six.example.org")).toBe(201);
    expect(net()).toMatchObject({
      ipv4: { dns_ptr: "web.example.org" },
      ipv6: { dns_ptr: [{ ip: host, dns_ptr: "six.example.org" }] },
    });
    expect(await set("198.18.0.1", null)).toBe(201);
    expect(net()?.ipv4?.dns_ptr).toBe("static.1.0.18.198.clients.your-server.de");
    for (const stranger of ["198.18.0.2", "2001:db8::1", "nonsense"]) expect(await set(stranger, "x")).toBe(422);
  });

  test("a console is a place and a password, and metrics are samples", async () => {
    const { act, call, id } = await makeServer("running");
    expect((await act("request_console")).body).toMatchObject({
      wss_url: expect.stringMatching(/^wss:\/\//),
      password: expect.stringMatching(/^\w{20}$/),
    });
    const span = "start=2026-11-22T11:00:00Z&end=2026-11-22T12:00:00Z";
    const seen = await call("GET", `/servers/${id}/metrics?type=cpu,network&${span}&step=60`);
    expect(at(seen.body, "metrics.step")).toBe(60);
    expect(Object.keys(Object(at(seen.body, "metrics.time_series")))).toHaveLength(5);
    expect(at(seen.body, "metrics.time_series.cpu.values")).toHaveLength(61);
    const many = await call("GET", `/servers/${id}/metrics?type=disk&${span}&step=1`);
    expect(at(many.body, "metrics.step")).toBe(8);
    for (const query of [span, `type=heat&${span}`, "type=cpu&start=x&end=y", `type=cpu&${span}&step=0`]) {
      expect((await call("GET", `/servers/${id}/metrics?${query}`)).status).toBe(422);
    }
  });
});
