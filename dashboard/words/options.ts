/** What can be ordered, for the form of a new node: each choice with what it costs there. */
import type { ProviderOptions } from "../../contracts/models.ts";
import { euroWord } from "./amounts.ts";

type ServerType = ProviderOptions["server_types"][number];
type Place = ServerType["locations"][number];

export interface Choice {
  readonly value: string;
  readonly words: string;
}

/** A type at a location; undefined: it is not sold there. */
export const placeOf = (options: ProviderOptions, serverType: string, location: string): Place | undefined =>
  options.server_types.find(({ name }) => name === serverType)?.locations.find(({ name }) => name === location);

const stockWord = (place: Place, nowMs: number): string => {
  if (place.deprecation !== null && Date.parse(place.deprecation.unavailable_after) <= nowMs) return "no longer sold";
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
    .map(({ type, place }) => ({ value: type.name, words: typeWords(type, place, nowMs) }));

const typeWords = ({ name, cores, memory_gb, disk_gb }: ServerType, place: Place, nowMs: number): string =>
  [
    `${name}: ${cores} cores, ${memory_gb} GB, ${disk_gb} GB disk`,
    euroWord(place.monthly_cost),
    stockWord(place, nowMs),
  ]
    .filter((word) => word !== "")
    .join(" · ");

export const locationChoices = ({ locations }: ProviderOptions): Choice[] =>
  locations.map(({ name, city, country }) => ({ value: name, words: `${city}, ${country} (${name})` }));

/** Before the click: what this costs, and what all nodes will cost with it. */
export const costWords = (place: Place | undefined, totalNow: number): string => {
  if (place === undefined) return "This type is not sold at this location.";
  if (place.monthly_cost === null) return "The price is not known. See Hetzner's own before you order.";
  return `${euroWord(place.monthly_cost)} per month with its IPv4 address, VAT included. All nodes then: ${euroWord(totalNow + place.monthly_cost)}.`;
};
