/** Fetches what Hetzner sells and keeps it, compact. */
import type { ProviderId } from "../../contracts/models.ts";
import {
  type Catalogue,
  type CatalogueImage,
  type CatalogueServerType,
  centsOf,
  isRefreshDue,
  isUsableImage,
} from "../../shared/domain/catalogue.ts";
import type { Hetzner, Image, Location, Pricing, ServerType } from "../../shared/hetzner/index.ts";
import { findCatalogue, putCatalogue } from "../../shared/store/providers.ts";
import { type CheckDeps, runUntil } from "./deps.ts";

/** An item of DynamoDB has at most 400 KB; a catalogue has about 30. */
const SIZE_MAX_BYTES = 300_000;

/** Refreshes the stored catalogue when it is older than an hour. That it could not be fetched is logged, no error. */
export const refreshCatalogue = async (
  deps: CheckDeps,
  from: { providerId: ProviderId; hetzner: Hetzner; endMs: number },
): Promise<void> => {
  const { table, clock, log } = deps;
  const { providerId, hetzner, endMs } = from;
  if (!isRefreshDue(await findCatalogue(table, providerId), clock.now())) return;
  try {
    const fetched = await runUntil(clock, endMs, (signal) => fetchCatalogue(hetzner, clock.now(), signal));
    const sizeBytes = Buffer.byteLength(JSON.stringify(fetched));
    if (sizeBytes > SIZE_MAX_BYTES) throw new Error(`the catalogue has ${sizeBytes} bytes`);
    await putCatalogue(table, providerId, fetched);
  } catch (error) {
    log.warn("catalogue_not_refreshed", { provider_id: providerId, error });
  }
};

/** Everything a node can be made of, in four lists asked for at once. Throws `HetznerError`, or the signal's reason. */
export const fetchCatalogue = async (hetzner: Hetzner, nowMs: number, signal: AbortSignal): Promise<Catalogue> => {
  const call = { signal };
  const [types, locations, images, pricing] = await Promise.all([
    collect(hetzner.serverTypes.list(call)),
    collect(hetzner.locations.list(call)),
    collect(hetzner.images.list({ type: "system", includeDeprecated: true }, call)),
    hetzner.pricing.get(call),
  ]);
  return {
    fetchedAtMs: nowMs,
    locations: locations.map(compactLocation),
    serverTypes: types.map((type) => compactServerType(type, pricing)),
    images: images.flatMap((image) => compactImage(image, nowMs)),
  };
};

const collect = async <T>(list: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
};

const compactLocation = ({ name, description, country, city, networkZone }: Location) => ({
  name,
  description,
  country,
  city,
  networkZone,
});

const compactServerType = (type: ServerType, pricing: Pricing): CatalogueServerType => ({
  name: type.name,
  description: type.description,
  architecture: type.architecture,
  cpuType: type.cpuType,
  cores: type.cores,
  memoryGb: type.memory,
  diskGb: type.disk,
  locations: type.locations.map(({ name, available, recommended, deprecation }) => ({
    name,
    available,
    recommended,
    deprecation: compactDeprecation(deprecation ?? type.deprecation),
    monthlyCents: monthlyCents(type, name, pricing),
  })),
});

const compactDeprecation = (deprecation: ServerType["deprecation"]) => {
  if (deprecation === null) return null;
  const [announcedMs, unavailableAfterMs] = [
    Date.parse(deprecation.announced),
    Date.parse(deprecation.unavailableAfter),
  ];
  return Number.isNaN(announcedMs) || Number.isNaN(unavailableAfterMs) ? null : { announcedMs, unavailableAfterMs };
};

/** The server and its IPv4 address, which Hetzner prices apart, at this location; null unless both are told, in EUR. */
const monthlyCents = (type: ServerType, location: string, { currency, primaryIps }: Pricing): number | null => {
  const ipv4 = primaryIps.find((each) => each.type === "ipv4")?.prices ?? [];
  const amounts = [type.prices, ipv4].flatMap((prices) => prices.find((price) => price.location === location) ?? []);
  if (currency !== "EUR" || amounts.length < 2) return null;
  return centsOf(amounts.map((price) => price.priceMonthly.gross));
};

const compactImage = (image: Image, nowMs: number): CatalogueImage[] => {
  const deprecatedAtMs = image.deprecated === null ? null : Date.parse(image.deprecated);
  if (image.name === null || image.status !== "available" || Number.isNaN(deprecatedAtMs)) return [];
  const { name, description, architecture, osFlavor, osVersion } = image;
  const compact = { name, description, architecture, osFlavor, osVersion, deprecatedAtMs };
  return isUsableImage(compact, nowMs) ? [compact] : [];
};
