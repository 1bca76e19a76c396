import { describe, expect, test } from "vitest";
import { at, makeFixture, namesIn, numberAt, publicKey, tokens } from "./fixture.ts";

describe("a server's life", () => {
  test("create runs through initializing and starting to running, with both actions in step", async () => {
    const { clock, create, call } = makeFixture();
    const made = await create("web");
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      server: { name: "web", status: "initializing", locked: true, location: { name: "fsn1" } },
      action: { command: "create_server", status: "running", progress: 0, error: null },
      next_actions: [{ command: "start_server", status: "running", progress: 0 }],
    });
    const id = numberAt(made.body, "server.id");
    const createId = numberAt(made.body, "action.id");
    await clock.advance(500);
    expect((await call("GET", `/actions/${createId}`)).body).toMatchObject({ action: { progress: 50 } });
    await clock.advance(500);
    expect((await call("GET", `/servers/${id}`)).body).toMatchObject({ server: { status: "starting", locked: true } });
    await clock.advance(1000);
    expect((await call("GET", `/servers/${id}`)).body).toMatchObject({ server: { status: "running", locked: false } });
    const both = await call("GET", `/actions?id=${createId}&id=${createId + 1}&id=1`);
    expect(both.body).toMatchObject({
      actions: [
        { id: createId, status: "success", progress: 100, finished: "2026-11-22T12:00:01Z" },
        { id: createId + 1, status: "success", progress: 100, finished: "2026-11-22T12:00:02Z" },
      ],
    });
  });

  test("without start_after_create it ends switched off", async () => {
    const { clock, create, simulator } = makeFixture();
    const made = await create("web", { start_after_create: false });
    expect(made.body).toMatchObject({ next_actions: [] });
    await clock.advance(10_000);
    expect(simulator.serverByName("web")?.status).toBe("off");
  });

  test("after DELETE the name stays taken until the action has ended, then the server is unknown", async () => {
    const { clock, create, call } = makeFixture();
    const id = numberAt((await create("web")).body, "server.id");
    await clock.advance(2000);
    const deleted = await call("DELETE", `/servers/${id}`);
    expect(deleted).toMatchObject({ status: 200, body: { action: { command: "delete_server" } } });
    expect((await call("GET", `/servers/${id}`)).body).toMatchObject({ server: { status: "deleting" } });
    expect((await create("web")).body).toMatchObject({ error: { code: "uniqueness_error" } });
    await clock.advance(1000);
    expect((await call("GET", `/servers/${id}`)).body).toMatchObject({ error: { code: "not_found" } });
    expect((await create("web")).status).toBe(201);
    const action = await call("GET", `/actions/${numberAt(deleted.body, "action.id")}`);
    expect(action.body).toMatchObject({ action: { status: "success" } });
  });

  test("a freed address comes back at once, and its record is gone with the server", async () => {
    const { clock, create, call, simulator } = makeFixture({ ipv4: { ipv4Prefix: "127.77" } });
    const first = await create("one");
    await create("two");
    expect(at(first.body, "server.public_net.ipv4.ip")).toBe("127.77.0.1");
    expect(simulator.serverByName("two")?.public_net.ipv4?.ip).toBe("127.77.0.2");
    await clock.advance(2000);
    await call("DELETE", `/servers/${numberAt(first.body, "server.id")}`);
    await clock.advance(1000);
    expect(simulator.state().projects[0]?.primary_ips).toHaveLength(2);
    const third = await create("three");
    expect(at(third.body, "server.public_net.ipv4.ip")).toBe("127.77.0.1");
  });

  test("nothing can be done to a server while an action runs", async () => {
    const { create, call } = makeFixture();
    const id = numberAt((await create("web")).body, "server.id");
    const refusals = [await call("DELETE", `/servers/${id}`), await call("POST", `/servers/${id}/actions/poweroff`)];
    for (const refusal of refusals) expect(refusal).toMatchObject({ status: 423, body: { error: { code: "locked" } } });
  });

  test("a protected server is not deleted until the protection is off", async () => {
    const { clock, create, call } = makeFixture();
    const id = numberAt((await create("web")).body, "server.id");
    await clock.advance(2000);
    const half = await call("POST", `/servers/${id}/actions/change_protection`, { delete: true });
    expect(half.status).toBe(422);
    const protect = (value: boolean) =>
      call("POST", `/servers/${id}/actions/change_protection`, { delete: value, rebuild: value });
    expect((await protect(true)).status).toBe(201);
    expect(await call("DELETE", `/servers/${id}`)).toMatchObject({
      status: 423,
      body: { error: { code: "protected" } },
    });
    await protect(false);
    expect((await call("DELETE", `/servers/${id}`)).status).toBe(200);
  });

  test("a PUT with labels replaces them all", async () => {
    const { create, call } = makeFixture();
    const id = numberAt((await create("web", { labels: { a: "1", b: "2" } })).body, "server.id");
    const changed = await call("PUT", `/servers/${id}`, { labels: { c: "3" } });
    expect(at(changed.body, "server.labels")).toEqual({ c: "3" });
    expect((await call("PUT", `/servers/${id}`, { name: "web_1" })).status).toBe(422);
  });
});

