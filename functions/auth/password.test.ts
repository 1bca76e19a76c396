import { expect, it } from "vitest";
import { hashPassword, noPassword, verifyPassword } from "./password.ts";

let fill = 0;
const counting = (sizeBytes: number) => new Uint8Array(sizeBytes).fill(++fill);

it("fits the password it was made of and no other", async () => {
  const hash = await hashPassword("s3cret", counting);
  expect(await verifyPassword("s3cret", hash)).toBe(true);
  expect(await verifyPassword("s3crets", hash)).toBe(false);
  expect(await verifyPassword("", hash)).toBe(false);
});

it("is another for the same password and another salt", async () => {
  expect(await hashPassword("s3cret", counting)).not.toBe(await hashPassword("s3cret", counting));
});

it("carries its parameters, so that hashes made with others still fit", async () => {
  expect(await hashPassword("s3cret", counting)).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  // RFC 7914, section 12, the second vector; a key of 32 bytes is the first half of its 64.
  const hash = `scrypt$1024$8$16$${Buffer.from("NaCl").toString("base64url")}$${Buffer.from(
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162",
    "hex",
  ).toString("base64url")}`;
  expect(await verifyPassword("password", hash)).toBe(true);
});

it("stands in for nobody's password and fits none", async () => {
  expect(noPassword).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  expect(await verifyPassword("", noPassword)).toBe(false);
});

it.each(["", "s3cret", "scrypt$1$8$1$$", "bcrypt$32768$8$1$AA$AA", "scrypt$99999999$8$1$AA$AA"])(
  "refuses what is no hash: %j",
  async (hash) => {
    await expect(verifyPassword("s3cret", hash)).rejects.toThrow();
  },
);
