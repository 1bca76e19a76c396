/** What every vault does, as tests: run over the one in memory, over AWS's wire format and on the emulator. */
import { describe, expect, it } from "vitest";
import type { Vault } from "./vault.ts";

/** `makeName` gives a name that no earlier test has used. */
export const describeVault = (title: string, makeVault: () => Vault, makeName: () => string): void => {
  describe(`${title} as a vault`, () => {
    it("gives back what was put in, and what was said about it", async () => {
      const [vault, name] = [makeVault(), makeName()];
      expect(await vault.create(name, "value", { description: "about it" })).toBe("created");
      expect(await vault.read(name)).toBe("value");
      expect(await vault.describe(name)).toEqual({ description: "about it" });
    });

    it("lets the first of two creations win and leaves its value alone", async () => {
      const [vault, name] = [makeVault(), makeName()];
      const answers = await Promise.all([
        vault.create(name, "a", { description: "a" }),
        vault.create(name, "b", { description: "b" }),
      ]);
      expect([...answers].sort()).toEqual(["created", "exists"]);
      const winner = answers[0] === "created" ? "a" : "b";
      expect(await vault.read(name)).toBe(winner);
      expect(await vault.describe(name)).toEqual({ description: winner });
    });

    it("knows nothing under a name that was never used", async () => {
      const [vault, name] = [makeVault(), makeName()];
      expect(await vault.read(name)).toBeUndefined();
      expect(await vault.describe(name)).toBeUndefined();
    });

    it("destroys at once, and again without complaint", async () => {
      const [vault, name] = [makeVault(), makeName()];
      await vault.create(name, "value", { description: "" });
      await vault.destroy(name);
      expect(await vault.read(name)).toBeUndefined();
      await vault.destroy(name);
      await vault.destroy(makeName());
    });
  });
};
