import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HetznerError } from "./errors.ts";
import { labelSelector } from "./label-selector.ts";

const long = "a".repeat(63);
/** 253 characters, the longest. */
const domain = `${`${long}.`.repeat(3)}${"a".repeat(61)}`;

describe("a label selector", () => {
  it.each<[Parameters<typeof labelSelector>[0], string]>([
    [{ app: "web" }, "app=web"],
    [{ app: "" }, "app="],
    [{ job: ["a", "b-1"] }, "job in (a,b-1)"],
    [{ tested: true }, "tested"],
    [{ "managed-by": "me", "example.com/app_v1.2": ["x"], z: true }, "managed-by=me,example.com/app_v1.2 in (x),z"],
    [{ [long]: long }, `${long}=${long}`],
    [{ [`${domain}/a`]: "b" }, `${domain}/a=b`],
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
    ["a prefix of 254", { [`${domain}a/a`]: "d" }],
    ["an empty prefix", { "/a": "d" }],
  ])("is refused for %s", (_, parts) => {
    expect(() => labelSelector(parts)).toThrow(HetznerError);
  });
});

type Parts = Parameters<typeof labelSelector>[0];

/** Reads a selector as Hetzner's grammar does (https://docs.hetzner.cloud/#label-selector), as far as it is used here. */
function readSelector(selector: string): [string, string | string[] | true][] {
  const requirement = /([^,()=!\s]+)(?:=([^,()=!\s]*)| in \(([^()=!\s]*)\))?(?:,|$)/y;
  const found: [string, string | string[] | true][] = [];
  while (requirement.lastIndex < selector.length) {
    const [, key = "", value, list] = requirement.exec(selector) ?? [];
    if (key === "") throw new Error(`cannot be read from ${requirement.lastIndex}: ${selector}`);
    found.push([key, list === undefined ? (value ?? true) : list.split(",")]);
  }
  return found;
}

describe("a label selector of any strings", () => {
  const word = fc.oneof(
    { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?$/) },
    { weight: 1, arbitrary: fc.stringMatching(/^[a-z0-9.]{1,6}\/[A-Za-z0-9]{1,4}$/) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: fc.constantFrom("a", "B", "1", ",", "=", "!", "(", ")", " ", "/", "-", "\n") }),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );
  const want = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.constant<true>(true));
  const parts: fc.Arbitrary<Parts> = fc.dictionary(word, want, { maxKeys: 3 });

  it("is refused, or says exactly what was asked for", () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(parts, (asked) => {
        const built = buildOrRefuse(asked);
        if (built === null) {
          refused++;
          return;
        }
        accepted++;
        expect(readSelector(built)).toEqual(Object.entries(asked));
      }),
      { numRuns: 1_000 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(100);
  });
});

function buildOrRefuse(parts: Parts): string | null {
  try {
    return labelSelector(parts);
  } catch (error) {
    expect(error).toBeInstanceOf(HetznerError);
    expect(error).toMatchObject({ class: "invalid_request", effect: "none" });
    return null;
  }
}
