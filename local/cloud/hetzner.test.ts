import { expect, it } from "vitest";
import { ipv4PrefixFor, makeToken } from "./hetzner.ts";

it.each([
  { random: () => 0, token: "A".repeat(64) },
  { random: (below: number) => below - 1, token: "9".repeat(64) },
])("makes tokens of 64 letters and digits", ({ random, token }) => {
  expect(makeToken(random)).toBe(token);
});

it.each([
  { port: 8080, prefix: "127.80" },
  { port: 8081, prefix: "127.81" },
  { port: 64, prefix: "127.64" },
  { port: 65_535, prefix: "127.127" },
])("gives the cloud at port $port the network $prefix", ({ port, prefix }) => {
  expect(ipv4PrefixFor(port)).toBe(prefix);
});
