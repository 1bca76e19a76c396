import { describe, expect, it } from "vitest";
import { fingerprintMd5 } from "../../shared/hetzner/index.ts";
import { makeKeyPair } from "../../shared/node/keys.ts";
import { makeMemoryVault } from "../../shared/vault.ts";
import { ensureManagedKey } from "./managed-key.ts";

const owner = { providerId: "hetzner", installation: "0190a5d0-0000-7000-8000-000000000001", known: null } as const;

describe("the managed key", () => {
  it("is made once, and its public half is found without reading the secret", async () => {
    const vault = makeMemoryVault();
    const key = await ensureManagedKey({ vault, makeKeyPair }, owner);
    const unreadable = { ...vault, read: () => Promise.reject(new Error("not allowed")) };
    expect(await ensureManagedKey({ vault: unreadable, makeKeyPair }, owner)).toEqual(key);
    expect(key.fingerprintMd5).toBe(fingerprintMd5(key.publicKey));
    expect(key.hetznerId).toBeNull();
    expect(await vault.read(key.secretName)).toContain("PRIVATE KEY");
  });

  it("is the winner's for both of two who make it at once", async () => {
    const vault = makeMemoryVault();
    const keys = await Promise.all([1, 2].map(() => ensureManagedKey({ vault, makeKeyPair }, owner)));
    expect(keys[0]).toEqual(keys[1]);
    expect(vault.names()).toHaveLength(1);
  });

  it("keeps its id at Hetzner only while it is the same key", async () => {
    const vault = makeMemoryVault();
    const key = await ensureManagedKey({ vault, makeKeyPair }, owner);
    const known = { ...key, hetznerId: 7 };
    expect(await ensureManagedKey({ vault, makeKeyPair }, { ...owner, known })).toEqual(known);
    await vault.destroy(key.secretName);
    const another = await ensureManagedKey({ vault, makeKeyPair }, { ...owner, known });
    expect(another.hetznerId).toBeNull();
    expect(another.fingerprintMd5).not.toBe(key.fingerprintMd5);
  });
});
