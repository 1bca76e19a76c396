import { describe, expect, test } from "vitest";
import { at, makeFixture, namesIn, numberAt, type Seen, tokens } from "./fixture.ts";

/** A project with a server that is off and has no IPv4, and a free IPv4 address at the same place. */
async function makeScene() {
  const fixture = makeFixture();
  const { call, clock, create } = fixture;
  const net = { public_net: { enable_ipv4: false, enable_ipv6: true }, start_after_create: false };
  const server = numberAt((await create("web", net)).body, "server.id");
  await clock.advance(5000);
  const make = (fields: object = {}) => call("POST", "/primary_ips", { name: "spare", type: "ipv4", ...fields });
  const made = await make({ location: "fsn1", labels: { a: "1" } });
  const id = numberAt(made.body, "primary_ip.id");
  const verb = (name: string, body?: unknown, address = id) =>
    call("POST", `/primary_ips/${address}/actions/${name}`, body);
  const assign = (to = server) => verb("assign", { assignee_id: to, assignee_type: "server" });
  return { ...fixture, server, make, made, id, verb, assign };
}

const errorOf = ({ status, body }: Seen) => `${status} ${at(body, "error.code")}`;

describe("making a primary address", () => {
  test("gives it a place, no server and no action", async () => {
    const { made } = await makeScene();
    expect(made).toMatchObject({
      status: 201,
      body: {
        primary_ip: {
          name: "spare",
          type: "ipv4",
          location: { name: "fsn1" },
          assignee_id: null,
          assignee_type: "unassigned",
          auto_delete: false,
          labels: { a: "1" },
          protection: { delete: false },
          dns_ptr: [{ ip: "198.18.0.1", dns_ptr: "static.1.0.18.198.clients.your-server.de" }],
        },
        action: null,
      },
    });
  });

  test("for a server that is off assigns it at once, at the server's place", async () => {
    const { call, make, server } = await makeScene();
    const made = await make({ name: "its", assignee_id: server, assignee_type: "server", auto_delete: true });
    expect(made.body).toMatchObject({
      primary_ip: { assignee_id: server, assignee_type: "server", auto_delete: true },
      action: { command: "assign_primary_ip", resources: [{ type: "server" }, { type: "primary_ip" }] },
    });
    const seen = await call("GET", `/servers/${server}`);
    expect(at(seen.body, "server.public_net.ipv4.id")).toBe(numberAt(made.body, "primary_ip.id"));
  });

  test.each([
    ["a taken name", { location: "fsn1" }, "409 uniqueness_error"],
    ["neither place nor server", { name: "b" }, "422 invalid_input"],
    ["an unknown place", { name: "b", location: "mars" }, "422 invalid_input"],
    ["the removed datacenter", { name: "b", datacenter: "fsn1-dc14" }, "422 invalid_input"],
    ["an unknown server", { name: "b", assignee_id: 1 }, "404 not_found"],
    ["a version of its own", { name: "b", location: "fsn1", type: "ipv5" }, "422 invalid_input"],
    ["a bad label", { name: "b", location: "fsn1", labels: { "-": "" } }, "422 invalid_input"],
  ])("with %s is refused", async (_what, fields, expected) => {
    const { make } = await makeScene();
    expect(errorOf(await make(fields))).toBe(expected);
  });

  test("ends at the project's limit, which a server's own addresses count towards", async () => {
    const project = { name: "small", tokens: [{ value: tokens.rw, permission: "rw" as const }], primaryIpLimit: 3 };
    const { call, create } = makeFixture({ projects: [project] });
    await create("one");
    const refused = await create("two");
    expect(refused).toMatchObject({
      status: 403,
      body: {
        error: {
          code: "resource_limit_exceeded",
          message: "Primary IP limit exceeded",
          details: { limits: [{ name: "primary_ip_limit" }] },
        },
      },
    });
    const body = { name: "spare", type: "ipv4", location: "fsn1" };
    expect((await call("POST", "/primary_ips", body)).status).toBe(201);
    expect((await call("POST", "/primary_ips", { ...body, name: "more" })).status).toBe(403);
    expect((await create("three", { public_net: { enable_ipv4: true, enable_ipv6: false } })).status).toBe(403);
  });
});

