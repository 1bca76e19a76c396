import { describe, expect, test } from "vitest";
import { at, type Fixture, makeFixture, namesIn, numberAt, tokens } from "./fixture.ts";
import type { Hosts } from "./options.ts";

const nothing = async () => undefined;
const hosts: Hosts = { boot: nothing, shutdown: nothing, reboot: nothing, stop: nothing, destroy: nothing };

/** A running server and an image made of it. */
async function makeImage(fixture: Fixture, body: object = { description: "before the change", labels: { a: "1" } }) {
  const { call, clock, create } = fixture;
  const server = numberAt((await create("web")).body, "server.id");
  await clock.advance(5000);
  await call("POST", `/servers/${server}/actions/enable_backup`);
  const made = await call("POST", `/servers/${server}/actions/create_image`, body);
  return { server, made, id: numberAt(made.body, "image.id") };
}

describe("an image made of a server", () => {
  test("is creating while its action runs, and locks itself and the server", async () => {
    const fixture = makeFixture();
    const { call, clock } = fixture;
    const { id, server, made } = await makeImage(fixture);
    expect(made).toMatchObject({
      status: 201,
      body: {
        image: {
          type: "snapshot",
          status: "creating",
          name: null,
          description: "before the change",
          image_size: null,
          disk_size: 40,
          created_from: { id: server, name: "web" },
          bound_to: null,
          os_flavor: "debian",
          os_version: "13",
          labels: { a: "1" },
        },
        action: {
          command: "create_image",
          resources: [
            { id: server, type: "server" },
            { id, type: "image" },
          ],
        },
      },
    });
    expect((await call("DELETE", `/images/${id}`)).status).toBe(423);
    expect((await call("DELETE", `/servers/${server}`)).status).toBe(423);
    const use = { name: "copy", server_type: "cx23", image: id };
    expect((await call("POST", "/servers", use)).body).toMatchObject({ error: { code: "invalid_input" } });
    await clock.advance(1000);
    expect((await call("GET", `/images/${id}`)).body).toMatchObject({
      image: { status: "available", image_size: 2.3 },
    });
    expect((await call("POST", "/servers", use)).body).toMatchObject({ server: { image: { id, type: "snapshot" } } });
  });

  test("is the project's own, found by type, label and server", async () => {
    const fixture = makeFixture();
    const { call } = fixture;
    const { id, server } = await makeImage(fixture, { type: "backup", labels: { keep: "yes" } });
    const ids = async (query: string, token: string = tokens.rw) =>
      at((await call("GET", `/images?${query}`, undefined, { token })).body, "images");
    for (const query of ["type=backup", "label_selector=keep%3Dyes", `bound_to=${server}`, "status=creating"]) {
      expect(await ids(query)).toMatchObject([{ id, type: "backup", bound_to: server }]);
    }
    expect(await ids("type=snapshot")).toEqual([]);
    expect(await ids("type=backup", tokens.other)).toEqual([]);
    expect((await call("GET", `/images/${id}`, undefined, { token: tokens.other })).status).toBe(404);
  });

  test("can be described, labelled, and made a snapshot that stays; backups go with their server", async () => {
    const fixture = makeFixture();
    const { call, clock, simulator } = fixture;
    const { id, server } = await makeImage(fixture, { type: "backup" });
    await clock.advance(1000);
    const second = await call("POST", `/servers/${server}/actions/create_image`, { type: "backup" });
    await clock.advance(1000);
    const change = { description: "kept", labels: { b: "2" }, type: "snapshot" };
    expect((await call("PUT", `/images/${id}`, change)).body).toMatchObject({ image: { ...change, bound_to: null } });
    expect(second.status).toBe(201);
    await call("DELETE", `/servers/${server}`);
    await clock.advance(1000);
    expect(simulator.state().projects[0]?.images.map((image) => image.id)).toEqual([id]);
  });

  test("a protected one stays; a backup and a system image cannot be protected", async () => {
    const fixture = makeFixture();
    const { call, clock } = fixture;
    const { id, server } = await makeImage(fixture);
    await clock.advance(1000);
    const protect = (image: number, value: boolean) =>
      call("POST", `/images/${image}/actions/change_protection`, { delete: value });
    expect((await protect(id, true)).body).toMatchObject({ action: { resources: [{ id, type: "image" }] } });
    expect(await call("DELETE", `/images/${id}`)).toMatchObject({
      status: 423,
      body: { error: { code: "protected" } },
    });
    await protect(id, false);
    expect((await call("DELETE", `/images/${id}`)).status).toBe(204);
    const backup = await call("POST", `/servers/${server}/actions/create_image`, { type: "backup" });
    await clock.advance(1000);
    for (const other of [numberAt(backup.body, "image.id"), 114_690_387]) {
      expect(await protect(other, true)).toMatchObject({ status: 422, body: { error: { code: "unsupported_error" } } });
    }
  });

  test("backups go when backups are switched off, snapshots stay", async () => {
    const fixture = makeFixture();
    const { call, clock, simulator } = fixture;
    const { id, server } = await makeImage(fixture);
    await clock.advance(1000);
    await call("POST", `/servers/${server}/actions/create_image`, { type: "backup" });
    await clock.advance(1000);
    expect(simulator.state().projects[0]?.images).toHaveLength(2);
    await call("POST", `/servers/${server}/actions/disable_backup`);
    expect(simulator.state().projects[0]?.images.map((image) => image.id)).toEqual([id]);
  });

  test("a backup needs backups switched on", async () => {
    const { call, clock, create } = makeFixture();
    const server = numberAt((await create("web")).body, "server.id");
    await clock.advance(5000);
    expect((await call("POST", `/servers/${server}/actions/create_image`, { type: "backup" })).status).toBe(422);
  });

  test.each([
    ["PUT", { description: "mine" }],
    ["DELETE", undefined],
  ])("%s of a system image is refused", async (method, body) => {
    const { call } = makeFixture();
    expect(await call(method, "/images/114690387", body)).toMatchObject({
      status: 422,
      body: { error: { code: "unsupported_error" } },
    });
  });

  test("boots what lies below it, also through a second one; a disk too small is refused", async () => {
    const booted: string[] = [];
    const recording = { ...hosts, boot: async (host: { image: string }) => void booted.push(host.image) };
    const fixture = makeFixture({ hosts: recording });
    const { call, clock, create } = fixture;
    const { id } = await makeImage(fixture);
    await clock.advance(1000);
    const copy = numberAt((await create("copy", { image: id, server_type: "cx33" })).body, "server.id");
    await clock.advance(5000);
    const again = await call("POST", `/servers/${copy}/actions/create_image`, {});
    await clock.advance(1000);
    const big = numberAt(again.body, "image.id");
    await create("copy-2", { image: big, server_type: "cx33" });
    await clock.advance(5000);
    expect(booted).toEqual(["debian-13", "debian-13", "debian-13"]);
    expect((await create("small", { image: big })).body).toMatchObject({
      error: { code: "invalid_input", message: "image disk is bigger than server type disk" },
    });
  });
});

