/** Lists of what can be ordered, with places that are null or left out: one entry must not cost the list. */
import { lastPage } from "../../../shared/hetzner/testing/fixtures.ts";
import type { Case } from "./outcome.ts";

const price = { net: "1.0000", gross: "1.1900" };
const prices = [{ location: "fsn1", price_hourly: price, price_monthly: price }];
const place = { id: 1, name: "fsn1", description: "F", country: "DE", city: "F", latitude: 50.4, longitude: 12.3 };
const location = { ...place, network_zone: "eu-central" };
const serverType = {
  id: 114,
  name: "cx23",
  description: "CX23",
  cores: 2,
  memory: 4,
  disk: 40,
  storage_type: "local",
  cpu_type: "shared",
  architecture: "x86",
  prices,
  locations: [{ id: 1, name: "fsn1", available: true, recommended: true }],
};
const image = {
  id: 3,
  type: "system",
  status: "available",
  name: "debian-13",
  description: "Debian 13",
  os_flavor: "debian",
  os_version: "13",
  architecture: "x86",
  labels: {},
};
const pricing = {
  currency: "EUR",
  vat_rate: "19.00",
  // As many as primary IPs: hcloud-go 2.47 makes room for these by the number of those, and panics beyond.
  floating_ips: [{ type: "ipv4", prices: [] }],
  primary_ips: [{ type: "ipv4", prices }],
  server_types: [{ id: 114, name: "cx23", prices }],
};
const address = {
  id: 7,
  name: "ip",
  ip: "192.0.2.1",
  type: "ipv4",
  assignee_id: 42,
  assignee_type: "server",
  auto_delete: true,
  location,
  created: "2026-11-01T10:00:00+00:00",
  labels: {},
};

/** A list of two: a usual entry, and one that is odd. */
const listOf = (key: string, usual: object) => (odd: object) => ({
  [key]: [usual, { ...usual, id: 9, ...odd }],
  meta: lastPage,
});
const catalogues = {
  "serverTypes.list": [listOf("server_types", serverType), ["prices", "locations", "description", "deprecation"]],
  "locations.list": [listOf("locations", location), ["description"]],
  "images.list": [listOf("images", image), ["name", "description", "os_version", "labels", "deprecated"]],
  "primaryIps.list": [listOf("primary_ips", address), ["auto_delete", "assignee_id", "assignee_type", "labels"]],
  "pricing.get": [(odd: object) => ({ pricing: { ...pricing, ...odd } }), ["primary_ips", "server_types"]],
} as const;

export const catalogueCases: readonly Case[] = Object.entries(catalogues).flatMap(([operation, [answer, fields]]) =>
  fields.flatMap((field) =>
    Object.entries({ null: null, "left out": undefined }).map(([how, value]) => ({
      name: `CATALOGUE ${operation}: ${field} ${how}`,
      operation,
      args: {},
      answers: [{ json: answer({ [field]: value }) }],
    })),
  ),
);
