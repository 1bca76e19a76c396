import { describe, expect, it } from "vitest";
import { HetznerError } from "./errors.ts";
import { fingerprintMd5 } from "./fingerprint.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIccHCW76xx2rrPAUrjnuT6IjpEF1O+/U4IByVgv99Oi";

describe("a fingerprint", () => {
  it("is the MD5 that Hetzner shows, whatever the comment", () => {
    const wanted = "77:79:69:b1:4d:c6:b6:45:6a:e9:52:29:04:3e:59:48";
    expect(fingerprintMd5(key)).toBe(wanted);
    expect(fingerprintMd5(`${key} me@example.com\n`)).toBe(wanted);
  });

  it.each(["", "ssh-ed25519", "ssh-ed25519 ????", "ssh-ed25519 AAAA", key.replace("ssh-ed25519", "ssh-rsa")])(
    "is refused for %j",
    (text) => {
      expect(() => fingerprintMd5(text)).toThrow(HetznerError);
    },
  );
});
