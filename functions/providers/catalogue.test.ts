import { describe, expect, it } from "vitest";
import { providerOptions } from "../../contracts/models.ts";
import { checkOrder } from "../../shared/domain/catalogue.ts";
import { findCatalogue } from "../../shared/store/providers.ts";
import { makeProvidersFixture, type ProvidersFixture, tokens } from "./fixture.ts";
import { refreshCatalogues } from "./scheduled.ts";

const hourMs = 3_600_000;
const stored = (fixture: ProvidersFixture) => findCatalogue(fixture.table, "hetzner");

describe("the options", () => {
  it("are empty lists with the defaults before anything was fetched", async () => {
    const options = providerOptions.parse(await makeProvidersFixture().options());
    expect(options).toMatchObject({ fetched_at: null, server_types: [], defaults: { server_type: "cx23" } });
  });

  it("are there as soon as Hetzner is connected", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const options = providerOptions.parse(await fixture.options());
    expect(options.locations.map(({ name }) => name)).toContain("fsn1");
    expect(new Set(options.images.map(({ architecture }) => architecture))).toEqual(new Set(["x86", "arm"]));
    const type = options.server_types.find(({ name }) => name === options.defaults.server_type);
    // 3.49 net for the server and 0.50 net for the address, with 19 % on both: 4.1531 + 0.595.
    expect(type?.locations.find(({ name }) => name === options.defaults.location)?.monthly_cost).toBe(4.75);
  });

  it("accept the defaults and refuse what Hetzner no longer sells", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const catalogue = (await stored(fixture)) ?? null;
    const { defaults } = fixture.deps;
    const nowMs = fixture.clock.now();
    expect(checkOrder(catalogue, defaults, nowMs)).toEqual({ ok: true, monthlyCostCents: 475 });
    expect(checkOrder(catalogue, { ...defaults, serverType: "cx22" }, nowMs)).toMatchObject({ field: "server_type" });
    expect(checkOrder(catalogue, { ...defaults, image: "debian-11" }, nowMs)).toMatchObject({ field: "image" });
    expect(checkOrder(catalogue, { ...defaults, location: "ash" }, nowMs)).toMatchObject({ field: "location" });
  });

  it("fit into one item many times over", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    expect(JSON.stringify(await stored(fixture)).length).toBeLessThan(60_000);
  });
});

describe("the catalogue", () => {
  it("is fetched in four requests, and not again within the hour", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const count = () => fixture.simulator.requests().filter(({ route }) => !route?.startsWith("/ssh_keys")).length;
    expect(count()).toBe(4);
    await fixture.clock.advance(hourMs - 60_000);
    await fixture.check();
    await fixture.run(refreshCatalogues(fixture.deps));
    expect(count()).toBe(4);
  });

  it("is refreshed by the sweeper after an hour", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    fixture.simulator.setStock({ serverType: "cx23", location: "fsn1", available: false });
    await fixture.clock.advance(hourMs);
    await fixture.run(refreshCatalogues(fixture.deps));
    const type = (await fixture.options()).server_types.find(({ name }) => name === "cx23");
    expect(type?.locations.find(({ name }) => name === "fsn1")?.available).toBe(false);
  });

  it.each(["unavailable_json", "lost_before_commit", "wrong_shape", "rate_limited"] as const)(
    "that cannot be fetched (%s) spoils no connect and stays as it was",
    async (kind) => {
      const fixture = makeProvidersFixture();
      fixture.simulator.plan({ kind, method: "GET", route: "/pricing", times: 1000 });
      const startMs = fixture.clock.now();
      expect(await fixture.connect(tokens.rw)).toMatchObject({ status: "connected", guidance: [] });
      expect(fixture.clock.now() - startMs).toBeLessThanOrEqual(20_000);
      expect(await stored(fixture)).toBeUndefined();
      expect(fixture.lines.join()).toContain("catalogue_not_refreshed");
    },
  );

  it("is not asked for with a token that Hetzner refused", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.ro);
    await fixture.run(refreshCatalogues(fixture.deps));
    expect(fixture.simulator.requests().some(({ route }) => route === "/pricing")).toBe(false);
  });
});

describe("the list of providers", () => {
  it("has the one that nobody connected, and shows the same as asking for it", async () => {
    const fixture = makeProvidersFixture();
    expect(await fixture.list()).toEqual([await fixture.get()]);
    await fixture.connect(tokens.rw);
    expect(await fixture.list()).toEqual([await fixture.get()]);
  });
});
