/** What the worker sees and does on a server, over real SSH connections to a stand-in. */
import { describe, expect, it } from "vitest";
import { rotationOf } from "../../shared/domain/plans/rotate-host-key.ts";
import { makeActiveNode } from "../../shared/domain/testing.ts";
import { makeKeyPair } from "../../shared/node/index.ts";
import { bootStandIn, hostKey, managedKey, type ReadSecret } from "./fixture.ts";
import { changeHostKey, lookAtHost } from "./host.ts";

const makeRig = (readSecret?: ReadSecret) => bootStandIn("127.77.251.7", readSecret);

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
    const { deps, nodeWith } = await makeRig(readSecret);
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
