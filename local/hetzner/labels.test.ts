import { describe, expect, test } from "vitest";
import { isLabelKey, isLabelValue, labelsFault, matchesSelector, parseSelector } from "./labels.ts";

const labels = { env: "production", "example.com/node": "n1", empty: "" };

const selectors: readonly [string, boolean][] = [
  ["env=production", true],
  ["env==production", true],
  ["env = production", true],
  ["env!=production", false],
  ["env!=staging", true],
  ["absent!=staging", true],
  ["env", true],
  ["absent", false],
  ["!env", false],
  ["!absent", true],
  ["env in (staging,production)", true],
  ["env in (staging, production)", true],
  ["env in (staging)", false],
  ["absent in (staging)", false],
  ["env notin (staging)", true],
  ["env notin (production)", false],
  ["absent notin (production)", true],
  ["empty=", true],
  ["example.com/node=n1,env in (a,production),!absent", true],
  ["example.com/node=n1,env in (a,b),!absent", false],
  ["toString", false],
];

test.each(selectors)("the selector %s gives %s", (text, expected) => {
  const selector = parseSelector(text);
  expect(selector).not.toBeNull();
  expect(matchesSelector(selector ?? [], labels)).toBe(expected);
});

test.each(["", ",", "a=b,", "=b", "a in b", "a=b c", "-a", "a=-", "a in (-)", "a b"])("%j is no selector", (text) => {
  expect(parseSelector(text)).toBeNull();
});

describe("label keys and values", () => {
  test.each(["a", "A-b_c.d", "example.com/name", "a".repeat(63)])("%s is a key", (key) => {
    expect(isLabelKey(key)).toBe(true);
  });
  test.each(["", "-a", "a-", "a".repeat(64), "Example.com/a", "/a", "a/", "a/b/c"])("%j is no key", (key) => {
    expect(isLabelKey(key)).toBe(false);
  });
  test("a value may be empty and has at most 63 characters", () => {
    expect([isLabelValue(""), isLabelValue("a".repeat(63)), isLabelValue("a".repeat(64))]).toEqual([true, true, false]);
  });
  test("the provider keeps a prefix to itself", () => {
    for (const key of ["hetzner.cloud/x", "hetzner.cloud/a", "hetzner.cloud/Role"]) {
      expect(labelsFault({ [key]: "1" })).toContain("reserved");
    }
    expect(labelsFault({ "hetzner.cloud.example/a": "1", "my-hetzner.cloud/a": "1" })).toBeNull();
  });
});
