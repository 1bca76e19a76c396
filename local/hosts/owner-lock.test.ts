import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { tryLock, withLock } from "./owner-lock.ts";

describe("a lock", () => {
  it("is one's own until it is given back", async () => {
    const name = randomUUID();
    const release = await tryLock(name);
    expect(await tryLock(name)).toBeUndefined();
    await release?.();
    await release?.();
    const again = await tryLock(name);
    expect(again).toBeDefined();
    await again?.();
  });

  it("lets one at a time do its work, the others after it, and goes when the work fails", async () => {
    const name = randomUUID();
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await expect(withLock(name, () => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
    await Promise.all([withLock(name, work), withLock(name, work), withLock(name, work)]);
    expect(most).toBe(1);
  });
});