describe("machines that have no base for an image", () => {
  const few: Hosts = { ...hosts, images: ["debian-12"] };

  test("show it as unavailable, refuse a create and a rebuild with it, and take the others", async () => {
    const { call, clock, create } = makeFixture({ hosts: few });
    const available = await call("GET", "/images?status=available&architecture=x86");
    expect(namesIn(available, "images")).toEqual(["debian-12"]);
    expect(namesIn(await call("GET", "/images?status=unavailable&architecture=x86"), "images")).toContain("debian-13");
    const refusal = {
      status: 422,
      body: {
        error: {
          code: "invalid_input",
          details: { fields: [{ name: "image", messages: ["image is not available"] }] },
        },
      },
    };
    expect(await create("web")).toMatchObject(refusal);
    const made = await create("web", { image: "debian-12" });
    expect(made.status).toBe(201);
    await clock.advance(5000);
    const path = `/servers/${numberAt(made.body, "server.id")}/actions/rebuild`;
    expect(await call("POST", path, { image: "debian-13" })).toMatchObject(refusal);
    expect((await call("POST", path, { image: "debian-12" })).status).toBe(201);
  });

  test("refuse a snapshot of what they cannot boot", async () => {
    const fixture = makeFixture();
    const { id } = await makeImage(fixture);
    await fixture.clock.advance(1000);
    const again = makeFixture({ hosts: few, snapshot: fixture.simulator.snapshot() });
    await again.clock.advance(10_000);
    expect((await again.create("copy", { image: id })).body).toMatchObject({ error: { code: "invalid_input" } });
  });
});
