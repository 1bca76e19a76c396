import { invalidField } from "./api-error.ts";
import type { Call, Reply } from "./call.ts";
import { type Labels, matchesSelector, parseSelector } from "./labels.ts";

const perPageDefault = 25;
const perPageMax = 50;

/** A whole number in the query within bounds; 422 otherwise. */
function wholeNumber(query: URLSearchParams, name: string, fallback: number, max: number): number {
  const text = query.get(name);
  if (text === null || text === "") return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw invalidField(name, `must be a number between 1 and ${max}`);
  return value;
}

type Comparable = string | number;
/** How to compare the items of a list by each field it may be sorted by. */
export type SortKeys<T> = Readonly<Record<string, (item: T) => Comparable>>;

function compare(left: Comparable, right: Comparable): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Sorts by every `sort` of the query, the first one first; by id when there is none. 422 for an unknown field. */
function sorted<T>(items: readonly T[], query: URLSearchParams, keys: SortKeys<T>): T[] {
  const orders = query.getAll("sort").map((text) => {
    const [field = "", direction = "asc"] = text.split(":");
    const key = Object.hasOwn(keys, field) ? keys[field] : undefined;
    if (key === undefined || !["asc", "desc"].includes(direction)) throw invalidField("sort", `unknown sort '${text}'`);
    return { key, sign: direction === "desc" ? -1 : 1 };
  });
  return items.toSorted((left, right) => {
    for (const { key, sign } of orders) {
      const order = compare(key(left), key(right)) * sign;
      if (order !== 0) return order;
    }
    return 0;
  });
}

function linkHeader(call: Call, links: Readonly<Record<string, number | null>>): string {
  const parts = Object.entries(links).flatMap(([relation, page]) => {
    if (page === null) return [];
    const query = new URLSearchParams(call.query);
    query.set("page", String(page));
    return [`<https://api.hetzner.cloud/v1${call.path}?${query}>; rel="${relation}"`];
  });
  return parts.join(", ");
}

/** Answers a list: sorted, cut into pages, with `meta.pagination` and a Link header. */
export function listReply<T, W>(
  call: Call,
  list: {
    readonly name: string;
    readonly items: readonly T[];
    readonly sort: SortKeys<T>;
    readonly present: (item: T) => W;
  },
): Reply {
  const page = wholeNumber(call.query, "page", 1, 999_999_999);
  const perPage = wholeNumber(call.query, "per_page", perPageDefault, perPageMax);
  const items = sorted(list.items, call.query, list.sort);
  const lastPage = Math.max(1, Math.ceil(items.length / perPage));
  const previous = page > 1 ? page - 1 : null;
  const next = page < lastPage ? page + 1 : null;
  const pagination = {
    page,
    per_page: perPage,
    previous_page: previous,
    next_page: next,
    last_page: lastPage,
    total_entries: items.length,
  };
  const cut = items.slice((page - 1) * perPage, page * perPage);
  return {
    status: 200,
    body: { [list.name]: cut.map((item) => list.present(item)), meta: { pagination } },
    headers: { Link: linkHeader(call, { prev: previous, next, last: lastPage }) },
  };
}

/** Whether an item passes the query's `name`, which is an exact match. */
export function passesName(query: URLSearchParams, name: string): boolean {
  const wanted = query.get("name");
  return wanted === null || wanted === "" || wanted === name;
}

/** A test for the query's `label_selector`; 422 when it cannot be read. */
export function labelFilter(query: URLSearchParams): (labels: Labels) => boolean {
  const text = query.get("label_selector");
  if (text === null || text === "") return () => true;
  const selector = parseSelector(text);
  if (selector === null) throw invalidField("label_selector", "invalid label selector");
  return (labels) => matchesSelector(selector, labels);
}

/** Whether a value is among those the query names for a key that may be repeated; true when it names none. */
export function passesAny(query: URLSearchParams, key: string, value: string): boolean {
  const wanted = query.getAll(key);
  return wanted.length === 0 || wanted.includes(value);
}
