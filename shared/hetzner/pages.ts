import * as z from "zod/mini";
import { HetznerError } from "./errors.ts";
import type { CallOptions } from "./options.ts";
import type { Query } from "./request.ts";
import type { Wire } from "./wire.ts";

/** The API's maximum. */
const PER_PAGE = 50;

/** 5,000 entries: far beyond any project, and an end for a server that names a next page for ever. */
const PAGES_MAX = 100;

/** The `meta` of every list answer: part of each page's schema. */
export const meta = z.optional(
  z.nullable(z.object({ pagination: z.optional(z.nullable(z.object({ nextPage: z.optional(z.nullable(z.int())) }))) })),
);

/** One kind of list. */
export interface ListRequest<P extends { meta?: z.output<typeof meta> }, T> {
  readonly operation: string;
  readonly path: string;
  readonly query?: Query;
  /** One answer. */
  readonly page: z.core.$ZodType<P>;
  readonly items: (page: P) => readonly T[];
}

/**
 * Every entry of a list; a page is fetched when its first entry is asked for.
 *
 * @throws HetznerError `unexpected_response` when the pages do not move forward or do not end
 */
export async function* listAll<P extends { meta?: z.output<typeof meta> }, T>(
  wire: Wire,
  list: ListRequest<P, T>,
  options?: CallOptions,
): AsyncGenerator<T, void, undefined> {
  const { operation, path } = list;
  let page = 1;
  for (let count = 0; count < PAGES_MAX; count++) {
    const request = { operation, method: "GET", path, query: { ...list.query, page, per_page: PER_PAGE } } as const;
    const answer = await wire.ask(request, list.page, options);
    yield* list.items(answer);
    const next = answer.meta?.pagination?.nextPage ?? 0;
    if (next === 0) return;
    if (next <= page) throw endless(operation, `page ${page} names page ${next} as the next`);
    page = next;
  }
  throw endless(operation, `the list has more than ${PAGES_MAX} pages`);
}

function endless(operation: string, text: string): HetznerError {
  return new HetznerError({ class: "unexpected_response", retryable: false, effect: "none", operation, text });
}
