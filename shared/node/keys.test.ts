import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { type KeyPair, makeKeyPair, publicKeyBlob } from "./keys.ts";

const hasSshKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;

/** One key in 256: the one that generators get wrong. */
function makeKeyPairWithLeadingZero(): KeyPair {
  for (;;) {
    const pair = makeKeyPair("zero");
    if (publicKeyBlob(pair.publicKey)[19] === 0) return pair;
  }
}

function askSshKeygen(pair: KeyPair, args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "keys-"));
  try {
    const file = join(folder, "key");
    writeFileSync(file, pair.privateKey, { mode: 0o600 });
    const { status, stdout, stderr } = spawnSync("ssh-keygen", [...args, "-f", file], { encoding: "utf8" });
    return status === 0 ? stdout.trim() : `failed: ${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("makeKeyPair", () => {
  it.each([
    ["an ordinary key", () => makeKeyPair("pressluft node web 1")],
    ["a key without a comment", () => makeKeyPair("")],
    ["a key whose public half begins with a zero byte", makeKeyPairWithLeadingZero],
  ])("makes %s whose halves belong together", (_name, make) => {
    const pair = make();
    const secret = ssh2.utils.parseKey(pair.privateKey);
    const open = ssh2.utils.parseKey(pair.publicKey);
    if (secret instanceof Error || open instanceof Error) throw new Error("unreadable key");
    expect(secret.isPrivateKey()).toBe(true);
    expect(secret.getPublicSSH()).toEqual(publicKeyBlob(pair.publicKey));
    expect(open.verify("text", secret.sign("text"))).toBe(true);
  });

  it.skipIf(!hasSshKeygen).each([
    ["an ordinary key", () => makeKeyPair("pressluft node")],
    ["a key whose public half begins with a zero byte", makeKeyPairWithLeadingZero],
  ])("is read by OpenSSH: %s", (_name, make) => {
    const pair = make();
    expect(askSshKeygen(pair, ["-y"])).toBe(pair.publicKey);
    expect(askSshKeygen(pair, ["-l", "-E", "md5"])).toContain(` MD5:${pair.fingerprintMd5} `);
  });

  it("makes another key every time", () => {
    expect(makeKeyPair("a").publicKey).not.toBe(makeKeyPair("a").publicKey);
  });

  it("writes the fingerprint as Hetzner does", () => {
    expect(makeKeyPair("a").fingerprintMd5).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
  });

  it("refuses a comment that would make a second line", () => {
    expect(() => makeKeyPair("a\nssh-ed25519 AAAA")).toThrow(TypeError);
  });
});

describe("publicKeyBlob", () => {
  it("does not depend on the comment or on white space", () => {
    const { publicKey } = makeKeyPair("a comment");
    const [type, blob] = publicKey.split(" ");
    expect(publicKeyBlob(` ${type}   ${blob}\n`)).toEqual(publicKeyBlob(publicKey));
  });

  it.each([
    "",
    "ssh-ed25519",
    "ssh-ed25519 AAAA",
    `ssh-rsa ${makeKeyPair("").publicKey.split(" ")[1]}`,
    `${makeKeyPair("").publicKey.slice(0, -4)}`,
  ])("refuses %j", (line) => {
    expect(() => publicKeyBlob(line)).toThrow(TypeError);
  });
});