describe("assigning and unassigning", () => {
  test("moves an address to a server that is off and back; it stays when the server goes, and stays billed", async () => {
    const { assign, call, clock, id, server, simulator, verb } = await makeScene();
    expect((await assign()).body).toMatchObject({ action: { command: "assign_primary_ip" } });
    expect(simulator.serverByName("web")?.public_net.ipv4).toMatchObject({ id, ip: "198.18.0.1" });
    expect(errorOf(await call("DELETE", `/primary_ips/${id}`))).toBe("422 must_be_unassigned");
    expect((await verb("unassign")).body).toMatchObject({ action: { command: "unassign_primary_ip" } });
    expect(simulator.serverByName("web")?.public_net.ipv4).toBeNull();
    await assign();
    await call("DELETE", `/servers/${server}`);
    await clock.advance(1000);
    expect(simulator.state().projects[0]?.primary_ips).toMatchObject([{ id, assignee_id: null }]);
    expect((await call("DELETE", `/primary_ips/${id}`)).status).toBe(204);
  });

  test("goes with its server when it was told to", async () => {
    const { assign, call, clock, id, server, simulator } = await makeScene();
    await assign();
    expect((await call("PUT", `/primary_ips/${id}`, { auto_delete: true })).body).toMatchObject({
      primary_ip: { auto_delete: true },
    });
    await call("DELETE", `/servers/${server}`);
    await clock.advance(1000);
    expect(simulator.state().projects[0]?.primary_ips).toEqual([]);
  });

  test("is refused for a server that runs, one that is busy, one that has an address, and one elsewhere", async () => {
    const { assign, call, clock, create, server, make, verb } = await makeScene();
    await call("POST", `/servers/${server}/actions/poweron`);
    expect(errorOf(await assign())).toBe("423 locked");
    await clock.advance(1000);
    expect(errorOf(await assign())).toBe("422 server_not_stopped");
    await call("POST", `/servers/${server}/actions/poweroff`);
    await clock.advance(1000);
    const elsewhere = numberAt((await make({ name: "far", location: "nbg1" })).body, "primary_ip.id");
    const body = { assignee_id: server, assignee_type: "server" };
    expect(errorOf(await verb("assign", body, elsewhere))).toBe("422 primary_ip_datacenter_mismatch");
    await assign();
    expect(errorOf(await assign())).toBe("422 primary_ip_already_assigned");
    const second = numberAt((await make({ name: "second", location: "fsn1" })).body, "primary_ip.id");
    expect(errorOf(await verb("assign", body, second))).toBe("422 server_has_ipv4");
    const six = numberAt((await make({ name: "six", type: "ipv6", location: "fsn1" })).body, "primary_ip.id");
    expect(errorOf(await verb("assign", body, six))).toBe("422 server_has_ipv6");
    expect(errorOf(await verb("unassign", undefined, second))).toBe("422 invalid_input");
    await create("running");
    await call("POST", `/servers/${server}/actions/poweron`);
    await clock.advance(5000);
    expect(errorOf(await verb("unassign"))).toBe("422 server_not_stopped");
  });

  test("a create takes an address along that fits, and no other", async () => {
    const { assign, create, id, make } = await makeScene();
    const six = numberAt((await make({ name: "six", type: "ipv6", location: "fsn1" })).body, "primary_ip.id");
    const far = numberAt((await make({ name: "far", location: "nbg1" })).body, "primary_ip.id");
    const take = (ipv4: number) => create("second", { public_net: { enable_ipv4: true, enable_ipv6: false, ipv4 } });
    expect(errorOf(await take(six))).toBe("412 primary_ip_version_mismatch");
    expect(errorOf(await take(far))).toBe("422 primary_ip_datacenter_mismatch");
    expect(errorOf(await take(1))).toBe("404 not_found");
    expect((await take(id)).body).toMatchObject({ server: { public_net: { ipv4: { id } } } });
    expect(errorOf(await assign())).toBe("422 primary_ip_already_assigned");
  });
});

