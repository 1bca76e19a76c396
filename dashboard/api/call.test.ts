import { expect, it } from "vitest";
import { operations } from "../../contracts/operations.ts";
import { addressOf, nextCursor } from "./call.ts";

it("puts what a path is told into one segment, whatever it is", () => {
  expect(addressOf(operations.getNode, { params: { id: "../login?x=1" } })).toBe("/api/nodes/..%2Flogin%3Fx%3D1");
  expect(addressOf(operations.listNodes, { query: { limit: "100", cursor: "a b&c" } })).toBe(
    "/api/nodes?limit=100&cursor=a+b%26c",
  );
});

it.each([
  ['</api/nodes?limit=100&cursor=abc%3D>; rel="next"', "abc="],
  ['</api/nodes?cursor=p>; rel="prev", </api/nodes?cursor=n>; rel="next"', "n"],
  ["", null],
  [null, null],
])("finds in <%s> the next page at %s", (link, expected) => {
  expect(nextCursor(link)).toBe(expected);
});
