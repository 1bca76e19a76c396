import { describe, expect, it } from "vitest";
import { codeOf, functionsOf } from "./source.ts";

describe("the code of a file", () => {
  it.each([
    ["a // b", "a"],
    ["a /* b */ c", "a         c"],
    ["a // b without end", "a"],
    ['f("a\\"b", c)', "f(      , c)"],
    ["f('it', b)", "f(    , b)"],
    ["x = `a #{b} c`;", "x =    #{b    ;"],
    ["x = `a #{f(`b #{c}`)} d`;", "x =    #{f(   #{c  )    ;"],
    ["x = `#{{ a: 1 }.a}`", "x =  #{{ a: 1 }.a"],
    ["x = /[/'\"]/.test(y)", "x =        .test(y)"],
    ["x = a / b / c", "x = a / b / c"],
    ["/* without end", ""],
  ])("of %j is %j", (text, code) => {
    const found = codeOf(text.replaceAll("#{", "${"));
    expect(found.trimEnd().replaceAll("${", "#{")).toBe(code);
    expect(found).toHaveLength(text.length);
  });

  it("keeps every line where it is", () => {
    expect(
      codeOf("a\n/* b\n c */\n`d\n`\ne")
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual(["a", "", "", "", "", "e"]);
  });
});

const body = (lines: number, indent: string) =>
  Array.from({ length: lines }, (_, n) => `${indent}call(${n});`).join("\n");

describe("the length of a function", () => {
  it.each([
    ["an arrow", `const f = () => {\n${body(70, "  ")}\n};`, 72],
    ["parameters on lines of their own", `const f = (\n  a: A,\n): B => {\n${body(69, "  ")}\n};`, 73],
    ["a declaration", `function f(): Promise<void> {\n${body(3, "  ")}\n}`, 5],
    ["a method", `class A {\n  private run(a: B): C {\n${body(4, "    ")}\n  }\n}`, 6],
    ["an expression", `const f = () => ({\n${body(5, "  ")}\n});`, 7],
    ["an expression on its own line", "const f = (a: A) =>\n  a\n    .b()\n    .c();", 4],
  ])("counts %s from its first line to its last", (_name, text, lines) => {
    expect(Math.max(...functionsOf(text).map((found) => found.lines))).toBe(lines);
  });

  it("does not count an if, a loop or a table", () => {
    const text = `if (a) {\n${body(9, "  ")}\n} else {\n${body(9, "  ")}\n}\nfor (const a of b) {\n${body(9, "  ")}\n}\nconst t = {\n  a: 1,\n};`;
    expect(functionsOf(text)).toEqual([]);
  });
});