describe("changing a primary address", () => {
  test("name and labels; the name stays unique", async () => {
    const { call, id, make } = await makeScene();
    await make({ name: "other", location: "fsn1" });
    const seen = await call("PUT", `/primary_ips/${id}`, { name: "renamed", labels: {} });
    expect(seen.body).toMatchObject({ primary_ip: { name: "renamed", labels: {} } });
    expect(errorOf(await call("PUT", `/primary_ips/${id}`, { name: "other" }))).toBe("409 uniqueness_error");
    expect(namesIn(await call("GET", "/primary_ips?name=renamed"), "primary_ips")).toEqual(["renamed"]);
    expect(namesIn(await call("GET", "/primary_ips?ip=198.18.0.1"), "primary_ips")).toEqual(["renamed"]);
  });

  test("protection keeps it, and excludes being deleted with a server", async () => {
    const { call, id, verb } = await makeScene();
    await call("PUT", `/primary_ips/${id}`, { auto_delete: true });
    expect(errorOf(await verb("change_protection", { delete: true }))).toBe("422 invalid_input");
    await call("PUT", `/primary_ips/${id}`, { auto_delete: false });
    expect((await verb("change_protection", { delete: true })).status).toBe(201);
    expect(errorOf(await call("DELETE", `/primary_ips/${id}`))).toBe("423 protected");
    expect(errorOf(await call("PUT", `/primary_ips/${id}`, { auto_delete: true }))).toBe("422 invalid_input");
    await verb("change_protection", { delete: false });
    expect((await call("DELETE", `/primary_ips/${id}`)).status).toBe(204);
  });

  test("its reverse name", async () => {
    const { call, id, verb } = await makeScene();
    expect((await verb("change_dns_ptr", { ip: "198.18.0.1", dns_ptr: "a.example.org" })).status).toBe(201);
    const seen = await call("GET", `/primary_ips/${id}`);
    expect(at(seen.body, "primary_ip.dns_ptr")).toEqual([{ ip: "198.18.0.1", dns_ptr: "a.example.org" }]);
    expect(errorOf(await verb("change_dns_ptr", { ip: "198.18.0.2", dns_ptr: "a" }))).toBe("422 invalid_input");
  });

  test("what hcloud-go 1 sends too much is taken here, and only here", async () => {
    const { call, id, assign, verb } = await makeScene();
    expect((await verb("change_protection", { delete: false, ID: id })).status).toBe(201);
    await assign();
    const headers = { "Content-Type": "application/json" };
    const path = `/primary_ips/${id}/actions/unassign`;
    expect((await call("POST", path, undefined, { headers })).status).toBe(201);
    expect((await call("POST", "/servers/1/actions/poweron", undefined, { headers })).status).toBe(400);
  });
});

test("actions are found through what they are about, and through nothing else", async () => {
  const { assign, call, id, server } = await makeScene();
  const action = numberAt((await assign()).body, "action.id");
  const commands = async (path: string) => {
    const actions = at((await call("GET", path)).body, "actions");
    return Array.isArray(actions) ? actions.map((one) => at(one, "command")) : [];
  };
  expect(await commands(`/primary_ips/${id}/actions`)).toEqual(["assign_primary_ip"]);
  expect(await commands("/primary_ips/actions?status=success")).toEqual(["assign_primary_ip"]);
  expect(await commands(`/servers/${server}/actions`)).toEqual(["create_server", "assign_primary_ip"]);
  expect(await commands("/images/actions")).toEqual([]);
  expect(await commands(`/servers/actions?id=${action}&sort=id:desc`)).toEqual(["assign_primary_ip"]);
  for (const path of [`/primary_ips/${id}/actions/${action}`, `/servers/actions/${action}`, `/actions/${action}`]) {
    expect((await call("GET", path)).body).toMatchObject({ action: { id: action } });
  }
  expect((await call("GET", `/images/actions/${action}`)).status).toBe(404);
  expect((await call("GET", `/primary_ips/1/actions/${action}`)).status).toBe(404);
});
