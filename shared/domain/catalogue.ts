/** What Hetzner sells, as stored: compact, with prices in cents, and what may be ordered of it. */
import * as z from "zod";
import type { ProviderId, ProviderOptions } from "../../contracts/models.ts";
import { toIso, toIsoOrNull } from "./node.ts";

const timeMs = z.number().int();

const catalogueLocation = z.object({
  name: z.string(),
  description: z.string(),
  country: z.string(),
  city: z.string(),
  networkZone: z.string(),
});

/** A type at one location; without this entry it does not exist there. */
const offer = z.object({
  name: z.string(),
  /** In stock now: a hint in both directions, never a reason to refuse. Null: not told. */
  available: z.boolean().nullable(),
  recommended: z.boolean().nullable(),
  deprecation: z.object({ announcedMs: timeMs, unavailableAfterMs: timeMs }).nullable(),
  /** EUR cents a month with an IPv4 address, VAT included; null: not told in EUR. */
  monthlyCents: z.number().int().nullable(),
});

const catalogueServerType = z.object({
  name: z.string(),
  description: z.string(),
  architecture: z.string(),
  cpuType: z.string(),
  cores: z.number(),
  memoryGb: z.number(),
  diskGb: z.number(),
  locations: z.array(offer),
});

const catalogueImage = z.object({
  name: z.string(),
  description: z.string(),
  architecture: z.string(),
  osFlavor: z.string(),
  osVersion: z.string().nullable(),
  deprecatedAtMs: timeMs.nullable(),
});

/** Everything a node can be made of, as it was at `fetchedAtMs`. */
export const catalogue = z.object({
  fetchedAtMs: timeMs,
  locations: z.array(catalogueLocation),
  serverTypes: z.array(catalogueServerType),
  images: z.array(catalogueImage),
});
export type Catalogue = z.infer<typeof catalogue>;
export type CatalogueServerType = Catalogue["serverTypes"][number];
export type CatalogueImage = Catalogue["images"][number];
type Offer = CatalogueServerType["locations"][number];

const HOUR_MS = 3_600_000;
const REFRESH_AFTER_MS = HOUR_MS;
/** Older than this it no longer refuses anything: Hetzner itself decides. */
const TRUSTED_FOR_MS = 24 * HOUR_MS;
/** A deprecated image can be used for three more months (Hetzner, "Images"); 92 days is the longest that can be. */
const IMAGE_GRACE_MS = 92 * 24 * HOUR_MS;

export const isRefreshDue = (stored: { fetchedAtMs: number } | undefined, nowMs: number): boolean =>
  stored === undefined || nowMs - stored.fetchedAtMs >= REFRESH_AFTER_MS;

export const isUsableImage = (image: { deprecatedAtMs: number | null }, nowMs: number): boolean =>
  image.deprecatedAtMs === null || nowMs < image.deprecatedAtMs + IMAGE_GRACE_MS;

/** A sum of money as a whole number of units of 10^-scale. */
interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const parseDecimal = (text: string): Decimal | undefined => {
  const [, whole, fraction = ""] = /^(\d{1,15})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  return whole === undefined ? undefined : { units: BigInt(whole + fraction), scale: fraction.length };
};

const unitsAt = ({ units, scale }: Decimal, wanted: number): bigint => units * 10n ** BigInt(wanted - scale);

/**
 * Adds amounts that are written as decimal text, exactly, and rounds the sum to cents, half up. Null when there is none or
 * one is not such a number.
 */
export const centsOf = (amounts: readonly string[]): number | null => {
  const parsed = amounts.map(parseDecimal);
  const known = parsed.filter((amount) => amount !== undefined);
  if (known.length === 0 || known.length < parsed.length) return null;
  const scale = Math.max(2, ...known.map((amount) => amount.scale));
  const sum = known.reduce((total, amount) => total + unitsAt(amount, scale), 0n);
  const unitsPerCent = 10n ** BigInt(scale - 2);
  return Number((sum * 2n + unitsPerCent) / (unitsPerCent * 2n));
};

/** What is to be made of which: names as Hetzner has them. */
export interface Order {
  readonly serverType: string;
  readonly location: string;
  readonly image: string;
}

export type OrderCheck =
  | { readonly ok: true; readonly monthlyCostCents: number | null }
  | { readonly ok: false; readonly field: "server_type" | "location" | "image"; readonly message: string };

/**
 * May this be ordered? What is absent or past its end is refused by the field to change; out of stock is no reason. Without
 * a catalogue, or with one of more than 24 hours, everything is accepted and Hetzner decides.
 */
