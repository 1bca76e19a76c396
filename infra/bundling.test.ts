import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledCode, functionNames } from "./bundling.ts";

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
  for (const name of functionNames) {
    const folder = join(dir, "functions", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "index.ts"), entry);
    writeFileSync(join(folder, "legacy.cjs"), commonJs);
    writeFileSync(join(folder, "modern.ts"), `export const used = "${name}";\nexport const dropped = "NEVER_USED";`);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("bundling", () => {
  it("makes one ES module a function, which runs with CommonJS inside", async () => {
    bundledCode(join(dir, "out"), join(dir, "functions"));
    expect(readdirSync(join(dir, "out")).sort()).toEqual([...functionNames].sort());
    for (const name of functionNames) {
      const { handler } = await import(pathToFileURL(join(dir, "out", name, "index.mjs")).href);
      expect(await handler()).toEqual({ isNative: false, folder: "string", used: name });
    }
  });

  it("leaves out what nobody uses", () => {
    expect(readFileSync(join(dir, "out", "worker", "index.mjs"), "utf8")).not.toContain("NEVER_USED");
  });

  it("fails when a function has no entry", () => {
    expect(() => bundledCode(join(dir, "out"), join(dir, "nowhere"))).toThrow(/Could not resolve/);
  });
});
