import { describe, expect, it } from "vitest";
import { makeLog, scrubText } from "./log.ts";
import { makeKeyPair } from "./node/keys.ts";

const token = "Canary0Canary1Canary2Canary3Canary4Canary5Canary6Canary7Canary89";

const logged = (write: (log: ReturnType<typeof makeLog>) => void): string => {
  const lines: string[] = [];
  write(
    makeLog(
      "test",
      () => 0,
      (line) => lines.push(line),
    ),
  );
  return lines.join("\n");
};

it.each(["info", "warn", "error"] as const)("%s writes one line of JSON", (level) => {
  const line = logged((log) => log[level]("job_look", { job_id: "1", text: "two\nlines" }));
  expect(line.split("\n")).toHaveLength(1);
  expect(JSON.parse(line)).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    level,
    source: "test",
    event: "job_look",
    job_id: "1",
    text: "two\nlines",
  });
});

describe("a secret does not reach the log", () => {
  const { privateKey } = makeKeyPair("test");
  const rows: [string, Record<string, unknown>][] = [
    ["a token as a value", { value: token }],
    ["a token in a sentence", { value: `the token ${token} was refused` }],
    ["half of a token, as Hetzner quotes it", { value: `limit of ${token.slice(0, 32)} reached` }],
    ["a token deep in an object", { value: { a: [{ b: token }] } }],
    ["a token as a name", { [token]: 1 }],
    ["a token in an error", { error: new Error(`refused: ${token}`) }],
    ["a token in an error deep inside", { value: { cause: new Error(token) } }],
    ["a private key", { value: privateKey }],
    ["a private key that was cut", { value: privateKey.slice(0, 200) }],
  ];
  it.each(rows)("%s", (_what, fields) => {
    const line = logged((log) => log.error("x", fields));
    expect(line).not.toContain(token.slice(0, 32));
    expect(line).not.toContain("PRIVATE KEY");
    expect(line).not.toContain(privateKey.split("\n")[2] ?? "");
    expect(line).toMatch(/\[redacted\]|\[private key\]/);
  });
});

describe("2 MiB of a trap for a pattern", () => {
  const filledWith = (text: string) => text.repeat(Math.ceil((2 * 1024 * 1024) / text.length));
  const lowerCase = filledWith("a");
  const dashes = filledWith("-----BEGIN ");
  it.each([
    ["is kept where it is no secret: a word", lowerCase, lowerCase],
    ["is kept where it is no secret: half a mark", dashes, dashes],
    ["is taken out where it is one: a word", `${lowerCase}A`, "[redacted]"],
    ["is taken out where it is one: keys without an end", filledWith("-----BEGIN PRIVATE KEY-----"), "[private key]"],
  ])("%s", (_what, text, expected) => {
    // Compared here: a failure should not print 2 MiB.
    expect(scrubText(text) === expected).toBe(true);
  });
});

describe("what is no secret stays readable", () => {
  it.each([
    "018f0000-0000-7000-8000-0000000000aa",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "Hetzner has no such server to give in this location now.",
    "PROVIDER_ACQUISITION_UNAVAILABLE",
  ])("%s", (text) => {
    expect(scrubText(text)).toBe(text);
  });

  it("and an error keeps its name, message and stack", () => {
    const line = logged((log) => log.error("x", { error: new TypeError("broken") }));
    expect(JSON.parse(line).error).toMatchObject({
      name: "TypeError",
      message: "broken",
      stack: expect.stringContaining("log.test"),
    });
  });
});
