import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const styles = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".css") && name !== "tokens.css")
  .map(
    (name) => [name, readFileSync(`${import.meta.dirname}/${name}`, "utf8").replaceAll(/\/\*.*?\*\//gs, "")] as const,
  );

/** Lines with what is looked for, each with its text. */
const linesWith = (text: string, pattern: RegExp): string[] =>
  text
    .split("\n")
    .filter((line) => pattern.test(line))
    .map((line) => line.trim());

describe.each(styles)("%s", (_, text) => {
  it("takes its colours from the tokens", () => {
    expect(linesWith(text, /#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch|light-dark)\(/i)).toEqual([]);
  });

  it("takes its faces and sizes of text from the tokens", () => {
    expect(linesWith(text, /font(-size)?:(?!.*(var\(--text|inherit))/)).toEqual([]);
  });

  it("stands on the grid of 4 px; hairlines and what is drawn with them are up to 3 px", () => {
    const isOff = (line: string) =>
      [...line.matchAll(/(?<![\w-])(\d+(?:\.\d+)?)px/g)].some(([, size]) => Number(size) > 3 && Number(size) % 4 !== 0);
    expect(linesWith(text, /px/).filter(isOff)).toEqual([]);
  });
});
