import { expect, it } from "vitest";
import example from "../../contracts/examples/getNode.answer.json" with { type: "json" };
import { type Node, node, type ProviderOptions } from "../../contracts/models.ts";
import {
  canOrder,
  choiceWords,
  costWords,
  imagesFor,
  locationChoices,
  missingWord,
  nodeChoices,
  orderAgain,
  orderWord,
  placeOf,
  stockWarning,
  typesAt,
} from "./options.ts";

const place = { name: "hel1", available: true, recommended: null, deprecation: null, monthly_cost: 8 };
const type = { description: "", architecture: "x86", cpu_type: "shared", cores: 2, memory_gb: 4, disk_gb: 40 };
const sold = (
  name: string,
  change: Partial<typeof place> & { deprecation?: { announced: string; unavailable_after: string } | null },
) => ({
  ...type,
  name,
  locations: [{ ...place, ...change }],
});
const over = { announced: "2026-01-01T00:00:00Z", unavailable_after: "2026-02-01T00:00:00Z" };
const options: ProviderOptions = {
  provider_id: "hetzner",
  fetched_at: "2026-11-23T12:00:00Z",
  locations: [{ name: "hel1", description: "", country: "FI", city: "Helsinki", network_zone: "eu-central" }],
  server_types: [
    sold("big", { monthly_cost: 30 }),
    sold("small", { monthly_cost: 4.5 }),
    { ...sold("gone", { monthly_cost: 3 }), locations: [{ ...place, monthly_cost: 3, deprecation: over }] },
    { ...sold("empty", {}), locations: [{ ...place, available: false }] },
    sold("elsewhere", { name: "nbg1" }),
  ],
  images: [
    {
      name: "debian-12",
      description: "Debian 12",
      architecture: "x86",
      os_flavor: "debian",
      os_version: "12",
      deprecated_at: null,
    },
    {
      name: "debian-12",
      description: "Debian 12",
      architecture: "arm",
      os_flavor: "debian",
      os_version: "12",
      deprecated_at: null,
    },
    {
      name: "debian-11",
      description: "",
      architecture: "x86",
      os_flavor: "debian",
      os_version: "11",
      deprecated_at: "2026-01-01T00:00:00Z",
    },
  ],
  defaults: { server_type: "small", location: "hel1", image: "debian-12" },
};
const unread: ProviderOptions = { ...options, fetched_at: null, locations: [], server_types: [], images: [] };
const nowMs = Date.UTC(2026, 10, 23);

it("offers what a location sells, the cheapest first, and says what is sold out or no longer sold", () => {
  expect(typesAt(options, "hel1", nowMs).map(({ words, isSold }) => [words, isSold])).toEqual([
    ["gone: 2 cores, 4 GB, 40 GB disk · €3.00 · no longer sold", false],
    ["small: 2 cores, 4 GB, 40 GB disk · €4.50", true],
    ["empty: 2 cores, 4 GB, 40 GB disk · €8.00 · sold out just now", true],
    ["big: 2 cores, 4 GB, 40 GB disk · €30.00", true],
  ]);
});

it.each([
  ["small", "Helsinki, FI (hel1) · €4.50"],
  ["empty", "Helsinki, FI (hel1) · €8.00 · sold out just now"],
  ["elsewhere", "Helsinki, FI (hel1) · no elsewhere there"],
])("says of each location what %s costs there", (type, expected) => {
  expect(locationChoices(options, type, nowMs).map(({ words }) => words)).toEqual([expected]);
});

it("offers the images of the type's processor that are still kept up", () => {
  expect(imagesFor(options, "small").map(({ value, words }) => [value, words])).toEqual([["debian-12", "Debian 12"]]);
  expect(imagesFor(options, "nobody-knows")).toHaveLength(2);
});

it("says before the click what it costs, alone and with all others", () => {
  expect(costWords(options, placeOf(options, "small", "hel1"), 10)).toBe(
    "€4.50 per month with its IPv4 address, VAT included. All nodes then: €14.50 per month.",
  );
  expect(costWords(options, placeOf(options, "small", "hel1"), null)).not.toContain("All nodes");
  expect(costWords(options, placeOf(options, "elsewhere", "hel1"), 10)).toContain("not sold");
  expect(costWords(options, { ...place, monthly_cost: null }, 10)).toContain("not known");
  expect([orderWord(place), orderWord({ ...place, monthly_cost: null })]).toEqual([
    "Order for €8.00 per month",
    "Order it",
  ]);
});

it.each([
  ["small", true, false],
  ["empty", true, true],
  ["gone", false, false],
  ["elsewhere", false, false],
])("%s can be ordered: %s, with a warning: %s", (type, can, warned) => {
  const at = placeOf(options, type, "hel1");
  expect([canOrder(options, at, nowMs), stockWarning(at, nowMs) !== null]).toEqual([can, warned]);
});

it("before prices are read the usual can be ordered, and nothing is said to be missing", () => {
  const at = placeOf(unread, unread.defaults.server_type, unread.defaults.location);
  expect([canOrder(unread, at, nowMs), orderWord(at)]).toEqual([true, "Order it"]);
  expect(costWords(unread, at, 10)).toMatch(/^Prices are not read yet/);
  expect(choiceWords(unread, "small", "not sold there")).toBe("small");
  expect(choiceWords(options, "elsewhere", "not sold there")).toBe("elsewhere: not sold there");
});

it("an order is repeated with what it was made of", () => {
  expect(orderAgain({ name: "web-1", server_type: "cx23", location: "hel1", image: "debian-12" })).toBe(
    "/nodes/new?name=web-1&server_type=cx23&location=hel1&image=debian-12",
  );
});

it("offers for a site the nodes that are ready, and says of one that was chosen that it is not any more", () => {
  const well = { is_ready: true, reason_codes: [], guidance: [], checked_at: null };
  const make = (id: string, is_ready: boolean): Node => ({
    ...node.parse(example),
    id,
    name: `node-${id}`,
    location: "hel1",
    readiness: { ...well, is_ready },
  });
  const nodes = [make("a", true), make("b", false)];
  expect(nodeChoices(nodes).map(({ value, words }) => [value, words])).toEqual([
    ["", "The one with the fewest environments"],
    ["a", "node-a, hel1"],
  ]);
  expect([missingWord(nodes, "b"), missingWord(nodes, "c")]).toEqual([
    "node-b: not ready any more",
    "A node that is gone",
  ]);
});
