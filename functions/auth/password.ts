/** Passwords as scrypt hashes that carry their own parameters, so that these can grow without locking anybody out. */
import { type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import * as z from "zod";

/** 32 MiB and about 0.1 s a try; the passwords are random and long, so this is not their only defence. */
const cost = { N: 2 ** 15, r: 8, p: 1 } as const;
const saltBytes = 16;
const keyBytes = 32;

const run = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt);
/** scrypt needs 128 * N * r bytes and a little; Node refuses more than 32 MiB unless told. */
const derive = (password: string, salt: Uint8Array, { N, r, p }: { N: number; r: number; p: number }) =>
  run(password, salt, keyBytes, { N, r, p, maxmem: 256 * N * r });

const build = ({ N, r, p }: typeof cost, salt: Uint8Array, key: Uint8Array): string =>
  ["scrypt", N, r, p, Buffer.from(salt).toString("base64url"), Buffer.from(key).toString("base64url")].join("$");

/** `random` gives that many random bytes. */
export const hashPassword = async (password: string, random: (sizeBytes: number) => Uint8Array): Promise<string> => {
  const salt = random(saltBytes);
  return build(cost, salt, await derive(password, salt, cost));
};

const number = z.coerce.number().int().min(1);
const stored = z.tuple([
  z.literal("scrypt"),
  number.max(2 ** 20),
  number.max(32),
  number.max(16),
  z.string(),
  z.string(),
]);

/** Throws when `hash` is none that `hashPassword` made. */
export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  const [, N, r, p, salt, key] = stored.parse(hash.split("$"));
  const expected = Buffer.from(key, "base64url");
  const actual = await derive(password, Buffer.from(salt, "base64url"), { N, r, p });
  return expected.length === actual.length && timingSafeEqual(expected, actual);
};

/** Stands in for the hash of an operator who does not exist: as costly to compare with, and no password fits. */
export const noPassword = build(cost, new Uint8Array(saltBytes), new Uint8Array(keyBytes));
