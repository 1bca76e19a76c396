/** Page cursors: DynamoDB's LastEvaluatedKey as base64url JSON. They come back from outside, so they are parsed. */
import * as z from "zod";
import { BadCursor, type IndexName, type Query } from "./table.ts";
import { compareText, keyNames, partitionKeySchema, sortKeySchema } from "./values.ts";

/** Where a page ended: the item's key and, on an index, its key there. */
export type Position = Readonly<Record<string, string>>;

const schemaOf = (index: IndexName | undefined): z.ZodType<Position> => {
  const { pk, sk } = keyNames(index);
  return z.strictObject({
    pk: partitionKeySchema,
    sk: sortKeySchema,
    [pk]: partitionKeySchema,
    [sk]: sortKeySchema,
  });
};

const schemas = { table: schemaOf(undefined), list: schemaOf("list"), work: schemaOf("work") };

/** Throws when `position` is not one of this index: only DynamoDB or the memory table give it, so that is a fault. */
export const encodeCursor = (index: IndexName | undefined, position: unknown): string =>
  Buffer.from(JSON.stringify(schemas[index ?? "table"].parse(position))).toString("base64url");

const decode = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
};

/**
 * Where this query goes on; undefined at its beginning. Throws `BadCursor` for anything DynamoDB would refuse as a
 * start key: not a cursor, one of another index or partition, one beyond `upTo`.
 */
export const parseCursor = ({ index, pk, upTo, cursor }: Query): Position | undefined => {
  if (cursor === undefined) return undefined;
  const parsed = schemas[index ?? "table"].safeParse(decode(cursor));
  if (!parsed.success) throw new BadCursor("the cursor is malformed");
  const names = keyNames(index);
  const sort = parsed.data[names.sk] ?? "";
  if (parsed.data[names.pk] !== pk) throw new BadCursor("the cursor belongs to another list");
  if (upTo !== undefined && compareText(sort, upTo) > 0) throw new BadCursor("the cursor is outside of this list");
  return parsed.data;
};