export const checkOrder = (stored: Catalogue | null, order: Order, nowMs: number): OrderCheck => {
  if (stored === null) return { ok: true, monthlyCostCents: null };
  const type = stored.serverTypes.find(({ name }) => name === order.serverType);
  const sold = type?.locations.find(({ name }) => name === order.location);
  const refusal = isTrusted(stored, nowMs) ? refuse(stored, order, { type, nowMs }) : undefined;
  return refusal ?? { ok: true, monthlyCostCents: sold?.monthlyCents ?? null };
};

const isTrusted = ({ fetchedAtMs }: Catalogue, nowMs: number): boolean => nowMs - fetchedAtMs <= TRUSTED_FOR_MS;

const isSold = (at: Offer, nowMs: number): boolean =>
  at.deprecation === null || nowMs <= at.deprecation.unavailableAfterMs;

type Refused = Extract<OrderCheck, { ok: false }>;

const refuse = (
  stored: Catalogue,
  order: Order,
  found: { type: CatalogueServerType | undefined; nowMs: number },
): Refused | undefined => {
  const { type, nowMs } = found;
  if (type === undefined) return refused("server_type", `Hetzner has no server type ${quote(order.serverType)}`);
  return refusePlace(stored, type, order.location, nowMs) ?? refuseImage(stored, type, order.image, nowMs);
};

const refused = (field: Refused["field"], message: string): Refused => ({ ok: false, field, message });
const quote = (name: string): string => JSON.stringify(name);

const refusePlace = (stored: Catalogue, type: CatalogueServerType, location: string, nowMs: number) => {
  const places = type.locations.filter((at) => isSold(at, nowMs)).map(({ name }) => name);
  if (places.includes(location)) return undefined;
  if (!stored.locations.some(({ name }) => name === location))
    return refused("location", `Hetzner has no location ${quote(location)}; there are ${namesOf(stored.locations)}`);
  if (places.length === 0) return refused("server_type", `Hetzner no longer sells the server type ${quote(type.name)}`);
  return refused("location", `Hetzner does not sell ${type.name} in ${location}, but in ${places.join(", ")}`);
};

const namesOf = (all: readonly { name: string }[]): string => all.map(({ name }) => name).join(", ");

const refuseImage = (
  stored: Catalogue,
  { architecture, name: type }: CatalogueServerType,
  image: string,
  nowMs: number,
) => {
  const named = stored.images.filter(({ name }) => name === image);
  const fitting = named.find((each) => each.architecture === architecture);
  if (fitting !== undefined && isUsableImage(fitting, nowMs)) return undefined;
  if (fitting !== undefined) return refused("image", `Hetzner no longer offers the image ${quote(image)}`);
  if (named.length === 0) return refused("image", `Hetzner has no image ${quote(image)}`);
  return refused("image", `Hetzner has no image ${quote(image)} for ${type}, whose architecture is ${architecture}`);
};

/** What the create form needs. Without a catalogue its lists are empty. */
export const presentOptions = (
  providerId: ProviderId,
  stored: Catalogue | undefined,
  defaults: Order,
): ProviderOptions => ({
  provider_id: providerId,
  fetched_at: toIsoOrNull(stored?.fetchedAtMs ?? null),
  locations: (stored?.locations ?? []).map(({ networkZone, ...location }) => ({
    ...location,
    network_zone: networkZone,
  })),
  server_types: (stored?.serverTypes ?? []).map(presentServerType),
  images: (stored?.images ?? []).map(presentImage),
  defaults: { server_type: defaults.serverType, location: defaults.location, image: defaults.image },
});

const presentServerType = (type: CatalogueServerType): ProviderOptions["server_types"][number] => ({
  name: type.name,
  description: type.description,
  architecture: type.architecture,
  cpu_type: type.cpuType,
  cores: type.cores,
  memory_gb: type.memoryGb,
  disk_gb: type.diskGb,
  locations: type.locations.map(presentOffer),
});

const presentOffer = ({ name, available, recommended, deprecation, monthlyCents }: Offer) => ({
  name,
  available,
  recommended,
  deprecation: deprecation && {
    announced: toIso(deprecation.announcedMs),
    unavailable_after: toIso(deprecation.unavailableAfterMs),
  },
  monthly_cost: monthlyCents === null ? null : monthlyCents / 100,
});

const presentImage = (image: CatalogueImage): ProviderOptions["images"][number] => ({
  name: image.name,
  description: image.description,
  architecture: image.architecture,
  os_flavor: image.osFlavor,
  os_version: image.osVersion,
  deprecated_at: toIsoOrNull(image.deprecatedAtMs),
});
