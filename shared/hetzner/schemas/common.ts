import * as z from "zod/mini";

// Schemas see the answer after `camelKeys`. Unknown fields are dropped, enumerations are plain strings (new values appear
// without notice), and what Hetzner may leave out becomes null.

/** At most 2^53 - 1 by the API's own description. */
export const id = z.int();

/** Missing and null are none. */
export const labels = z.pipe(
  z._default(z.nullable(z.record(z.string(), z.string())), null),
  z.transform((found) => found ?? {}),
);

export function orNull<T extends z.core.$ZodType>(schema: T) {
  return z._default(z.nullable(schema), null);
}

/** A resource named inside another one. Ask its own list for more. */
export const reference = z.object({ id, name: z.string() });

/** Amounts are decimal strings; never parse them to floats for money. */
export const price = z.object({ net: z.string(), gross: z.string() });

export const deprecation = z.object({
  /** RFC 3339. */
  announced: z.string(),
  /** RFC 3339; afterwards nothing new can be ordered. */
  unavailableAfter: z.string(),
});
