import { expect, it } from "vitest";
import { countWord, durationWord, euroWord, inSentence, sizeWord, spanWord } from "./amounts.ts";

it.each([
  [-5, "0 s"],
  [38_900, "38 s"],
  [60_000, "1 min"],
  [3_599_999, "59 min"],
  [5 * 3_600_000, "5 h"],
  [41 * 86_400_000, "41 d"],
])("%i ms ago is %s", (ms, expected) => {
  expect(spanWord(ms)).toBe(expected);
});

it.each([
  [400, "0.4 s"],
  [31_000, "31 s"],
  [125_000, "2 min 5 s"],
  [7_300_000, "2 h"],
])("%i ms of work are %s", (ms, expected) => {
  expect(durationWord(ms)).toBe(expected);
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [13_100_000, "13.1 MB"],
  [2e15, "2000.0 TB"],
])("%d bytes are %s", (bytes, expected) => {
  expect(sizeWord(bytes)).toBe(expected);
});

it("counts and prices are said whole", () => {
  expect([euroWord(8.5), euroWord(7213.3), euroWord(0), euroWord(null)]).toEqual([
    "€8.50",
    "€7,213.30",
    "€0.00",
    "not known",
  ]);
  expect([
    countWord(1, "node"),
    countWord(0, "node"),
    countWord(1000, "node"),
    countWord(2, "entry", "entries"),
  ]).toEqual(["1 node", "0 nodes", "1,000 nodes", "2 entries"]);
});

it.each([
  ["A limit of the Hetzner account", "a limit of the Hetzner account"],
  ["Hetzner does not answer", "Hetzner does not answer"],
  ["SSH does not answer", "SSH does not answer"],
])("%s is within a sentence: %s", (words, expected) => {
  expect(inSentence(words)).toBe(expected);
});
