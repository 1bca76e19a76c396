import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { pinnedVersion } from "./venv.ts";

describe("requirements.txt", () => {
  it("pins every package to one version", async () => {
    const text = await readFile(new URL("requirements.txt", import.meta.url), "utf8");
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.filter((line) => !/^[\w-]+==[\w.]+$/.test(line))).toEqual([]);
    expect(pinnedVersion(text)).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("is refused when it leaves the emulator's version open", () => {
    expect(() => pinnedVersion("ministack>=1.5\nsix==1.17.0\n")).toThrow("must pin ministack");
  });
});
