import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { camelKeys } from "../camel.ts";
import { wireAction, wireServer } from "../testing/fixtures.ts";
import { actionSchema } from "./action.ts";
import { imageSchema, locationSchema, pricingSchema, serverTypeSchema } from "./catalogue.ts";
import { primaryIpSchema } from "./primary-ip.ts";
import { createdServerSchema, serverSchema } from "./server.ts";

const price = { net: "1.0", gross: "1.19" };
const wirePrice = { location: "fsn1", price_hourly: price, price_monthly: price };
const wireType = {
  id: 114,
  name: "cx23",
  description: "CX23",
  cores: 2,
  memory: 4,
  disk: 40,
  storage_type: "local",
  cpu_type: "shared",
  architecture: "x86",
  prices: [wirePrice],
  locations: [{ id: 1, name: "fsn1", available: true }],
};
const wirePricing = {
  currency: "EUR",
  vat_rate: "19.00",
  primary_ips: [{ type: "ipv4", prices: [wirePrice] }],
  server_types: [{ id: 1, name: "cx23", prices: [wirePrice] }],
};
const place = { id: 1, name: "fsn1", country: "DE", city: "F", latitude: 50.4, longitude: 12.3, network_zone: "eu" };
const image = { id: 3, type: "system", status: "available", os_flavor: "debian", architecture: "x86" };
const address = { id: 7, name: "ip", ip: "192.0.2.1", type: "ipv4", auto_delete: true, created: "now" };
const wireCreated = {
  server: wireServer(42),
  action: wireAction(1),
  next_actions: [wireAction(2)],
  root_password: "pw",
};

type Wire = Record<string, unknown>;
const nothing = { delete: false, rebuild: false };

// hcloud-go reads null in each of these places as zero, so none of them may cost the whole answer.
describe("null, and nothing at all", () => {
  it.each<[string, z.core.$ZodType<object>, Wire, string, unknown]>([
    ["a created server", createdServerSchema, wireCreated, "next_actions", []],
    ["a created server", createdServerSchema, wireCreated, "root_password", null],
    ["an action", actionSchema, wireAction(1, { progress: 50 }), "progress", 0],
    ["an action", actionSchema, wireAction(1), "resources", []],
    ["an action", actionSchema, wireAction(1), "started", null],
    ["an action", actionSchema, wireAction(1, { error: { code: "a", message: "b" } }), "error", null],
    ["a server", serverSchema, wireServer(42, { locked: true }), "locked", false],
    ["a server", serverSchema, wireServer(42, { protection: { delete: true, rebuild: true } }), "protection", nothing],
    ["a server", serverSchema, wireServer(42), "public_net", { ipv4: null, ipv6: null }],
    ["a server", serverSchema, wireServer(42), "labels", {}],
    ["a server type", serverTypeSchema, wireType, "prices", []],
    ["a server type", serverTypeSchema, wireType, "locations", []],
    ["a server type", serverTypeSchema, wireType, "description", ""],
    ["a location", locationSchema, { ...place, description: "Falkenstein" }, "description", ""],
    ["an image", imageSchema, { ...image, description: "Debian 13" }, "description", ""],
    ["a price list", pricingSchema, wirePricing, "primary_ips", []],
    ["a price list", pricingSchema, wirePricing, "server_types", []],
    ["an address", primaryIpSchema, address, "auto_delete", false],
  ])("in %s, for %s", (_, schema, whole, field, wanted) => {
    const read = (wire: Wire) => Object.entries(z.parse(schema, camelKeys(wire)));
    const key = field.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());
    const { [field]: present, ...without } = whole;
    expect(present).not.toBeNull();
    const usual = Object.fromEntries(read(whole));
    expect(usual[key]).not.toEqual(wanted);
    for (const wire of [{ ...whole, [field]: null }, without]) {
      expect(Object.fromEntries(read(wire))).toEqual({ ...usual, [key]: wanted });
    }
  });

  it.each(["delete", "rebuild"])("in a server's protection, for %s", (field) => {
    const wire = { delete: true, rebuild: true, [field]: null };
    const { protection } = serverSchema.parse(camelKeys(wireServer(1, { protection: wire })));
    expect(protection).toEqual({ ...wire, [field]: false });
  });

  it("are refused where nothing can stand for them", () => {
    for (const field of ["id", "name", "status", "server_type"]) {
      expect(serverSchema.safeParse(camelKeys(wireServer(1, { [field]: null }))).success).toBe(false);
    }
  });
});
