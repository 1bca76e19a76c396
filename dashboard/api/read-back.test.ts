import { describe, expect, it } from "vitest";
import { pushedOut, type ReadBack, withNewest, withOlder, withOne } from "./read-back.ts";

interface Row {
  readonly id: string;
  readonly word?: string;
}
const rows = (...ns: number[]): Row[] => ns.map((n) => ({ id: String(n).padStart(3, "0") }));
const page = (cursor: string | null, ...ns: number[]): ReadBack<Row> => ({ items: rows(...ns), cursor });

describe("the newest page", () => {
  it.each([
    ["is all that is known at first", page(null), page("c5", 7, 6, 5), page("c5", 7, 6, 5)],
    ["keeps what it pushed out", page("c1", 5, 4, 3, 2, 1), page("c5", 7, 6, 5), page("c1", 7, 6, 5, 4, 3, 2, 1)],
    ["keeps that, too, without an older page", page("c3", 5, 4, 3), page("c4", 6, 5, 4), page("c3", 6, 5, 4, 3)],
    ["may follow right behind", page("c4", 6, 5, 4), page("c6", 8, 7, 6), page("c4", 8, 7, 6, 5, 4)],
    ["begins anew behind a gap", page("c1", 5, 4, 3, 2, 1), page("c7", 9, 8, 7), page("c7", 9, 8, 7)],
    ["may be all there is", page("c3", 5, 4, 3), page(null, 6), page(null, 6)],
    [
      "goes on where it ends, when it reaches further back",
      page("c4", 6, 5, 4),
      page("c2", 6, 3, 2),
      page("c2", 6, 3, 2),
    ],
  ])("%s", (_, known, newest, expected) => {
    expect(withNewest(known, newest)).toEqual(expected);
  });
});

describe("an older page", () => {
  it.each([
    ["goes behind what is known", page("c5", 7, 6, 5), "c5", page("c3", 4, 3), page("c3", 7, 6, 5, 4, 3)],
    ["may be the last", page("c5", 7, 6, 5), "c5", page(null, 4), page(null, 7, 6, 5, 4)],
    ["may be empty", page("c5", 7, 6, 5), "c5", page(null), page(null, 7, 6, 5)],
    ["of what was given up is left out", page("c9", 11, 10, 9), "c5", page("c3", 4, 3), page("c9", 11, 10, 9)],
  ])("%s", (_, known, cursor, older, expected) => {
    expect(withOlder(known, cursor, older)).toEqual(expected);
  });
});

it("one that was asked for by itself takes its place", () => {
  const [two = { id: "" }] = rows(2);
  expect(withOne(page("c", 3, 2), { ...two, word: "over" }).items).toEqual([...rows(3), { ...two, word: "over" }]);
});

it("knows what no newest page tells of", () => {
  expect(pushedOut(page("c", 5, 4, 3, 2), rows(6, 5, 4))).toEqual(rows(3, 2));
});
