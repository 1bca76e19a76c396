/** A `Table` in memory, for tests with a stepped clock. Each call takes effect at once and as a whole. */
import { holds } from "./conditions.ts";
import { encodeCursor, type Position, parseCursor } from "./cursor.ts";
import { assertKey, assertQuery, assertWrites, idOf, keyOf } from "./rules.ts";
import type { IndexName, Item, Page, Query, Table, UpdateWrite, Value, Write, WriteResult } from "./table.ts";
import { compareText, keyNames } from "./values.ts";

export interface MemoryTable extends Table {
  /** Everything stored, by pk and sk. */
  dump(): readonly Item[];
}

const addTo = (name: string, stored: Value | undefined, value: number): number => {
  if (stored !== undefined && typeof stored !== "number") throw new Error(`${name} is no number, nothing can be added`);
  return (stored ?? 0) + value;
};

const change = (item: Item | undefined, { update, set = {}, add = {}, remove = [] }: UpdateWrite): Item => {
  const sums = Object.entries(add).map(([name, value]) => [name, addTo(name, item?.[name], value)]);
  const kept = Object.entries({ ...item }).filter(([name]) => !remove.includes(name));
  return { ...Object.fromEntries(kept), ...set, ...Object.fromEntries(sums), pk: update.pk, sk: update.sk };
};

/** The item after the write; undefined when there is none then. */
const next = (item: Item | undefined, write: Write): Item | undefined => {
  if ("put" in write) return structuredClone(write.put);
  if ("update" in write) return structuredClone(change(item, write));
  return "delete" in write ? undefined : item;
};

/** Where an item stands in an index, as far as the order goes; undefined when it is not in it. */
const positionOf = (item: Item, index: IndexName | undefined): Position | undefined => {
  const names = keyNames(index);
  const [partition, sort] = [item[names.pk], item[names.sk]];
  if (typeof partition !== "string" || typeof sort !== "string") return undefined;
  return { pk: item.pk, sk: item.sk, [names.pk]: partition, [names.sk]: sort };
};

const comparePositions = (index: IndexName | undefined) => (a: Position, b: Position) => {
  const names = [keyNames(index).sk, "pk", "sk"];
  return names.map((name) => compareText(a[name] ?? "", b[name] ?? "")).find((order) => order !== 0) ?? 0;
};

const select = (items: Iterable<Item>, query: Query): Page => {
  const { index, pk, upTo, limit, descending } = query;
  const names = keyNames(index);
  const start = parseCursor(query);
  const ascending = comparePositions(index);
  const compare = (a: Position, b: Position) => (descending ? ascending(b, a) : ascending(a, b));
  const found = [...items]
    .flatMap((item) => ({ item, at: positionOf(item, index) ?? {} }))
    .filter(({ at }) => at[names.pk] === pk)
    .filter(({ at }) => upTo === undefined || compareText(at[names.sk] ?? "", upTo) <= 0)
    .filter(({ at }) => start === undefined || compare(at, start) > 0)
    .sort((a, b) => compare(a.at, b.at))
    .slice(0, limit);
  // DynamoDB stops reading at the limit and so gives a cursor with every full page, the last one too.
  const last = found.length === limit ? found.at(-1) : undefined;
  return {
    items: structuredClone(found.map(({ item }) => item)),
    cursor: last && encodeCursor(index, last.at),
  };
};

/** Not modelled: the limits of 400 KB an item, 1 MB a page and 4 MB a transaction, TTL, transaction conflicts. */
export const makeMemoryTable = (): MemoryTable => {
  const items = new Map<string, Item>();

  const commit = (writes: readonly Write[]): WriteResult => {
    const pairs = writes.map((write, index) => ({ write, index, id: idOf(keyOf(write)) }));
    const failed = pairs
      .filter(({ write, id }) => !holds(write.when ?? [], items.get(id)))
      .map(({ index, id }) => ({ index, item: structuredClone(items.get(id)) }));
    if (failed.length > 0) return { ok: false, failed };
    const results = pairs.map(({ write, id }) => ({ id, item: next(items.get(id), write) })); // may throw: nothing is written yet
    for (const { id, item } of results) {
      if (item === undefined) items.delete(id);
      else items.set(id, item);
    }
    const [write, result] = [writes[0], results[0]];
    const answered = writes.length === 1 && write !== undefined && "update" in write ? result?.item : undefined;
    return answered === undefined ? { ok: true } : { ok: true, item: structuredClone(answered) };
  };

  return {
    get: async (key) => {
      assertKey(key);
      return structuredClone(items.get(idOf(key)));
    },
    write: async (...writes) => {
      assertWrites(writes);
      return commit(writes);
    },
    query: async (query) => {
      assertQuery(query);
      return select(items.values(), query);
    },
    dump: () => structuredClone([...items.values()].sort((a, b) => compareText(a.pk, b.pk) || compareText(a.sk, b.sk))),
  };
};
