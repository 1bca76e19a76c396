/** What the worker sees and does on a server, over real SSH connections to a stand-in. */
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { makeSteppedClock } from "../../local/hetzner/index.ts";
import { makeStandIns } from "../../local/stand-ins/index.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import { rotationOf } from "../../shared/domain/plans/rotate-host-key.ts";
import { makeActiveNode } from "../../shared/domain/testing.ts";
import { makeLog } from "../../shared/log.ts";
import { buildUserData, look, makeKeyPair, type SshTarget } from "../../shared/node/index.ts";
import { changeHostKey, lookAtHost } from "./host.ts";

const address = "127.77.251.7";
const hostKey = makeKeyPair("pressluft-host");
const loginKey = makeKeyPair("pressluft");
const managedKey = {
  secretName: "pressluft/i/ssh-key/hetzner",
  publicKey: loginKey.publicKey,
  fingerprintMd5: loginKey.fingerprintMd5,
  hetznerId: 1,
};

const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const found = server.address();
  server.close();
  await once(server, "close");
  if (found === null || typeof found === "string") throw new Error("no port");
  return found.port;
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A booted stand-in, its node, and the two things the worker does with it. */
const makeRig = async (name = "web-1", readSecret = async (): Promise<string | undefined> => loginKey.privateKey) => {
  const clock = makeSteppedClock(0);
  const sshPort = await findFreePort();
  const hosts = makeStandIns({ sshPort, clock, log: (line) => expect.unreachable(line) });
  closers.push(() => hosts.closeAll());
  const spec = {
    serverId: 7,
    name,
    ipv4: address,
    userData: buildUserData({ hostKey, hostname: name }),
    authorizedKeys: [loginKey.publicKey],
    image: "debian-12",
    location: "nbg1",
    networkZone: "eu-central",
  };
  await hosts.boot(spec);
  await clock.advance(3_000);
  const limits = { connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 };
  const lines: string[] = [];
  const deps = {
    readSecret,
    runOnHost: (target: SshTarget, commands: readonly string[]) => look(target, commands, limits),
    log: makeLog("test", clock.now, (line) => lines.push(line)),
  };
  const nodeWith = (hostKeys: string[]): NodeRecord => makeActiveNode({ publicIp: address, sshPort, hostKeys });
  return { deps, nodeWith, lines, restart: () => hosts.boot(spec).then(() => clock.advance(3_000)) };
};

const complaintOf = async (change: ReturnType<typeof changeHostKey>) => {
  const outcome = await change;
  return outcome.ok && outcome.value.kind === "change_host_key" ? outcome.value.complaint : "not a change";
};

describe("a rotation over real connections", () => {
  it("ends with one key that is accepted, and with which the server comes back", async () => {
    const { deps, nodeWith, restart } = await makeRig();
    const stood: string[] = [];
    let accepted = [hostKey.publicKey];
    for (let looks = 0; looks < 6 && stood.at(-1) !== "rotated"; looks += 1) {
      const node = nodeWith(accepted);
      const seen = await lookAtHost(deps, { managedKey }, node);
      if (!seen?.reached) throw new Error(`not reached: ${seen?.reason}`);
      const rotation = rotationOf({ given: [hostKey.publicKey], accepted, seen: seen.hostKeys });
      stood.push(rotation.kind);
      if (rotation.kind === "old_only") await changeHostKey(deps, { managedKey }, { node, change: { kind: "make" } });
      if (rotation.kind === "made") accepted = [...accepted, rotation.key];
      if (rotation.kind === "answering") accepted = [rotation.key];
      if (rotation.kind !== "recorded") continue;
      const change = { kind: "install", publicKey: rotation.key } as const;
      expect(await complaintOf(changeHostKey(deps, { managedKey }, { node, change }))).toBeNull();
    }
    expect(stood).toEqual(["old_only", "made", "recorded", "answering", "rotated"]);
    await restart();
    expect(await lookAtHost(deps, { managedKey }, nodeWith(accepted))).toMatchObject({ reached: true });
    const given = await lookAtHost(deps, { managedKey }, nodeWith([hostKey.publicKey]));
    expect(given).toEqual({ reached: false, reason: "host_key_mismatch" });
  });

  it("complains of what could not be done, in our words", async () => {
    const { deps, nodeWith } = await makeRig();
    const change = { kind: "install", publicKey: makeKeyPair("").publicKey } as const;
    const node = nodeWith([hostKey.publicKey]);
    expect(await complaintOf(changeHostKey(deps, { managedKey }, { node, change }))).toContain("not the recorded one");
    const stranger = nodeWith([makeKeyPair("").publicKey]);
    const refused = changeHostKey(deps, { managedKey }, { node: stranger, change: { kind: "make" } });
    expect(await complaintOf(refused)).toContain("host_key_mismatch");
  });
});

describe("without a login key", () => {
  it.each([
    ["is gone", async () => undefined],
    ["cannot be read", async () => Promise.reject(new Error("no access"))],
  ])("that %s nobody is asked, and the look says why", async (_what, readSecret) => {
    const { deps, nodeWith } = await makeRig("web-1", readSecret);
    const node = nodeWith([hostKey.publicKey]);
    const why = expect.stringContaining("SSH key cannot be read");
    expect(await lookAtHost(deps, { managedKey }, node)).toEqual({ reached: false, reason: why });
    expect(await complaintOf(changeHostKey(deps, { managedKey }, { node, change: { kind: "make" } }))).toEqual(why);
  });

  it("there is nothing to look at while the server has no address", async () => {
    const { deps } = await makeRig();
    expect(await lookAtHost(deps, { managedKey }, makeActiveNode({ publicIp: null }))).toBeUndefined();
  });
});
