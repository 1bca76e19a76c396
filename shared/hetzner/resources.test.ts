import { describe, expect, it } from "vitest";
import { type Hetzner, makeHetzner } from "./index.ts";
import {
  errorOf,
  failedWith,
  lastPage,
  sampleToken,
  wireAction,
  wireError,
  wireServer,
  wireSshKey,
} from "./testing/fixtures.ts";
import { type Exchange, withServer } from "./testing/scripted-server.ts";

async function withHetzner(script: readonly Exchange[], test: (hetzner: Hetzner) => Promise<void>): Promise<void> {
  await withServer(script, ({ endpoint }) => test(makeHetzner({ token: sampleToken, endpoint, maxRetries: 0 })));
}

async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

const page = "page=1&per_page=50";
const absent = { status: 404, json: wireError("not_found") };
const strangers404 = { status: 404, text: "404", headers: { "content-type": "text/plain" } };
const price = { net: "1.0000000000", gross: "1.1900000000000000" };
const wirePrice = { location: "fsn1", price_hourly: price, price_monthly: price, included_traffic: 1 };

describe("servers", () => {
  it("are created with everything in the wire's names, and the user's labels untouched", async () => {
    const body = {
      name: "web-1",
      server_type: 114,
      image: "debian-13",
      location: "fsn1",
      ssh_keys: [9, "deploy"],
      user_data: "#cloud-config",
      labels: { managed_by: "me", "example.com/app_name": "x_y" },
      start_after_create: false,
      public_net: { enable_ipv4: true, enable_ipv6: false },
    };
    const json = {
      server: wireServer(42, { status: "initializing", labels: body.labels }),
      action: wireAction(1),
      next_actions: [wireAction(2, { command: "start_server" })],
      root_password: null,
    };
    await withHetzner([{ method: "POST", path: "/servers", body, status: 201, json }], async ({ servers }) => {
      const created = await servers.create({
        name: "web-1",
        serverType: 114,
        image: "debian-13",
        location: "fsn1",
        sshKeys: [9, "deploy"],
        userData: "#cloud-config",
        labels: body.labels,
        startAfterCreate: false,
        publicNet: { enableIpv4: true, enableIpv6: false },
      });
      expect(created.server.labels).toEqual(body.labels);
      expect(created.action).toMatchObject({ id: 1, command: "create_server", status: "running" });
      expect(created.nextActions.map((action) => action.command)).toEqual(["start_server"]);
      expect(created.rootPassword).toBeNull();
    });
  });

  it("are read as they are, with unknown fields dropped and unknown states kept", async () => {
    const json = { server: wireServer(42, { status: "brand_new", datacenter: { id: 1 }, surprise: true }) };
    await withHetzner([{ method: "GET", path: "/servers/42", json }], async ({ servers }) => {
      expect(await servers.get(42)).toEqual({
        id: 42,
        name: "web-1",
        status: "brand_new",
        created: "2026-11-01T10:00:00+00:00",
        publicNet: { ipv4: { id: 7, ip: "192.0.2.10" }, ipv6: { id: 8, ip: "2001:db8::/64" } },
        serverType: { id: 114, name: "cx23" },
        location: { id: 1, name: "fsn1" },
        image: { id: 3, name: "debian-13" },
        locked: false,
        protection: { delete: false, rebuild: false },
        labels: { managed_by: "me" },
      });
    });
  });

  it("may lack addresses, the image, the location and all that is not always told", async () => {
    const bare = { image: undefined, location: null, labels: undefined, locked: undefined, protection: undefined };
    const answers = [
      { server: wireServer(42, { public_net: { ipv4: null, ipv6: null }, image: null }) },
      { server: wireServer(42, { ...bare, public_net: {} }) },
    ];
    const script = answers.map((json) => ({ method: "GET", path: "/servers/42", json }));
    await withHetzner(script, async ({ servers }) => {
      const addresses = { publicNet: { ipv4: null, ipv6: null } };
      expect(await servers.get(42)).toMatchObject({ ...addresses, image: null });
      const protection = { delete: false, rebuild: false };
      const rest = { image: null, location: null, labels: {}, locked: false, protection };
      expect(await servers.get(42)).toMatchObject({ ...addresses, ...rest });
    });
  });

  it("are the same with the data centre of answers older than 2026-07", async () => {
    const datacenter = { id: 4, name: "fsn1-dc14", location: { id: 1, name: "fsn1" } };
    const answers = [wireServer(42), wireServer(42, { datacenter })].map((server) => ({ server }));
    const script = answers.map((json) => ({ method: "GET", path: "/servers/42", json }));
    await withHetzner(script, async ({ servers }) => {
      expect(await servers.get(42)).toEqual(await servers.get(42));
    });
  });

  it("are absent only when Hetzner itself says so", async () => {
    const found: Exchange = { method: "GET", path: "/servers/42" };
    const remove: Exchange = { method: "DELETE", path: "/servers/42" };
    const script = [
      { ...found, ...absent },
      { ...found, ...strangers404 },
      { ...found, status: 404, json: wireError("brand_new") },
      { ...found, status: 422, json: wireError("not_found") },
      { ...remove, ...absent },
      { ...remove, ...strangers404 },
    ];
    await withHetzner(script, async ({ servers }) => {
      expect(await servers.get(42)).toBeNull();
      expect(await errorOf(servers.get(42))).toMatchObject({ class: "unexpected_response" });
      expect(await errorOf(servers.get(42))).toMatchObject({ class: "not_found", code: "brand_new" });
      expect(await errorOf(servers.get(42))).toMatchObject({ class: "not_found", httpStatus: 422 });
      expect(await servers.delete(42)).toBeNull();
      expect(await errorOf(servers.delete(42))).toMatchObject({ class: "unexpected_response", effect: "unknown" });
    });
  });

  it("are listed by name and by label, across pages, each page when it is needed", async () => {
    const query = "name=web-1&label_selector=job+in+%28a%2Cb%29";
    const first = { servers: [wireServer(1)], meta: { pagination: { next_page: 2 } } };
    const second = { servers: [wireServer(2)], meta: lastPage };
    const script = [
      { method: "GET", path: `/servers?${query}&${page}`, json: first },
      { method: "GET", path: `/servers?${query}&page=2&per_page=50`, json: second },
      { method: "GET", path: `/servers?${page}`, json: first },
    ];
    await withHetzner(script, async ({ servers }) => {
      const found = await collect(servers.list({ name: "web-1", labelSelector: "job in (a,b)" }));
      expect(found.map(({ id }) => id)).toEqual([1, 2]);
      for await (const { id } of servers.list()) {
        expect(id).toBe(1);
        break;
      }
    });
  });

  it("get new labels, power on and off, and go", async () => {
    const json = { action: wireAction(5) };
    const labels = { a_b: "c" };
    const script = [
      { method: "PUT", path: "/servers/42", body: { labels }, json: { server: wireServer(42, { labels }) } },
      { method: "POST", path: "/servers/42/actions/poweron", status: 201, json },
      { method: "POST", path: "/servers/42/actions/poweroff", status: 201, json },
      { method: "DELETE", path: "/servers/42", json },
    ];
    await withHetzner(script, async ({ servers }) => {
      expect((await servers.updateLabels(42, labels)).labels).toEqual(labels);
      const actions = [await servers.powerOn(42), await servers.powerOff(42), await servers.delete(42)];
      expect(actions.map((action) => action?.id)).toEqual([5, 5, 5]);
    });
  });
});

