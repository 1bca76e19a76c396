import { describe, expect, test } from "vitest";
import { makeFixture, publicKey, tokens } from "./fixture.ts";
import { tokenScrubber } from "./tokens.ts";

const value = "Rw7".padEnd(64, "a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ");
const other = "K0z".padEnd(64, "z9Y8x7W6v5U4t3S2r1Q0pOnMlKjIhGfEdCbA");
const projects = [
  {
    name: "p",
    tokens: [
      { value, permission: "rw" as const },
      { value: other, permission: "ro" as const },
    ],
  },
];
const scrub = tokenScrubber(projects);

describe("a scrubber", () => {
  test.each([
    ["a token", `a ${value} b ${other}`, "a <token> b <token>"],
    ["the part that the 429 quotes", `for token '${value.slice(0, 32)}' reached`, "for token '<token>' reached"],
    ["any run of 16 characters", `x-${value.slice(20, 36)}-y`, "x-<token>-y"],
    ["a run of 40 within a longer word", `00${value.slice(3, 43)}00`, "00<token>00"],
    ["two runs in one word", `${value.slice(0, 16)}00${other.slice(0, 16)}`, "<token>00<token>"],
    ["two runs that touch", `${value.slice(0, 16)}${other.slice(0, 16)}`, "<token>"],
    ["no shorter run", value.slice(0, 15), value.slice(0, 15)],
    ["no other words", `sha256:${"0123456789abcdef".repeat(4)}`, `sha256:${"0123456789abcdef".repeat(4)}`],
    ["nothing of an empty text", "", ""],
  ])("cuts %s", (_what, text, expected) => {
    expect(scrub(text)).toBe(expected);
  });

  test("cuts a token of other characters as a whole", () => {
    const odd = tokenScrubber([{ name: "p", tokens: [{ value: "a-b_c", permission: "rw" }] }]);
    expect(odd("x a-b_c y a-b")).toBe("x <token> y a-b");
  });
});

/** A text as JSON may write it: every character as an escape. */
const escaped = (text: string) =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const percent = (text: string) => [...text].map((character) => `%${character.charCodeAt(0).toString(16)}`).join("");

describe("a token that was typed", () => {
  const shown = async (fixture: ReturnType<typeof makeFixture>) => {
    const look = async (path: string) => (await fixture.simulator.wireFetch(`http://localhost${path}`)).text();
    const verbs = ["state", "requests", "counts", "faults"];
    return Promise.all([look("/"), ...verbs.map((verb) => look(`/_control/${verb}`))]);
  };

  test.each([
    ["whole", value],
    ["by the first 32 characters", value.slice(0, 32)],
  ])("%s, is shown neither by the page nor by the control endpoint, nor kept in the log", async (_how, typed) => {
    const fixture = makeFixture({ projects });
    const { call, simulator } = fixture;
    const token = { token: value };
    const name = JSON.parse(`"${escaped(typed)}"`);
    expect(name).toBe(typed);
    await call("POST", "/ssh_keys", `{"name":"${escaped(typed)}","public_key":"${publicKey(1)}"}`, token);
    await call("POST", "/ssh_keys", { name: "k", public_key: publicKey(2), labels: { a: typed.slice(0, 63) } }, token);
    await call("POST", "/ssh_keys", { [typed]: { list: [typed] } }, token);
    await call("GET", `/servers?name=${percent(typed)}`, undefined, token);
    await call("GET", `/servers/${percent(typed)}`, undefined, token);
    await call("GET", "/servers", undefined, { token: typed });
    await call(typed, "/servers", undefined, token);
    simulator.plan({ kind: "error", message: typed });
    const texts = [...(await shown(fixture)), JSON.stringify(simulator.requests())];
    for (const text of texts) expect(text).not.toContain(typed.slice(0, 16));
    for (const text of texts) expect(text).not.toContain(percent(typed).slice(0, 48));
    expect(texts[0]).toContain("&lt;token&gt;");
    expect(texts[0]).not.toContain("<token>");
    expect(simulator.requests()).toHaveLength(7);
  });

  test("as a path that cannot be decoded is kept as it is", async () => {
    const { call, simulator } = makeFixture();
    await call("GET", "/servers/%zz", undefined, { token: tokens.rw });
    expect(simulator.requests()[0]?.path).toBe("/servers/%zz");
  });
});
