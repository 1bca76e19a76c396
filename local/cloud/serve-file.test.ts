import { expect, it } from "vitest";
import { chooseEncoding, isUnchanged } from "./serve-file.ts";

it.each([
  [undefined, undefined],
  ["", undefined],
  ["identity", undefined],
  ["gzip", "gzip"],
  ["gzip, deflate, br, zstd", "br"],
  ["GZIP;q=0.5", "gzip"],
  ["br;q=0, gzip;q=1.0", "gzip"],
  ["br; q=0.000", undefined],
  ["brotli", undefined],
])("a browser that takes %s gets %s", (accepted, encoding) => {
  expect(chooseEncoding(accepted)).toBe(encoding);
});

it.each([
  [undefined, false],
  ["", false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", W/"a"', true],
  ['"b"', false],
  ["a", false],
  ["*", true],
])('If-None-Match: %s against "a" is unchanged: %s', (header, expected) => {
  expect(isUnchanged(header, '"a"')).toBe(expected);
});
