import { expect, it } from "vitest";
import { extentWord, oneOf, wordOf } from "./lists.ts";

it.each([
  [{}, undefined],
  [{ group: "open" }, "open"],
  [{ group: ["open", "failed"] }, "open"],
])("of %j the word is %s", (query, expected) => {
  expect(wordOf(query, "group")).toBe(expected);
});

it("takes what it does not know as if it were not there", () => {
  expect(["a", "b", "c", undefined].map((word) => oneOf(["a", "b"], word, "b"))).toEqual(["a", "b", "b", "b"]);
});

it.each([
  [{ isWhole: true, isReading: false }, null],
  [{ isWhole: false, isReading: true }, "Filter of the 1,300 sites read so far. More are on their way …"],
  [{ isWhole: false, isReading: false }, "There are more than these 1,300 sites: only the newest are read."],
])("of a list that is %j it says: %s", (list, expected) => {
  expect(extentWord({ read: 1300, thing: "site", tools: "Filter" }, list)).toBe(expected);
});
