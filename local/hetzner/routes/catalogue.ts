import { notFound } from "../api-error.ts";
import type { Call, Reply } from "../call.ts";
import { locations, presentPricing, presentServerType, typeRows } from "../catalogue.ts";
import { listReply, passesName } from "../listing.ts";

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

/** GET /pricing */
export function getPricing(): Reply {
  return { status: 200, body: { pricing: presentPricing() } };
}