describe("what a project may have", () => {
  test("a root password only when no key was given", async () => {
    const { create, call } = makeFixture();
    expect(at((await create("open")).body, "root_password")).toMatch(/^\w{20}$/);
    await call("POST", "/ssh_keys", { name: "k", public_key: publicKey(1) });
    expect(at((await create("keyed", { ssh_keys: ["k"] })).body, "root_password")).toBeNull();
  });

  test("names are unique in a project and free in another", async () => {
    const { create, call } = makeFixture();
    await create("web");
    expect((await create("web")).body).toMatchObject({
      error: { code: "uniqueness_error", message: "server name is already used", details: {} },
    });
    const body = { name: "web", server_type: "cx23", image: "debian-13" };
    expect((await call("POST", "/servers", body, { token: tokens.other })).status).toBe(201);
  });

  test("one project cannot see another's servers", async () => {
    const { create, call } = makeFixture();
    const id = numberAt((await create("web")).body, "server.id");
    expect((await call("GET", `/servers/${id}`, undefined, { token: tokens.other })).status).toBe(404);
    expect(namesIn(await call("GET", "/servers", undefined, { token: tokens.other }), "servers")).toEqual([]);
  });

  test("the server limit ends in a quota error that names the limit", async () => {
    const { create } = makeFixture({
      projects: [{ name: "small", tokens: [{ value: tokens.rw, permission: "rw" }], serverLimit: 1 }],
    });
    await create("one");
    expect(await create("two")).toMatchObject({
      status: 403,
      body: { error: { code: "resource_limit_exceeded", details: { limits: [{ name: "server_limit" }] } } },
    });
  });

  test("the catalogue's flag is a hint: real stock decides", async () => {
    const { create, simulator } = makeFixture();
    expect((await create("flagged", { server_type: "cx53", location: "hel1" })).status).toBe(201);
    const refused = await create("unflagged", { server_type: "cpx51", location: "sin" });
    expect(refused).toMatchObject({ status: 412, body: { error: { code: "resource_unavailable" } } });
    simulator.setStock({ serverType: "cpx51", location: "sin", inStock: true });
    expect((await create("unflagged", { server_type: "cpx51", location: "sin" })).status).toBe(201);
  });

  test.each([
    ["a type elsewhere", { server_type: "cax11", location: "ash" }, 422, "unsupported location for server type"],
    ["a type of the past", { server_type: "cx22" }, 422, "unsupported location for server type"],
    [
      "a type of the past here",
      { server_type: "cpx31", location: "nbg1" },
      422,
      "unsupported location for server type",
    ],
    ["an image of the past", { image: "debian-11" }, 422, "image 'debian-11' is deprecated"],
    ["an unknown location", { location: "mars" }, 422, "location 'mars' not found"],
    ["an unknown type", { server_type: "cx1" }, 404, "server type 'cx1' not found"],
    ["an unknown image", { image: "beos" }, 404, "image 'beos' not found"],
    ["an unknown key", { ssh_keys: ["nobody"] }, 404, "SSH key 'nobody' not found"],
    ["no network", { public_net: { enable_ipv4: false, enable_ipv6: false } }, 422, "server must have at least one"],
  ])("%s is refused", async (_what, fields, status, message) => {
    const { create } = makeFixture();
    const refused = await create("web", fields);
    expect(refused.status).toBe(status);
    expect(at(refused.body, "error.message")).toContain(message);
  });

  test("without IPv4 the address is null", async () => {
    const { create } = makeFixture();
    const made = await create("web", { public_net: { enable_ipv4: false, enable_ipv6: true } });
    expect(at(made.body, "server.public_net.ipv4")).toBeNull();
  });

  test("primary addresses: assigned ones cannot be deleted, a left-over one can", async () => {
    const { create, call, simulator } = makeFixture();
    const assigned = numberAt((await create("web")).body, "server.public_net.ipv4.id");
    expect((await call("DELETE", `/primary_ips/${assigned}`)).body).toMatchObject({
      error: { code: "must_be_unassigned" },
    });
    const left = simulator.addPrimaryIp({ project: "demo" });
    expect((await call("GET", `/primary_ips/${left}`)).body).toMatchObject({
      primary_ip: { assignee_type: "unassigned" },
    });
    expect((await call("DELETE", `/primary_ips/${left}`)).status).toBe(204);
  });
});

describe("ssh keys", () => {
  const known = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIccHCW76xx2rrPAUrjnuT6IjpEF1O+/U4IByVgv99Oi";
  const fingerprint = "77:79:69:b1:4d:c6:b6:45:6a:e9:52:29:04:3e:59:48";

  test("the fingerprint is the provider's, whatever the comment", async () => {
    const { call } = makeFixture();
    const made = await call("POST", "/ssh_keys", { name: "k", public_key: `${known} me@home` });
    expect(at(made.body, "ssh_key.fingerprint")).toBe(fingerprint);
    expect(namesIn(await call("GET", `/ssh_keys?fingerprint=${fingerprint}`), "ssh_keys")).toEqual(["k"]);
  });

  test("name and key are each unique", async () => {
    const { call } = makeFixture();
    await call("POST", "/ssh_keys", { name: "k", public_key: known });
    for (const body of [
      { name: "k", public_key: publicKey(2) },
      { name: "other", public_key: known },
    ]) {
      expect((await call("POST", "/ssh_keys", body)).body).toMatchObject({ error: { code: "uniqueness_error" } });
    }
  });

  test("update and delete", async () => {
    const { call } = makeFixture();
    const id = numberAt((await call("POST", "/ssh_keys", { name: "k", public_key: known })).body, "ssh_key.id");
    expect((await call("PUT", `/ssh_keys/${id}`, { labels: { a: "b" } })).body).toMatchObject({
      ssh_key: { name: "k", labels: { a: "b" } },
    });
    expect((await call("DELETE", `/ssh_keys/${id}`)).status).toBe(204);
    expect((await call("GET", `/ssh_keys/${id}`)).status).toBe(404);
  });

  test.each(["", "ssh-ed25519", "ssh-ed25519 !!!!", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIIcc"])(
    "%j is no key",
    async (text) => {
      const { call } = makeFixture();
      expect((await call("POST", "/ssh_keys", { name: "k", public_key: text })).status).toBe(422);
    },
  );
});
