import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeKeyPair } from "./keys.ts";
import { buildUserData } from "./user-data.ts";

const hostKey = makeKeyPair('host "key": #1');

describe("buildUserData", () => {
  it("is cloud-config YAML with our host key in it, line by line", () => {
    const text = buildUserData({ hostKey, hostname: "web-1" });
    expect(text.startsWith("#cloud-config\n")).toBe(true);
    expect(parse(text)).toEqual({
      hostname: "web-1",
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
      disable_root: false,
      ssh_pwauth: false,
      chpasswd: { expire: false },
      package_update: true,
      packages: ["ansible-core"],
    });
  });

  it("carries a private key that can still be read", () => {
    const config: { ssh_keys: { ed25519_private: string } } = parse(buildUserData({ hostKey, hostname: "web-1" }));
    expect(ssh2.utils.parseKey(config.ssh_keys.ed25519_private)).not.toBeInstanceOf(Error);
  });

  it("stays far below Hetzner's limit, and refuses to pass it", () => {
    expect(Buffer.byteLength(buildUserData({ hostKey, hostname: "w".repeat(63) }))).toBeLessThan(1_000);
    expect(() => buildUserData({ hostKey, hostname: "w".repeat(32_768) })).toThrow(RangeError);
  });
});
