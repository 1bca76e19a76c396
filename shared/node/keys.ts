import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";

/** An ed25519 key pair as OpenSSH writes it. The private half is a secret: it goes to the vault or into user_data, never elsewhere. */
export interface KeyPair {
  /** OpenSSH private key file ("-----BEGIN OPENSSH PRIVATE KEY-----"), not encrypted, ends with a line feed. */
  privateKey: string;
  /** One line: `ssh-ed25519 AAAA... comment`. */
  publicKey: string;
  /** Colon-separated hex MD5 of the public key blob: the form in which Hetzner's `ssh_keys[].fingerprint` names a key. */
  fingerprintMd5: string;
}

const keyType = "ssh-ed25519";
const cipherBlockBytes = 8;

/**
 * Makes a new ed25519 key pair from the operating system's randomness.
 *
 * The encoding is our own because `ssh2`'s generator (1.17.0) drops a leading zero byte of the public key, so that one key in 256
 * is unreadable to OpenSSH.
 *
 * @param comment goes into both halves, on one line
 * @throws TypeError when the comment contains a control character
 */
export function makeKeyPair(comment: string): KeyPair {
  if (/\p{Cc}/u.test(comment)) throw new TypeError("a key comment is one line of printable text");
  const pair = generateKeyPairSync("ed25519");
  // RFC 8410: the 32 raw bytes are the last of the fixed-length DER encodings.
  const seed = pair.privateKey.export({ type: "pkcs8", format: "der" }).subarray(-32);
  const point = pair.publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const blob = Buffer.concat([field(keyType), field(point)]);
  return {
    privateKey: encodePrivateKey({ seed, point, blob, comment, check: randomBytes(4) }),
    publicKey: `${keyType} ${blob.toString("base64")} ${comment}`.trimEnd(),
    fingerprintMd5: createHash("md5")
      .update(blob)
      .digest("hex")
      .replaceAll(/..(?=.)/g, "$&:"),
  };
}

/**
 * The key itself, without type and comment, as it travels in the SSH protocol (RFC 8709). Two public keys are the same key exactly when their blobs
 * are equal.
 *
 * @throws TypeError when the line is not an ed25519 public key
 */
export function publicKeyBlob(publicKey: string): Buffer {
  const blob = findKeyBlob(publicKey);
  if (blob === undefined) throw new TypeError("not an ed25519 public key line");
  return blob;
}

/** As publicKeyBlob, with undefined for what is not an ed25519 public key line. */
export function findKeyBlob(publicKey: string): Buffer | undefined {
  const [type, encoded] = publicKey.trim().split(/\s+/);
  if (type !== keyType || encoded === undefined) return undefined;
  const blob = Buffer.from(encoded, "base64");
  const wellFormed = blob.length === 51 && blob.subarray(0, 19).equals(Buffer.concat([field(keyType), uint32(32)]));
  return wellFormed ? blob : undefined;
}

/**
 * A public key line without its comment (`ssh-ed25519 AAAA...`), one text for one key; null for what is not an ed25519 public key line. What a
 * server prints is safe to quote and to compare once it has passed through here.
 */
export function barePublicKey(line: string): string | null {
  const blob = findKeyBlob(line);
  return blob === undefined ? null : bareLineOf(blob);
}

/** The same for a key as it travels in the SSH protocol. */
export function bareLineOf(blob: Buffer): string {
  return `${keyType} ${blob.toString("base64")}`;
}

interface PrivateParts {
  seed: Buffer;
  point: Buffer;
  blob: Buffer;
  comment: string;
  /** Four random bytes, written twice: how a reader of an encrypted file sees that the passphrase was right. */
  check: Buffer;
}

/** The file format is OpenSSH's PROTOCOL.key. */
function encodePrivateKey({ seed, point, blob, comment, check }: PrivateParts): string {
  const body = Buffer.concat([
    check,
    check,
    field(keyType),
    field(point),
    field(Buffer.concat([seed, point])),
    field(comment),
  ]);
  const paddingBytes = (cipherBlockBytes - (body.length % cipherBlockBytes)) % cipherBlockBytes;
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, paddingBytes));
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    uint32(1),
    field(blob),
    field(Buffer.concat([body, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

/** RFC 4251 `string`: length, then bytes. */
function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
