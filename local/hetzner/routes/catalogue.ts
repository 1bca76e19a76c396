import { notFound } from "../api-error.ts";
import type { Call, Reply } from "../call.ts";
import { type Image, images, locations, presentPricing, presentServerType, typeRows } from "../catalogue.ts";
import { labelFilter, listReply, passesAny, passesName } from "../listing.ts";

interface Named {
  readonly id: number;
  readonly name: string;
}

const byIdAndName = { id: (item: Named) => item.id, name: (item: Named) => item.name };

function withId<T extends Named>(items: readonly T[], call: Call, what: string): T {
  const item = items.find((candidate) => String(candidate.id) === call.params.id);
  if (item === undefined) throw notFound(what);
  return item;
}

/** GET /server_types */
export function listServerTypes(call: Call): Reply {
  const items = typeRows.filter((type) => passesName(call.query, type.name)).toSorted((a, b) => a.id - b.id);
  const present = (type: (typeof typeRows)[number]) => presentServerType(type, call.world.data.stock);
  return listReply(call, { name: "server_types", items, sort: byIdAndName, present });
}

/** GET /server_types/{id} */
export function getServerType(call: Call): Reply {
  const type = withId(typeRows, call, "server type");
  return { status: 200, body: { server_type: presentServerType(type, call.world.data.stock) } };
}

/** GET /locations */
export function listLocations(call: Call): Reply {
  const items = locations.filter((location) => passesName(call.query, location.name));
  return listReply(call, { name: "locations", items, sort: byIdAndName, present: (location) => location });
}

/** GET /locations/{id} */
export function getLocation(call: Call): Reply {
  return { status: 200, body: { location: withId(locations, call, "location") } };
}

/** GET /images: deprecated ones only when asked for. */
export function listImages(call: Call): Reply {
  const { query } = call;
  const matches = labelFilter(query);
  const withDeprecated = query.get("include_deprecated") === "true";
  const items = images.filter(
    (image) =>
      (withDeprecated || image.deprecated === null) &&
      passesName(query, image.name) &&
      passesAny(query, "architecture", image.architecture) &&
      passesAny(query, "type", image.type) &&
      passesAny(query, "status", image.status) &&
      !query.has("bound_to") &&
      matches(image.labels),
  );
  const sort = { ...byIdAndName, created: (image: Image) => Date.parse(image.created) };
  return listReply(call, { name: "images", items, sort, present: (image) => image });
}

/** GET /images/{id} */
export function getImage(call: Call): Reply {
  return { status: 200, body: { image: withId(images, call, "image") } };
}

/** GET /pricing */
export function getPricing(): Reply {
  return { status: 200, body: { pricing: presentPricing() } };
}
