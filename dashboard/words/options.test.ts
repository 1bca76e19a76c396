import { expect, it } from "vitest";
import type { ProviderOptions } from "../../contracts/models.ts";
import { costWords, locationChoices, placeOf, typesAt } from "./options.ts";

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
  fetched_at: null,
  locations: [{ name: "hel1", description: "", country: "FI", city: "Helsinki", network_zone: "eu-central" }],
  server_types: [
    sold("big", { monthly_cost: 30 }),
    sold("small", { monthly_cost: 4.5 }),
    { ...sold("gone", { monthly_cost: 3 }), locations: [{ ...place, monthly_cost: 3, deprecation: over }] },
    { ...sold("empty", {}), locations: [{ ...place, available: false }] },
    sold("elsewhere", { name: "nbg1" }),
  ],
  images: [],
  defaults: { server_type: "small", location: "hel1", image: "debian-12" },
};
const nowMs = Date.UTC(2026, 10, 23);

it("offers what a location sells, the cheapest first, and says what is sold out or no longer sold", () => {
  expect(typesAt(options, "hel1", nowMs).map(({ words }) => words)).toEqual([
    "gone: 2 cores, 4 GB, 40 GB disk · €3.00 · no longer sold",
    "small: 2 cores, 4 GB, 40 GB disk · €4.50",
    "empty: 2 cores, 4 GB, 40 GB disk · €8.00 · sold out just now",
    "big: 2 cores, 4 GB, 40 GB disk · €30.00",
  ]);
  expect(locationChoices(options)).toEqual([{ value: "hel1", words: "Helsinki, FI (hel1)" }]);
});

it("says before the click what it costs, alone and with all others", () => {
  expect(costWords(placeOf(options, "small", "hel1"), 10)).toContain(
    "€4.50 per month with its IPv4 address, VAT included. All nodes then: €14.50.",
  );
  expect(costWords(placeOf(options, "elsewhere", "hel1"), 10)).toContain("not sold");
  expect(costWords({ ...place, monthly_cost: null }, 10)).toContain("not known");
});
