import * as z from "zod/mini";
import { deprecation, id, labels, orElse, orNull, price } from "./common.ts";

const locationPrice = z.object({
  /** Name of the location. */
  location: z.string(),
  priceHourly: price,
  priceMonthly: price,
});

/** One entry without prices must not cost the whole list. */
const locationPrices = orElse(z.array(locationPrice), []);
const description = orElse(z.string(), "");

export const serverTypeSchema = z.object({
  id,
  name: z.string(),
  description,
  category: orNull(z.string()),
  cores: z.number(),
  /** GB, may be fractional. */
  memory: z.number(),
  /** GB. */
  disk: z.number(),
  /** `local` or `network`. */
  storageType: z.string(),
  /** `shared` or `dedicated`. */
  cpuType: z.string(),
  /** `x86` or `arm`. */
  architecture: z.string(),
  /** Without the IPv4 address, which `pricing.primaryIps` prices. */
  prices: locationPrices,
  /** Of the type everywhere; the old field, see `locations`. */
  deprecation: orNull(deprecation),
  /** Where the type exists at all. */
  locations: orElse(
    z.array(
      z.object({
        id,
        name: z.string(),
        /** False: out of stock now. A hint that changes within hours, no reservation; null: not told. */
        available: orNull(z.boolean()),
        recommended: orNull(z.boolean()),
        deprecation: orNull(deprecation),
      }),
    ),
    [],
  ),
});

/** A kind of server that can be ordered. */
export type ServerType = z.output<typeof serverTypeSchema>;

export const locationSchema = z.object({
  id,
  name: z.string(),
  description,
  /** ISO 3166-1 alpha-2. */
  country: z.string(),
  city: z.string(),
  latitude: z.number(),
  longitude: z.number(),
  networkZone: z.string(),
});

/** Where servers can be. */
export type Location = z.output<typeof locationSchema>;

export const imageSchema = z.object({
  id,
  /** `system`, `app`, `snapshot` or `backup`. */
  type: z.string(),
  /** `available`, `creating` or `unavailable`. */
  status: z.string(),
  /** Null for snapshots and backups. One name exists once per architecture. */
  name: orNull(z.string()),
  description,
  osFlavor: z.string(),
  osVersion: orNull(z.string()),
  /** `x86` or `arm`. */
  architecture: z.string(),
  /** RFC 3339; usable for three more months. */
  deprecated: orNull(z.string()),
  labels,
});

/** What a server can start from. */
export type Image = z.output<typeof imageSchema>;

export const pricingSchema = z.object({
  /** ISO 4217. */
  currency: z.string(),
  /** Percent, decimal string. */
  vatRate: z.string(),
  primaryIps: orElse(z.array(z.object({ type: z.string(), prices: locationPrices })), []),
  serverTypes: orElse(z.array(z.object({ id, name: z.string(), prices: locationPrices })), []),
});

/** Prices of what a server needs. */
export type Pricing = z.output<typeof pricingSchema>;
