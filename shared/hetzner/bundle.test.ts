import { build } from "esbuild";
import { describe, expect, it } from "vitest";

/** The own code of a program that uses only this of the index. */
async function bundle(...names: string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${names} } from "./index.ts";`, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node24",
    external: ["zod"],
  });
  return outputFiles[0]?.text ?? "";
}

const paths = ["/servers", "/actions", "/ssh_keys", "/primary_ips", "/server_types", "/images", "/pricing"];
const pathsIn = (text: string) => paths.filter((path) => text.includes(path));

describe("a bundle", () => {
  it("holds the resources that are used and no other, though all come from the index", async () => {
    expect(pathsIn(await bundle("createServer", "makeWire"))).toEqual(["/servers"]);
    expect(pathsIn(await bundle("deletePrimaryIp", "makeWire"))).toEqual(["/primary_ips"]);
    expect(pathsIn(await bundle("createServer", "waitForCreated", "makeWire"))).toEqual(["/servers", "/actions"]);
    expect(pathsIn(await bundle("makeHetzner"))).toEqual(paths);
  });

  it("of one operation is at most two thirds of the whole", async () => {
    const [one, whole] = [await bundle("createServer", "makeWire"), await bundle("makeHetzner")];
    expect(one.length).toBeGreaterThan(10_000);
    expect(one.length / whole.length).toBeLessThan(2 / 3);
  });
});
