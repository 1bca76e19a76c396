/** A stand-in that answers SSH on this machine, and the worker's way to it. */
import { expect, onTestFinished } from "vitest";
import { makeSteppedClock } from "../../local/hetzner/index.ts";
import { makeStandIns } from "../../local/stand-ins/index.ts";
import { findFreePort, specOf } from "../../local/stand-ins/testing.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { ManagedKey } from "../../shared/domain/provider.ts";
import { makeActiveNode } from "../../shared/domain/testing.ts";
import { makeLog } from "../../shared/log.ts";
import { look, makeKeyPair, type SshCommand, type SshTarget } from "../../shared/node/index.ts";

export const hostKey = makeKeyPair("pressluft-host");
const loginKey = makeKeyPair("pressluft");
export const managedKey: ManagedKey = {
  secretName: "pressluft/i/ssh-key/hetzner",
  publicKey: loginKey.publicKey,
  fingerprintMd5: loginKey.fingerprintMd5,
  hetznerId: 1,
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
    await hosts.boot(specOf({ serverId, ipv4: address, hostKey, loginKey }));
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
