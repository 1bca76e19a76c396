import { expect, it } from "vitest";
import { makeKeys } from "./keys.ts";

it("gives the same wish the same key, and another one another", () => {
  let count = 0;
  const keyOf = makeKeys(() => `key-${++count}`);
  expect([keyOf({ name: "a" }), keyOf({ name: "a" }), keyOf({ name: "b" }), keyOf({ name: "a" })]).toEqual([
    "key-1",
    "key-1",
    "key-2",
    "key-1",
  ]);
});
