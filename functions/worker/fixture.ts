/** A stand-in that answers SSH on this machine, and the worker's way to it. */
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished } from "vitest";
import { makeSteppedClock } from "../../local/hetzner/index.ts";
import { makeStandIns } from "../../local/stand-ins/index.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { ManagedKey } from "../../shared/domain/provider.ts";
import { makeActiveNode } from "../../shared/domain/testing.ts";
import { makeLog } from "../../shared/log.ts";
import { buildUserData, look, makeKeyPair, type SshCommand, type SshTarget } from "../../shared/node/index.ts";

export const hostKey = makeKeyPair("pressluft-host");
const loginKey = makeKeyPair("pressluft");
export const managedKey: ManagedKey = {
  secretName: "pressluft/i/ssh-key/hetzner",
  publicKey: loginKey.publicKey,
  fingerprintMd5: loginKey.fingerprintMd5,
  hetznerId: 1,
};

const findFreePort = async (address: string): Promise<number> => {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const found = server.address();
  server.close();
  await once(server, "close");
  if (found === null || typeof found === "string") throw new Error("no port");
  return found.port;
};

/** How the worker reads the private key of `managedKey`. */
export type ReadSecret = (name: string) => Promise<string | undefined>;
const limits = { connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 };
export const serverId = 7;

/** Booted at `address`, which no other test file may use, and gone when the test ends. */
export const bootStandIn = async (address: string, readSecret: ReadSecret = async () => loginKey.privateKey) => {
  const clock = makeSteppedClock(0);
  const sshPort = await findFreePort(address);
  const hosts = makeStandIns({ sshPort, clock, log: (line) => expect.unreachable(line) });
  onTestFinished(() => hosts.closeAll());
  const boot = async (): Promise<void> => {
    await hosts.boot({
      serverId,
      name: "web-1",
      ipv4: address,
      userData: buildUserData({ hostKey, hostname: "web-1" }),
      authorizedKeys: [loginKey.publicKey],
      image: "debian-12",
      location: "nbg1",
      networkZone: "eu-central",
    });
    await clock.advance(3_000);
  };
  await boot();
  const lines: string[] = [];
  const deps = {
    readSecret,
    runOnHost: (target: SshTarget, commands: readonly SshCommand[]) => look(target, commands, limits),
    log: makeLog("test", clock.now, (line) => lines.push(line)),
  };
  const nodeWith = (hostKeys: string[]): NodeRecord => makeActiveNode({ publicIp: address, sshPort, hostKeys });
  return { hosts, clock, deps, lines, nodeWith, restart: boot };
};
