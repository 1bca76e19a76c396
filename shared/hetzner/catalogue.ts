import * as z from "zod/mini";
import type { CallOptions } from "./options.ts";
import { listAll, meta } from "./pages.ts";
import {
  type Image,
  imageSchema,
  type Location,
  locationSchema,
  type Pricing,
  pricingSchema,
  type ServerType,
  serverTypeSchema,
} from "./schemas/catalogue.ts";
import type { Wire } from "./wire.ts";

export interface ImageQuery {
  /** `x86` or `arm`. Give it with `name`: one name exists once per architecture. */
  architecture?: string | undefined;
  /** `system`, `app`, `snapshot` or `backup`. */
  type?: string | undefined;
  /** Exact. */
  name?: string | undefined;
  /** Default false. */
  includeDeprecated?: boolean | undefined;
}

/** What can be ordered and where, with stock and prices. */
export function listServerTypes(wire: Wire, options?: CallOptions): AsyncGenerator<ServerType> {
  return listAll(
    wire,
    {
      operation: "serverTypes.list",
      path: "/server_types",
      page: z.object({ serverTypes: z.array(serverTypeSchema), meta }),
      items: (page) => page.serverTypes,
    },
    options,
  );
}

/** Where servers can be. */
export function listLocations(wire: Wire, options?: CallOptions): AsyncGenerator<Location> {
  return listAll(
    wire,
    {
      operation: "locations.list",
      path: "/locations",
      page: z.object({ locations: z.array(locationSchema), meta }),
      items: (page) => page.locations,
    },
    options,
  );
}

/** Hetzner's images and those of the project. */
export function listImages(wire: Wire, query: ImageQuery = {}, options?: CallOptions): AsyncGenerator<Image> {
  return listAll(
    wire,
    {
      operation: "images.list",
      path: "/images",
      query: {
        architecture: query.architecture,
        type: query.type,
        name: query.name,
        include_deprecated: query.includeDeprecated,
      },
      page: z.object({ images: z.array(imageSchema), meta }),
      items: (page) => page.images,
    },
    options,
  );
}

/** The price list in the project's currency. */
export async function getPricing(wire: Wire, options?: CallOptions): Promise<Pricing> {
  const request = { operation: "pricing.get", method: "GET", path: "/pricing" } as const;
  const answer = await wire.ask(request, z.object({ pricing: pricingSchema }), options);
  return answer.pricing;
}
