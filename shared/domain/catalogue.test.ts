import { describe, expect, it } from "vitest";
import { providerOptions } from "../../contracts/models.ts";
import {
  type Catalogue,
  catalogue,
  centsOf,
  checkOrder,
  isRefreshDue,
  isUsableImage,
  presentOptions,
} from "./catalogue.ts";

const nowMs = Date.parse("2026-11-22T12:00:00Z");
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const place = (name: string) => ({ name, description: name, country: "DE", city: "City", networkZone: "eu-central" });
const offer = (name: string, change: Partial<Catalogue["serverTypes"][number]["locations"][number]> = {}) => ({
  name,
  available: true,
  recommended: true,
  deprecation: null,
  monthlyCents: 475,
  ...change,
});
const type = (name: string, architecture: string, locations: ReturnType<typeof offer>[]) => ({
  name,
  description: name,
  architecture,
  cpuType: "shared",
  cores: 2,
  memoryGb: 4,
  diskGb: 40,
  locations,
});
const image = (name: string, architecture: string, deprecatedAtMs: number | null = null) => ({
  name,
  description: name,
  architecture,
  osFlavor: "debian",
  osVersion: "13",
  deprecatedAtMs,
});
const endsAt = (unavailableAfterMs: number) => ({ deprecation: { announcedMs: 0, unavailableAfterMs } });

const stored: Catalogue = {
  fetchedAtMs: nowMs - hourMs,
  locations: ["fsn1", "nbg1", "ash"].map(place),
  serverTypes: [
    type("cx23", "x86", [offer("fsn1"), offer("nbg1", { available: false, monthlyCents: null })]),
    type("cax11", "arm", [offer("fsn1")]),
    type("cpx31", "x86", [offer("fsn1"), offer("nbg1", endsAt(nowMs - 1))]),
    type("cpx41", "x86", [offer("fsn1", endsAt(nowMs + dayMs))]),
    type("cx22", "x86", [offer("fsn1", endsAt(nowMs - dayMs))]),
  ],
  images: [
    image("debian-13", "x86"),
    image("debian-13", "arm"),
    image("only-x86", "x86"),
    image("debian-11", "x86", nowMs - 100 * dayMs),
    image("debian-12", "x86", nowMs - 10 * dayMs),
  ],
};
const order = { serverType: "cx23", location: "fsn1", image: "debian-13" };

describe("an order", () => {
  const refusals: [string, Partial<typeof order>, string, RegExp][] = [
    ["an unknown type", { serverType: "cx99" }, "server_type", /no server type "cx99"/],
    ["an unknown location", { location: "mars" }, "location", /no location "mars"; there are fsn1, nbg1, ash/],
    ["a location that does not have the type", { location: "ash" }, "location", /in ash, but in fsn1, nbg1/],
    ["a type past its end there", { serverType: "cpx31", location: "nbg1" }, "location", /in nbg1, but in fsn1/],
    ["a type past its end everywhere", { serverType: "cx22" }, "server_type", /no longer sells/],
    ["an unknown image", { image: "plan9" }, "image", /no image "plan9"/],
    ["an image for another architecture", { serverType: "cax11", image: "only-x86" }, "image", /architecture is arm/],
    ["an image past its end", { image: "debian-11" }, "image", /no longer offers/],
  ];
  it.each(refusals)("for %s is refused", (_name, change, field, message) => {
    expect(checkOrder(stored, { ...order, ...change }, nowMs)).toEqual({
      ok: false,
      field,
      message: expect.stringMatching(message),
    });
  });

  const accepted: [string, Partial<typeof order>, number | null][] = [
    ["what is sold", {}, 475],
    ["what is out of stock", { location: "nbg1" }, null],
    ["what ends later", { serverType: "cpx41" }, 475],
    ["an image in its last three months", { image: "debian-12" }, 475],
    ["the image that its architecture has", { serverType: "cax11" }, 475],
  ];
  it.each(accepted)("for %s is accepted, with its price", (_name, change, monthlyCostCents) => {
    expect(checkOrder(stored, { ...order, ...change }, nowMs)).toEqual({ ok: true, monthlyCostCents });
  });

  it("is left to Hetzner without a catalogue, or with one of more than 24 hours", () => {
    const odd = { serverType: "cx99", location: "mars", image: "plan9" };
    expect(checkOrder(null, odd, nowMs)).toEqual({ ok: true, monthlyCostCents: null });
    const old = { ...stored, fetchedAtMs: nowMs - dayMs - 1 };
    expect(checkOrder(old, odd, nowMs)).toEqual({ ok: true, monthlyCostCents: null });
    expect(checkOrder(old, order, nowMs)).toEqual({ ok: true, monthlyCostCents: 475 });
    expect(checkOrder({ ...stored, fetchedAtMs: nowMs - dayMs }, odd, nowMs)).toMatchObject({ ok: false });
  });
});

describe("a sum of decimal texts", () => {
  it.each([
    [["4.1531000000000000", "0.5950000000000000"], 475],
    [["0.1", "0.2"], 30],
    [["0.005"], 1],
    [["0.0049999999999999999999"], 0],
    [["0.0025", "0.0025"], 1],
    [["12"], 1200],
    [["999999999999.99"], 99_999_999_999_999],
  ])("%j is %d cents", (amounts, cents) => {
    expect(centsOf(amounts)).toBe(cents);
  });

  it.each([[[]], [["-1"]], [["1e3"]], [["4.15", "free"]], [[""]], [["NaN"]]])("%j is no sum", (amounts) => {
    expect(centsOf(amounts)).toBeNull();
  });
});

describe("the catalogue", () => {
  it("is due after an hour, and when there is none", () => {
    expect(isRefreshDue(undefined, nowMs)).toBe(true);
    expect(isRefreshDue({ fetchedAtMs: nowMs - hourMs }, nowMs)).toBe(true);
    expect(isRefreshDue({ fetchedAtMs: nowMs - hourMs + 1 }, nowMs)).toBe(false);
  });

  it("has images that can be used for three months after their deprecation", () => {
    expect(isUsableImage({ deprecatedAtMs: null }, nowMs)).toBe(true);
    expect(isUsableImage({ deprecatedAtMs: nowMs - 91 * dayMs }, nowMs)).toBe(true);
    expect(isUsableImage({ deprecatedAtMs: nowMs - 93 * dayMs }, nowMs)).toBe(false);
  });

  it("is what it was after it was stored", () => {
    expect(catalogue.parse(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
  });

  it("is shown as the contract says, in euros", () => {
    const shown = providerOptions.parse(presentOptions("hetzner", stored, order));
    expect(shown.fetched_at).toBe("2026-11-22T11:00:00.000Z");
    expect(shown.server_types[0]?.locations).toEqual([
      { name: "fsn1", available: true, recommended: true, deprecation: null, monthly_cost: 4.75 },
      { name: "nbg1", available: false, recommended: true, deprecation: null, monthly_cost: null },
    ]);
    expect(shown.locations[0]).toMatchObject({ name: "fsn1", network_zone: "eu-central" });
    expect(shown.defaults).toEqual({ server_type: "cx23", location: "fsn1", image: "debian-13" });
  });

  it("is shown as empty lists before the first fetch, with the defaults", () => {
    expect(providerOptions.parse(presentOptions("hetzner", undefined, order))).toMatchObject({
      fetched_at: null,
      locations: [],
      server_types: [],
      images: [],
      defaults: { server_type: "cx23" },
    });
  });
});
