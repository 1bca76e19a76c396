import * as z from "zod/mini";

// Schemas see the answer after `camelKeys`. Unknown fields are dropped, enumerations are plain strings (new values appear
// without notice), and what Hetzner may leave out becomes null.

/** At most 2^53 - 1 by the API's own description. */
export const id = z.int();

export function orNull<T extends z.core.$ZodType>(schema: T) {
  return z._default(z.nullable(schema), null);
}

/** Missing and null are the fallback: hcloud-go takes both for zero, so Hetzner may send both. */
export function orElse<T extends z.core.$ZodType>(schema: T, fallback: z.output<T>) {
  return z.pipe(
    orNull(schema),
    z.transform((found) => found ?? fallback),
  );
}

export const labels = orElse(z.record(z.string(), z.string()), {});

/** Stands for an error code that is no text; it is no word of the API itself, so it can be mistaken for no code. */
export const UNREADABLE_CODE = "<unreadable>";

/** Of an error, whatever is in the code's place: empty for none. */
export const errorCode = z.catch(orElse(z.string(), ""), UNREADABLE_CODE);

/** Of an error, whatever is in the text's place: empty for none and for what is no text. */
export const errorText = z.catch(orElse(z.string(), ""), "");

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
