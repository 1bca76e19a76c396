import fc from "fast-check";
import { expect, it } from "vitest";
import { slug } from "../../contracts/site-models.ts";
import { slugOf } from "./slug.ts";

it.each([
  ["Acme & Sons", "acme-sons"],
  ["Müller & Söhne GmbH", "muller-sohne-gmbh"],
  ["Straße 7", "strasse-7"],
  ["2 Brothers", "brothers"],
  ["日本", ""],
  ["x".repeat(60), "x".repeat(40)],
])("<%s> is %s", (title, expected) => {
  expect(slugOf(title)).toBe(expected);
});

it("is always one that the API takes, or nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (title) => {
      const made = slugOf(title);
      return made === "" || slug.safeParse(made).success;
    }),
  );
});
