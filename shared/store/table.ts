/**
 * What the store needs of DynamoDB, and no more: one table with two indexes, single and transactional writes that carry
 * their conditions, and paged queries. `dynamo-table.ts` speaks to DynamoDB, `memory-table.ts` serves the stepped-clock
 * harness; `table.contract.ts` holds both to the same behaviour.
 */

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/**
 * A stored item. Index keys are ordinary attributes: `list_pk`/`list_sk` for the index `list`, `work_pk`/`work_sk` for
 * `work`; an item without them is not in that index. `expires_at_s` (epoch seconds) is DynamoDB's TTL attribute: it only
 * cleans up, so readers compare times themselves.
 */
export type Item = Key & { readonly [name: string]: Value };

/** Conditions on one item, all of which must hold. Comparing an absent attribute is false, whatever the comparison. */
export type Condition =
  | { readonly exists: boolean }
  | { readonly attribute: string; readonly present: boolean }
  | {
      readonly attribute: string;
      readonly is: "=" | "<>" | "<" | "<=" | ">" | ">=";
      readonly value: string | number | boolean | null;
    }
  | { readonly anyOf: readonly Condition[] };

export interface PutWrite {
  readonly put: Item;
  readonly when?: readonly Condition[];
}

/** Creates the item when it does not exist, as DynamoDB's UpdateItem does: say `{ exists: true }` where that is wrong. */
export interface UpdateWrite {
  readonly update: Key;
  readonly set?: { readonly [name: string]: Value };
  /** Adds to number attributes; an absent one counts as 0. */
  readonly add?: { readonly [name: string]: number };
  readonly remove?: readonly string[];
  readonly when?: readonly Condition[];
}

export interface DeleteWrite {
  readonly delete: Key;
  readonly when?: readonly Condition[];
}

export interface CheckWrite {
  readonly check: Key;
  readonly when: readonly Condition[];
}

export type Write = PutWrite | UpdateWrite | DeleteWrite | CheckWrite;

/** A condition that does not hold is a value, not an exception: `failed` names the writes (by position) that refused. */
export type WriteResult =
  | { readonly ok: true; readonly item?: Item }
  | { readonly ok: false; readonly failed: readonly { readonly index: number; readonly item: Item | undefined }[] };

export type IndexName = "list" | "work";

export interface Query {
  /** Absent: the table itself. */
  readonly index?: IndexName;
  readonly pk: string;
  /** Sort keys up to and including this one. */
  readonly upTo?: string;
  readonly descending?: boolean;
  /** Items a page, 1 to 1000. */
  readonly limit: number;
  /** From the page before; opaque. One that this table did not issue throws `BadCursor`. */
  readonly cursor?: string | undefined;
}

export interface Page {
  readonly items: readonly Item[];
  readonly cursor: string | undefined;
}

/** A cursor that no page of this query gave out. */
export class BadCursor extends Error {
  override name = "BadCursor";
}

export interface Table {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /**
   * One write is a conditional put, update or delete (an update answers with the item as it is now); several are one
   * transaction, all or nothing, of at most 100 different items. Throws on anything but a failed condition.
   */
  write(...writes: readonly Write[]): Promise<WriteResult>;
  /** Index reads are eventually consistent, table reads strongly. */
  query(query: Query): Promise<Page>;
}
