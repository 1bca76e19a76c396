import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** Run by Node itself, because vitest loads CommonJS packages more leniently, and in a process of its own, because that has to end. */
const script = `
  const { lookAtHost, makeKeyPair } = await import("../../shared/node/index.ts");
  const { makeStandIns } = await import("./index.ts");
  const standIns = makeStandIns({ sshPort: 0, log: () => {}, sshReadyMs: 60_000 });
  const { privateKey, publicKey } = makeKeyPair("test");
  const rest = { userData: "", authorizedKeys: [], image: "debian-12", location: "nbg1", networkZone: "eu-central" };
  await standIns.boot({ serverId: 1, name: "a", ipv4: "127.0.0.1", ...rest });
  const target = { host: "127.0.0.1", port: 1, user: "root", privateKey, hostKeys: [publicKey] };
  const look = await lookAtHost(target, { connectTimeoutMs: 8_000, commandTimeoutMs: 15_000 });
  await standIns.closeAll();
  console.log(JSON.stringify(look));
`;

describe("a process that looked at a host and ran stand-ins", () => {
  it("loads without a bundler and ends by itself, long before any time-out", async () => {
    const args = ["--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, timeout: 5_000 });
    expect(JSON.parse(stdout)).toEqual({ reached: false, reason: "refused" });
  });
});
