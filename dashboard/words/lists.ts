/** What lists have in common: what an address asks of them, and how much of them was read. Pure. */
import { countWord } from "./amounts.ts";

/** Of an address. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** The first of the words that go by that name. */
export const wordOf = (query: Query, name: string): string | undefined => [query[name]].flat()[0];

/** What is not known is as if it were not there. */
export const oneOf = <T extends string>(known: readonly T[], word: string | undefined, usual: T): T =>
  known.find((one) => one === word) ?? usual;

interface Extent {
  readonly read: number;
  /** One of them, as "node". */
  readonly thing: string;
  /** What the reader can do with the list, as "Filter and order". */
  readonly tools: string;
}

/** What filter and order are of, until all pages are in. Null: of all. */
export const extentWord = (
  { read, thing, tools }: Extent,
  { isWhole, isReading }: { readonly isWhole: boolean; readonly isReading: boolean },
): string | null => {
  if (isWhole) return null;
  const count = countWord(read, thing);
  return isReading
    ? `${tools} of the ${count} read so far. More are on their way …`
    : `There are more than these ${count}: only the newest are read.`;
};
