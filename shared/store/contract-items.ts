/** What the table's contract suites put into it. Every key is fresh, so the table need not be empty. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { IndexName, Item, Table } from "./table.ts";

export type Make = () => Promise<Table>;

export const makeKey = (sk = "a"): { pk: string; sk: string } => ({ pk: `T#${randomUUID()}`, sk });

/** Items of one partition, of the table or an index, with these sort keys; each key is of its own test. */
export const makeItems = (index: IndexName | undefined, sorts: readonly string[]): { pk: string; items: Item[] } => {
  const pk = `T#${randomUUID()}`;
  if (index === undefined) return { pk, items: sorts.map((sk) => ({ pk, sk })) };
  return { pk, items: sorts.map((sort) => ({ ...makeKey(), [`${index}_pk`]: pk, [`${index}_sk`]: sort })) };
};

export const putAll = async (table: Table, items: readonly Item[]) => {
  for (const put of items) expect(await table.write({ put })).toEqual({ ok: true });
};
