import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledCode, functionNames } from "./bundling.ts";
import { packPlaybooks, playbooksFile } from "./playbooks.ts";

let dir = "";

// CommonJS as ssh2 has it: Node's own modules by require, its folder, and a native part that may be absent.
const commonJs = `
  const { join } = require("node:path");
  let isNative = true;
  try { require("./build/thing.node"); } catch { isNative = false; }
  exports.answer = () => ({ isNative, folder: typeof join(__dirname, "x") });
  exports.unused = "UNUSED_COMMON";`;
const entry = `
  import legacy from "./legacy.cjs";
  import { used } from "./modern.ts";
  export const handler = async (): Promise<unknown> => ({ ...legacy.answer(), used });`;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "bundling-"));
  mkdirSync(join(dir, "playbooks"));
  writeFileSync(join(dir, "playbooks", "site.yml"), "- hosts: localhost\n");
  for (const name of functionNames) {
    const folder = join(dir, "functions", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "index.ts"), entry);
    writeFileSync(join(folder, "legacy.cjs"), commonJs);
    writeFileSync(join(folder, "modern.ts"), `export const used = "${name}";\nexport const dropped = "NEVER_USED";`);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const sources = () => ({ functions: join(dir, "functions"), playbooks: join(dir, "playbooks") });

describe("bundling", () => {
  it("makes one ES module a function, which runs with CommonJS inside", async () => {
    bundledCode(join(dir, "out"), sources());
    expect(readdirSync(join(dir, "out")).sort()).toEqual([...functionNames].sort());
    for (const name of functionNames) {
      const { handler } = await import(pathToFileURL(join(dir, "out", name, "index.mjs")).href);
      expect(await handler()).toEqual({ isNative: false, folder: "string", used: name });
    }
  });

  it("leaves out what nobody uses", () => {
    expect(readFileSync(join(dir, "out", "worker", "index.mjs"), "utf8")).not.toContain("NEVER_USED");
  });

  it("lays the playbooks beside the worker, and beside nobody else", () => {
    const withPlaybooks = functionNames.filter((name) => readdirSync(join(dir, "out", name)).includes(playbooksFile));
    expect(withPlaybooks).toEqual(["worker"]);
    const laid = readFileSync(join(dir, "out", "worker", playbooksFile));
    expect(laid.equals(packPlaybooks(sources().playbooks).archive)).toBe(true);
  });

  it.each([
    { what: "a function has no entry", wrong: { functions: "nowhere" }, message: /Could not resolve/ },
    { what: "there are no playbooks", wrong: { playbooks: "nowhere" }, message: /no such file/ },
  ])("fails when $what", ({ wrong, message }) => {
    expect(() => bundledCode(join(dir, "out"), { ...sources(), ...wrong })).toThrow(message);
  });
});
