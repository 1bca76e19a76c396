import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scrub, scrubStrings, scrubToken } from "./scrub.ts";
import { sampleToken } from "./testing/fixtures.ts";

describe("scrubbing", () => {
  it.each([
    ["the token", `token ${sampleToken}.`, "token [redacted]."],
    ["its first half, quoted and cut", `'${sampleToken.slice(0, 32)}...'`, "'[redacted]...'"],
    ["any 12 characters of it", `x${sampleToken.slice(30, 42)}y`, "x[redacted]y"],
    ["two pieces that overlap", `${sampleToken.slice(0, 20)} ${sampleToken.slice(10, 40)}`, "[redacted] [redacted]"],
    ["another token in quotes", `token "${"Zz9".repeat(11)}" reached`, 'token "[redacted]" reached'],
    ["another token in typographic quotes", `\u201c${"Zz9".repeat(5)}\u201d`, "\u201c[redacted]\u201d"],
  ])("removes %s", (_, text, wanted) => {
    expect(scrub(text, sampleToken)).toBe(wanted);
  });

  it("finds every piece of 12 or more, wherever it stands", () => {
    for (let length = 12; length <= sampleToken.length; length += 7) {
      for (let at = 0; at + length <= sampleToken.length; at++) {
        const piece = sampleToken.slice(at, at + length);
        expect(scrub(`a ${piece}-b`, sampleToken)).toBe("a [redacted]-b");
      }
    }
  });

  it("finds them in any text and for any token of a token's letters", () => {
    const token = fc.stringMatching(/^[A-Za-z0-9]{16,80}$/);
    const piece = token.chain((whole) =>
      fc.record({
        whole: fc.constant(whole),
        start: fc.nat(whole.length - 12),
        length: fc.integer({ min: 12, max: whole.length }),
        before: fc.string(),
        after: fc.string({ unit: "binary" }),
      }),
    );
    fc.assert(
      fc.property(piece, ({ whole, start, length, before, after }) => {
        const scrubbed = scrub(`${before}${whole.slice(start, Math.max(start + 12, start + length))}${after}`, whole);
        for (let at = 0; at + 12 <= whole.length; at++) expect(scrubbed).not.toContain(whole.slice(at, at + 12));
        expect(scrub(scrubbed, whole)).toBe(scrubbed);
      }),
      { numRuns: 500 },
    );
  });

  it("takes nothing away from a text without them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(scrubToken(text, sampleToken)).toBe(text);
      }),
    );
  });

  it("leaves the rest alone", () => {
    const text = "limit of '3600' requests, location 'ash' not found: resource_limit_exceeded, server 'web-1'";
    expect(scrub(text, sampleToken)).toBe(text);
    expect(scrub(`${sampleToken.slice(0, 11)}!`, sampleToken)).toBe(`${sampleToken.slice(0, 11)}!`);
    expect(scrub(text, "")).toBe(text);
    expect(scrub(text)).toBe(text);
  });

  it("finds half a token without knowing it when it is quoted", () => {
    expect(scrub(`for token '${sampleToken.slice(0, 32)}' reached`)).toBe("for token '[redacted]' reached");
  });

  it("leaves nothing of a token that repeats itself", () => {
    const token = "ab".repeat(10);
    expect(scrub(`<${token}>`, token)).toBe("<[redacted]>");
  });

  it("finds it in every string of a value, in keys and 32 levels down, and drops what lies below", () => {
    const nested = (levels: number, inner: unknown): unknown =>
      levels === 0 ? inner : { a: nested(levels - 1, inner) };
    const value = { [sampleToken]: [sampleToken, 1, null, true], b: { [`x-${sampleToken}`]: "y" } };
    const clean = { "[redacted]": ["[redacted]", 1, null, true], b: { "x-[redacted]": "y" } };
    expect(scrubStrings(value, sampleToken)).toEqual(clean);
    expect(scrubStrings(nested(31, value), sampleToken)).toEqual(nested(31, clean));
    expect(scrubStrings(nested(33, { c: 1 }), sampleToken)).toEqual(nested(33, null));
  });

  it("knows short tokens as a whole", () => {
    expect(scrub("the secret-1 here", "secret-1")).toBe("the [redacted] here");
  });

  it("keeps JSON valid when it removes the known token only", () => {
    const json = JSON.stringify({ a: sampleToken, b: "Zz9".repeat(11) });
    expect(JSON.parse(scrubToken(json, sampleToken))).toEqual({ a: "[redacted]", b: "Zz9".repeat(11) });
  });
});
