import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { StillRunning, sweep } from "../../local/hosts/index.ts";
import { prefixFor } from "../../local/hosts/names.ts";
import { tryLock } from "../../local/hosts/owner-lock.ts";
import { sweepIdle } from "./sweep.ts";

describe("sweeping what tests have left", () => {
  it("leaves a folder whose hosts are running, and sweeps all others", async () => {
    const held = `/nowhere/${randomUUID()}`;
    const release = await tryLock(prefixFor(held));
    const swept: string[] = [];
    const left = await sweepIdle(["a", held, "b"], async (folder) => {
      if (folder === held) await sweep(folder);
      swept.push(folder);
    });
    await release?.();
    expect(left).toEqual([held]);
    expect(swept).toEqual(["a", "b"]);
  });

  it("says what went wrong otherwise, when all folders have had their turn", async () => {
    const swept: string[] = [];
    const sweeping = sweepIdle(["a", "stuck", "running", "b"], async (folder) => {
      if (folder === "stuck") throw new Error("A disk is still in use.");
      if (folder === "running") throw new StillRunning("stop it first");
      swept.push(folder);
    });
    await expect(sweeping).rejects.toThrow("Not all was swept: Error: A disk is still in use.");
    expect(swept).toEqual(["a", "b"]);
  });
});