describe("pages", () => {
  const listed = (next: unknown) => ({ servers: [], meta: { pagination: { next_page: next } } });
  const pageOf = (count: number) => `/servers?page=${count}&per_page=50`;

  it("end at null, at 0 and without meta", async () => {
    const answers = [listed(null), listed(0), { servers: [], meta: null }, { servers: [] }];
    const script = answers.map((json) => ({ method: "GET", path: pageOf(1), json }));
    await withHetzner(script, async ({ servers }) => {
      for (const _ of script) await collect(servers.list());
    });
  });

  it("must move forward", async () => {
    await withHetzner([{ method: "GET", path: pageOf(1), json: listed(1) }], async ({ servers }) => {
      expect(await errorOf(collect(servers.list()))).toMatchObject({ class: "unexpected_response" });
    });
  });

  it("stop after 100", async () => {
    const script = Array.from({ length: 100 }, (_, at) => ({
      method: "GET",
      path: pageOf(at + 1),
      json: listed(at + 2),
    }));
    await withHetzner(script, async ({ servers }) => {
      expect((await errorOf(collect(servers.list()))).message).toContain("more than 100 pages");
    });
  });
});

describe("ssh keys", () => {
  it("are found by fingerprint, made, read, renamed and deleted", async () => {
    const json = { ssh_key: wireSshKey(9) };
    const publicKey = "ssh-ed25519 AAAA";
    const script = [
      {
        method: "GET",
        path: `/ssh_keys?fingerprint=77%3A79&${page}`,
        json: { ssh_keys: [wireSshKey(9)], meta: lastPage },
      },
      {
        method: "POST",
        path: "/ssh_keys",
        body: { name: "deploy", public_key: publicKey, labels: { a: "b" } },
        status: 201,
        json,
      },
      { method: "GET", path: "/ssh_keys/9", json },
      { method: "GET", path: "/ssh_keys/10", ...absent },
      { method: "PUT", path: "/ssh_keys/9", body: { name: "new" }, json: { ssh_key: wireSshKey(9, "new") } },
      { method: "DELETE", path: "/ssh_keys/9", status: 204 },
      { method: "DELETE", path: "/ssh_keys/9", ...absent },
    ];
    await withHetzner(script, async ({ sshKeys }) => {
      const found = await collect(sshKeys.list({ fingerprint: "77:79" }));
      expect(found.map((key) => key.id)).toEqual([9]);
      const made = await sshKeys.create({ name: "deploy", publicKey, labels: { a: "b" } });
      expect(made.publicKey).toBe(wireSshKey(9).public_key);
      expect((await sshKeys.get(9))?.name).toBe("deploy");
      expect(await sshKeys.get(10)).toBeNull();
      expect((await sshKeys.update(9, { name: "new" })).name).toBe("new");
      expect(await sshKeys.delete(9)).toBe(true);
      expect(await sshKeys.delete(9)).toBe(false);
    });
  });
});

