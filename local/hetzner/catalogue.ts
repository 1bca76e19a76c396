import { invalidInput, notFound } from "./api-error.ts";
import {
  type Deprecation,
  flaggedSoldOut,
  imageRows,
  locations,
  reallySoldOut,
  type TypeRow,
  typeRows,
} from "./catalogue-data.ts";

/** A place servers stand in. */
export type Location = (typeof locations)[number];

const vatPercent = 19;
/** Hours a month is billed at most. */
const billedHours = 624;
const terabyteBytes = 1_099_511_627_776;

/** A sum as the provider writes it: decimal text, ten-thousandths of a euro in. */
export function price(netTenThousandths: number): { net: string; gross: string } {
  const grossMillionths = netTenThousandths * (100 + vatPercent);
  const whole = Math.floor(grossMillionths / 1_000_000);
  const fraction = String(grossMillionths % 1_000_000).padStart(6, "0");
  return { net: (netTenThousandths / 10_000).toFixed(10), gross: `${whole}.${fraction}0000000000` };
}

/** Hourly and monthly price of a monthly net sum. */
export function hourlyAndMonthly(monthly: number) {
  return { price_hourly: price(Math.ceil(monthly / billedHours)), price_monthly: price(monthly) };
}

function includedTraffic(location: string): number {
  if (location === "sin") return terabyteBytes / 2;
  return location === "ash" || location === "hil" ? terabyteBytes : 20 * terabyteBytes;
}

/** The price list of one type, as it stands in the type itself and in /pricing. */
export function pricesOf(type: TypeRow) {
  return Object.entries(type.monthly).map(([location, monthly]) => ({
    location,
    ...hourlyAndMonthly(monthly),
    included_traffic: includedTraffic(location),
    price_per_tb_traffic: price(location === "sin" ? 74_000 : 10_000),
  }));
}

/** End of life of a type at a location, or null. */
export function deprecationAt(type: TypeRow, location: string): Deprecation | null {
  return type.deprecationAt?.[location] ?? type.deprecation ?? null;
}

/** What an operator changed about stock; keys are `type@location`. */
export interface Stock {
  readonly flags: Readonly<Record<string, boolean>>;
  readonly real: Readonly<Record<string, boolean>>;
}

/** A server type on the wire. `flags` override what the catalogue says about availability. */
export function presentServerType(type: TypeRow, stock: Stock) {
  const { id, name, cores, memory, disk, category, architecture } = type;
  return {
    id,
    name,
    description: name.toUpperCase(),
    cores,
    memory,
    disk,
    deprecated: type.deprecation !== undefined,
    prices: pricesOf(type),
    storage_type: "local" as const,
    cpu_type: type.cpu,
    category,
    architecture,
    deprecation: type.deprecation ?? null,
    locations: locations.flatMap((location) => presentTypeLocation(type, location, stock)),
  };
}

function presentTypeLocation(type: TypeRow, location: Location, stock: Stock) {
  if (type.monthly[location.name] === undefined) return [];
  const key = `${type.name}@${location.name}`;
  const deprecation = deprecationAt(type, location.name);
  const available = stock.flags[key] ?? (deprecation === null && !flaggedSoldOut.includes(key));
  const recommended = available && type.category !== "Regular Performance";
  return [{ id: location.id, name: location.name, deprecation, available, recommended }];
}

/** All images on the wire, one per architecture. */
export const images = imageRows.flatMap((row) =>
  (["x86", "arm"] as const).map((architecture, index) => ({
    id: row.id + index,
    type: "system" as const,
    status: "available" as const,
    name: row.name,
    description: row.description,
    image_size: null,
    disk_size: 5,
    created: row.created,
    created_from: null,
    bound_to: null,
    os_flavor: row.flavor,
    os_version: row.version,
    rapid_deploy: row.deprecated === undefined,
    protection: { delete: false },
    deprecated: row.deprecated ?? null,
    deleted: null,
    labels: {},
    architecture,
  })),
);

/** An image on the wire. */
export type Image = (typeof images)[number];

/** Ids come as numbers or digits, names as text. */
type Reference = string | number;

const isCalled = (reference: Reference) => (item: { readonly id: number; readonly name: string }) =>
  String(item.id) === String(reference) || item.name === reference;

/** The type a request means; 404 when there is none. */
export function findType(reference: Reference): TypeRow {
  const type = typeRows.find(isCalled(reference));
  if (type === undefined) throw notFound(`server type '${reference}'`);
  return type;
}

/** The type with this id, for records that hold one. */
export function typeById(id: number): TypeRow {
  return findType(id);
}

/** The location a request means; the provider words its absence as a bad field. */
export function findLocation(reference: Reference): Location {
  const location = locations.find(isCalled(reference));
  if (location === undefined) throw invalidInput(`location '${reference}' not found`);
  return location;
}

/** Whether a type is really in stock at a location, whatever the catalogue says. */
export function isInStock(type: TypeRow, location: Location, stock: Stock): boolean {
  const key = `${type.name}@${location.name}`;
  return stock.real[key] ?? !reallySoldOut.includes(key);
}

/** Whether a type can be ordered at a location at all, stock apart. */
export function isSold(type: TypeRow, location: Location, nowMs: number): boolean {
  const deprecation = deprecationAt(type, location.name);
  const ended = deprecation !== null && Date.parse(deprecation.unavailable_after) < nowMs;
  return type.monthly[location.name] !== undefined && !ended;
}

/** Where a type goes when a request names no location: the first that has it; 412 when none does. */
export function chooseLocation(type: TypeRow, stock: Stock, nowMs: number): Location {
  const sold = locations.filter((location) => isSold(type, location, nowMs));
  const first = sold.find((location) => isInStock(type, location, stock)) ?? sold[0];
  if (first === undefined) throw invalidInput("unsupported location for server type");
  return first;
}

const everyPlace = <T>(make: (location: string) => T): T[] => locations.map((location) => make(location.name));

/** The whole price list. */
export function presentPricing() {
  return {
    currency: "EUR",
    vat_rate: `${vatPercent}.000000`,
    primary_ips: [
      { type: "ipv4", prices: everyPlace((location) => ({ location, ...hourlyAndMonthly(5_000) })) },
      { type: "ipv6", prices: everyPlace((location) => ({ location, ...hourlyAndMonthly(0) })) },
    ],
    floating_ips: [
      { type: "ipv4", prices: everyPlace((location) => ({ location, price_monthly: price(30_000) })) },
      { type: "ipv6", prices: everyPlace((location) => ({ location, price_monthly: price(10_000) })) },
    ],
    floating_ip: { price_monthly: price(30_000) },
    image: { price_per_gb_month: price(110) },
    volume: { price_per_gb_month: price(440) },
    server_backup: { percentage: "20.0000000000" },
    server_types: typeRows.map((type) => ({ id: type.id, name: type.name, prices: pricesOf(type) })),
    load_balancer_types: [],
  };
}

export { locations, typeRows };
