/** What can be chosen in the forms of a new node and a new site: what can be ordered with what it costs there, and which nodes take sites. */
import type { Node, ProviderOptions } from "../../contracts/models.ts";
import { euroWord } from "./amounts.ts";

type ServerType = ProviderOptions["server_types"][number];
type Place = ServerType["locations"][number];

export interface Choice {
  readonly value: string;
  readonly words: string;
  /** False: Hetzner does not sell it there any more. */
  readonly isSold: boolean;
}

/** Nothing is known of what Hetzner sells yet: the API takes each order then, and Hetzner decides. */
export const isUnread = ({ fetched_at }: Pick<ProviderOptions, "fetched_at">): boolean => fetched_at === null;

/** A type at a location; undefined: it is not sold there, or nothing is known yet. */
export const placeOf = (options: ProviderOptions, serverType: string, location: string): Place | undefined =>
  options.server_types.find(({ name }) => name === serverType)?.locations.find(({ name }) => name === location);

const isSold = ({ deprecation }: Place, nowMs: number): boolean =>
  deprecation === null || Date.parse(deprecation.unavailable_after) > nowMs;

const stockWord = (place: Place, nowMs: number): string => {
  if (!isSold(place, nowMs)) return "no longer sold";
  if (place.available === false) return "sold out just now";
  return place.deprecation === null ? "" : "sold for a while yet";
};

/** The types that a location sells, the cheapest first. */
export const typesAt = (options: ProviderOptions, location: string, nowMs: number): Choice[] =>
  options.server_types
    .flatMap((type) => {
      const place = type.locations.find(({ name }) => name === location);
      return place === undefined ? [] : [{ type, place }];
    })
    .sort((one, other) => (one.place.monthly_cost ?? Infinity) - (other.place.monthly_cost ?? Infinity))
    .map(({ type, place }) => ({
      value: type.name,
      words: typeWords(type, place, nowMs),
      isSold: isSold(place, nowMs),
    }));

const typeWords = ({ name, cores, memory_gb, disk_gb }: ServerType, place: Place, nowMs: number): string =>
  [
    `${name}: ${cores} cores, ${memory_gb} GB, ${disk_gb} GB disk`,
    euroWord(place.monthly_cost),
    stockWord(place, nowMs),
  ]
    .filter((word) => word !== "")
    .join(" · ");

/** Each location with what the chosen type costs there, so that places can be compared. */
export const locationChoices = (options: ProviderOptions, serverType: string, nowMs: number): Choice[] =>
  options.locations.map(({ name, city, country }) => {
    const place = placeOf(options, serverType, name);
    const sale = place === undefined ? `no ${serverType} there` : stockWord(place, nowMs);
    const cost = place === undefined ? "" : euroWord(place.monthly_cost);
    const words = [`${city}, ${country} (${name})`, cost, sale].filter((word) => word !== "").join(" · ");
    return { value: name, words, isSold: true };
  });

/** The images that run on a type's processor and are still kept up. */
export const imagesFor = ({ images, server_types }: ProviderOptions, serverType: string): Choice[] => {
  const architecture = server_types.find(({ name }) => name === serverType)?.architecture;
  return images
    .filter(
      (image) => image.deprecated_at === null && (architecture === undefined || image.architecture === architecture),
    )
    .map(({ name, description }) => ({ value: name, words: description || name, isSold: true }));
};

/** Why it may not come to be although it can be ordered. Null: nothing is known against it. */
export const stockWarning = (place: Place | undefined, nowMs: number): string | null => {
  if (place === undefined || place.available !== false || !isSold(place, nowMs)) return null;
  return "Hetzner says that it is sold out there just now. It can be ordered all the same; if it is refused, nothing is billed.";
};

/** Can it be ordered at all? */
export const canOrder = (options: ProviderOptions, place: Place | undefined, nowMs: number): boolean =>
  isUnread(options) || (place !== undefined && isSold(place, nowMs));

/** Before the click: what this costs, and what all nodes will cost with it. `totalNow`: null while it is not known. */
export const costWords = (options: ProviderOptions, place: Place | undefined, totalNow: number | null): string => {
  if (isUnread(options))
    return "Prices are not read yet. It can be ordered all the same; see Hetzner's own before you do.";
  if (place === undefined) return "This type is not sold at this location.";
  if (place.monthly_cost === null) return "The price is not known. See Hetzner's own before you order.";
  const alone = `${euroWord(place.monthly_cost)} per month with its IPv4 address, VAT included.`;
  return totalNow === null ? alone : `${alone} All nodes then: ${euroWord(totalNow + place.monthly_cost)} per month.`;
};

/** Of what is chosen and is not among the choices. */
export const choiceWords = (options: ProviderOptions, chosen: string, missing: string): string =>
  isUnread(options) ? chosen : `${chosen}: ${missing}`;

/** On the button: the price is never a surprise. */
export const orderWord = (place: Place | undefined): string =>
  place === undefined || place.monthly_cost === null
    ? "Order it"
    : `Order for ${euroWord(place.monthly_cost)} per month`;

/** The form of a new node, filled in as this one was ordered. */
export const orderAgain = ({
  name,
  server_type,
  location,
  image,
}: Pick<Node, "name" | "server_type" | "location" | "image">): string =>
  `/nodes/new?${new URLSearchParams({ name, server_type, location, image }).toString()}`;

/** Does it take a site? */
export const isReady = ({ readiness }: Pick<Node, "readiness">): boolean => readiness.is_ready;

/** Where a site can be put: by itself, or on a node that is ready. */
export const nodeChoices = (nodes: readonly Node[]): Choice[] => [
  { value: "", words: "The one with the fewest environments", isSold: true },
  ...nodes
    .filter(isReady)
    .map(({ id, name, location }) => ({ value: id, words: `${name}, ${location}`, isSold: true })),
];

/** Of a node that was chosen and takes no site any more. */
export const missingWord = (nodes: readonly Node[], id: string): string => {
  const node = nodes.find((one) => one.id === id);
  return node === undefined ? "A node that is gone" : `${node.name}: not ready any more`;
};