describe("actions", () => {
  it("are read one by one, absent ones as null", async () => {
    const script = [
      { method: "GET", path: "/actions/5", json: { action: wireAction(5) } },
      { method: "GET", path: "/actions/6", ...absent },
    ];
    await withHetzner(script, async ({ actions }) => {
      expect((await actions.get(5))?.id).toBe(5);
      expect(await actions.get(6)).toBeNull();
    });
  });

  it("are listed 25 ids a request, sorted, once each, with what is missing", async () => {
    const path = (ids: number[]) => `/actions?${ids.map((id) => `id=${id}`).join("&")}&page=1&per_page=25`;
    const ids = Array.from({ length: 27 }, (_, at) => at + 1);
    const head = ids.slice(0, 25);
    const script = [
      { method: "GET", path: path(head), json: { actions: head.slice(1).map((id) => wireAction(id)) } },
      { method: "GET", path: path([26, 27]), json: { actions: [wireAction(27), wireAction(99)] } },
    ];
    await withHetzner(script, async ({ actions }) => {
      const { found, missing } = await actions.list([...ids].reverse().concat(5));
      expect(found.map((action) => action.id)).toEqual([...head.slice(1), 27]);
      expect(missing).toEqual([1, 26]);
    });
  });

  it("tell the observer of codes that nobody knows, however they are asked for", async () => {
    const failed = [wireAction(5, failedWith("brand_new")), wireAction(6, failedWith("action_failed")), wireAction(7)];
    const script = [
      { method: "GET", path: "/actions?id=5&id=6&id=7&page=1&per_page=25", json: { actions: failed } },
      { method: "GET", path: "/actions/5", json: { action: failed[0] } },
    ];
    const codes: string[] = [];
    await withServer(script, async ({ endpoint }) => {
      const onUnknownCode = (code: string) => codes.push(code);
      const { actions } = makeHetzner({ token: sampleToken, endpoint, onUnknownCode });
      await actions.list([5, 6, 7]);
      expect(codes).toEqual(["brand_new"]);
      await actions.get(5);
    });
    expect(codes).toEqual(["brand_new", "brand_new"]);
  });

  it("are not asked for when there are no ids", async () => {
    await withHetzner([], async ({ actions }) => {
      expect(await actions.list([])).toEqual({ found: [], missing: [] });
    });
  });
});

