import { describe, expect, it } from "vitest";
import { HetznerError } from "./errors.ts";
import { labelSelector } from "./label-selector.ts";

const long = "a".repeat(63);

describe("a label selector", () => {
  it.each<[Parameters<typeof labelSelector>[0], string]>([
    [{ app: "web" }, "app=web"],
    [{ app: "" }, "app="],
    [{ job: ["a", "b-1"] }, "job in (a,b-1)"],
    [{ tested: true }, "tested"],
    [{ "managed-by": "me", "example.com/app_v1.2": ["x"], z: true }, "managed-by=me,example.com/app_v1.2 in (x),z"],
    [{ [long]: long }, `${long}=${long}`],
  ])("of %j is %s", (parts, wanted) => {
    expect(labelSelector(parts)).toBe(wanted);
  });

  it.each<[string, Parameters<typeof labelSelector>[0]]>([
    ["nothing", {}],
    ["an empty list", { job: [] }],
    ["an empty key", { "": "a" }],
    ["a value with a comma", { app: "a,b" }],
    ["a value that closes a list", { app: ["a)"] }],
    ["a value with a space", { app: "a b" }],
    ["a value with an odd end", { app: "a-" }],
    ["a value of 64", { app: `${long}a` }],
    ["a key with an operator", { "app!=x": "a" }],
    ["a key with a line break", { "app\n": "a" }],
    ["a value with a line break", { app: "a\n" }],
    ["two slashes", { "a/b/c": "d" }],
    ["an upper-case prefix", { "Example.com/a": "d" }],
    ["an empty prefix", { "/a": "d" }],
  ])("is refused for %s", (_, parts) => {
    expect(() => labelSelector(parts)).toThrow(HetznerError);
  });
});
