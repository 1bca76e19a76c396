import { createHash } from "node:crypto";
import { refuseLocally } from "./errors.ts";

/**
 * The fingerprint as Hetzner computes it: MD5 over the decoded key blob, lower-case hex with colons.
 * The comment of the key is not part of it, so the same key under two names has one fingerprint.
 *
 * @param publicKey one line in OpenSSH form: `ssh-ed25519 AAAA... comment`
 * @throws HetznerError `invalid_request` when it is not such a line
 */
export function fingerprintMd5(publicKey: string): string {
  const [type = "", encoded = ""] = publicKey.trim().split(/\s+/);
  const blob = Buffer.from(encoded, "base64");
  if (type === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || nameInside(blob) !== type) {
    throw refuseLocally("fingerprintMd5", "this is not a public key in OpenSSH form");
  }
  const hex = createHash("md5").update(blob).digest("hex");
  return hex.match(/../g)?.join(":") ?? "";
}

/** RFC 4253 6.6: the blob starts with its own type, as a length of four bytes and the name. */
function nameInside(blob: Buffer): string | null {
  if (blob.length < 4) return null;
  const length = blob.readUInt32BE(0);
  return blob.length < 4 + length ? null : blob.toString("latin1", 4, 4 + length);
}