describe("the catalogue", () => {
  it("tells server types with stock by location, told or not", async () => {
    const deprecation = { announced: "2026-01-01T00:00:00Z", unavailable_after: "2026-06-01T00:00:00Z" };
    const type = {
      id: 114,
      name: "cx23",
      description: "CX23",
      cores: 2,
      memory: 4.5,
      disk: 40,
      storage_type: "local",
      cpu_type: "shared",
      architecture: "x86",
      prices: [wirePrice],
      locations: [
        { id: 1, name: "fsn1", available: false, recommended: true, deprecation },
        { id: 2, name: "nbg1" },
      ],
    };
    const json = { server_types: [type], meta: lastPage };
    await withHetzner([{ method: "GET", path: `/server_types?${page}`, json }], async ({ serverTypes }) => {
      const [got] = await collect(serverTypes.list());
      expect(got).toMatchObject({ category: null, memory: 4.5, storageType: "local", deprecation: null });
      expect(got?.prices).toEqual([{ location: "fsn1", priceHourly: price, priceMonthly: price }]);
      const ends = { announced: deprecation.announced, unavailableAfter: deprecation.unavailable_after };
      expect(got?.locations).toEqual([
        { id: 1, name: "fsn1", available: false, recommended: true, deprecation: ends },
        { id: 2, name: "nbg1", available: null, recommended: null, deprecation: null },
      ]);
    });
  });

  it("tells locations, images and prices", async () => {
    const location = {
      id: 1,
      name: "fsn1",
      description: "",
      country: "DE",
      city: "F",
      latitude: 50.4,
      longitude: 12.3,
    };
    const image = { id: 3, type: "system", status: "available", description: "", os_flavor: "debian", labels: {} };
    const pricing = {
      currency: "EUR",
      vat_rate: "19.00",
      server_types: [{ id: 1, name: "cx23", prices: [wirePrice] }],
    };
    const script = [
      {
        method: "GET",
        path: `/locations?${page}`,
        json: { locations: [{ ...location, network_zone: "eu-central" }], meta: lastPage },
      },
      {
        method: "GET",
        path: `/images?architecture=x86&type=system&name=debian-13&include_deprecated=true&${page}`,
        json: { images: [{ ...image, name: null, architecture: "x86" }], meta: lastPage },
      },
      {
        method: "GET",
        path: "/pricing",
        json: { pricing: { ...pricing, primary_ips: [{ type: "ipv4", prices: [wirePrice] }] } },
      },
    ];
    await withHetzner(script, async ({ locations, images, pricing }) => {
      expect((await collect(locations.list()))[0]?.networkZone).toBe("eu-central");
      const query = { architecture: "x86", type: "system", name: "debian-13", includeDeprecated: true };
      expect((await collect(images.list(query)))[0]).toMatchObject({ osFlavor: "debian", deprecated: null });
      const prices = await pricing.get();
      expect(prices.primaryIps[0]?.prices[0]?.priceMonthly.gross).toBe(price.gross);
      expect(prices.serverTypes[0]?.name).toBe("cx23");
    });
  });
});

describe("primary IPs", () => {
  it("are listed and deleted", async () => {
    const ip = { id: 7, name: "ip-7", ip: "192.0.2.10", type: "ipv4", auto_delete: true, labels: {}, created: "now" };
    const json = { primary_ips: [{ ...ip, assignee_id: null, assignee_type: "unassigned" }], meta: lastPage };
    const script = [
      { method: "GET", path: `/primary_ips?label_selector=a%3Db&${page}`, json },
      { method: "DELETE", path: "/primary_ips/7", status: 204 },
      { method: "DELETE", path: "/primary_ips/7", ...absent },
    ];
    await withHetzner(script, async ({ primaryIps }) => {
      const [got] = await collect(primaryIps.list({ labelSelector: "a=b" }));
      expect(got).toMatchObject({ id: 7, assigneeId: null, assigneeType: "unassigned", autoDelete: true });
      expect([await primaryIps.delete(7), await primaryIps.delete(7)]).toEqual([true, false]);
    });
  });
});
