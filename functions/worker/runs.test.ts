/** What the worker sees and changes of runs, over real SSH connections to a stand-in. */
import { describe, expect, it } from "vitest";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { RunWrite, WriteOutcome } from "../../shared/domain/plans/plan.ts";
import type { RunOrder } from "../../shared/domain/playbooks.ts";
import { makeActiveNode } from "../../shared/domain/testing.ts";
import { isSkipped, makeBundle, type SshCommand, type SshTarget } from "../../shared/node/index.ts";
import { bootStandIn, hostKey, managedKey, type ReadSecret, serverId } from "./fixture.ts";
import { changeRun, lookAtRun } from "./runs.ts";

const address = "127.77.251.8";
const secret = "X-Amz-Signature=c0ffee";

const orderOf = (id: string): RunOrder => ({
  id,
  playbook: "backup-create",
  vars: {
    environment: { id: "e", user: "pl_0123456789ab", url: "http://a.test" },
    backup: { id: "b", scope: "db" },
    upload: { part_size_bytes: 1, urls: [`https://s3.test/?${secret}`] },
  },
  timeoutMinutes: 120,
});

const makeRig = async (readSecret?: ReadSecret) => {
  const { hosts, clock, lines, nodeWith, deps: ways } = await bootStandIn(address, readSecret);
  /** The commands that ran with the playbooks behind them. */
  const sent: SshCommand[] = [];
  const deps = {
    ...ways,
    playbooks: makeBundle(Buffer.alloc(60_000, "playbooks ")),
    runOnHost: async (target: SshTarget, commands: readonly SshCommand[]) => {
      const outcome = await ways.runOnHost(target, commands);
      const ran = commands.filter((one, index) => outcome.reached && !isSkipped(one, outcome.results[index - 1]));
      sent.push(...ran.filter((one) => typeof one !== "string" && one.stdin.length > 60_000));
      return outcome;
    },
  };
  const node = nodeWith([hostKey.publicKey]);
  const key = { managedKey };
  return {
    hosts,
    clock,
    lines,
    sent,
    look: (runId: string, at: NodeRecord = node) => lookAtRun(deps, key, { node: at, runId }),
    change: (write: RunWrite, at: NodeRecord = node) => changeRun(deps, key, { node: at, write }).then(complaintOf),
    keyless: (runId: string) => lookAtRun(deps, { managedKey: null }, { node, runId }),
  };
};

const complaintOf = (outcome: WriteOutcome) =>
  outcome.ok && outcome.value.kind === "change_run" ? outcome.value.complaint : "not a change";

describe("a run over real connections", () => {
  it("is started, asks, is given an answer and ends", async () => {
    const rig = await makeRig();
    const need = { kind: "part_urls", from: 21 };
    rig.hosts.playbooks.plan("backup-create", { seconds: 4, asks: [need] });
    expect(await rig.look("one")).toMatchObject({ reached: true, state: "absent" });
    expect(await rig.change({ kind: "start_run", order: orderOf("one") })).toBeNull();
    expect(await rig.look("one")).toMatchObject({ state: "running", need: null, task: "backup-create : simulated" });
    await rig.clock.advance(2_000);
    expect(await rig.look("one")).toMatchObject({ state: "running", need });
    const answer = { from: 21, urls: [`https://s3.test/?${secret}`] };
    expect(await rig.change({ kind: "give_run", runId: "one", count: 1, answer })).toBeNull();
    expect(await rig.look("one")).toMatchObject({ state: "running", need: null });
    await rig.clock.advance(2_000);
    expect(await rig.look("one")).toMatchObject({ state: "ended", exitCode: 0, result: { size_bytes: 1000 } });
    expect(rig.lines).toEqual([]);
  });

  it("is begun once, with the playbooks sent to the node once", async () => {
    const rig = await makeRig();
    for (const id of ["one", "one", "two"])
      expect(await rig.change({ kind: "start_run", order: orderOf(id) })).toBeNull();
    expect(rig.hosts.playbooks.begun().map(({ id }) => id)).toEqual(["one", "two"]);
    expect(rig.hosts.playbooks.begun()[0]?.vars).toEqual(orderOf("one").vars);
    expect(rig.sent).toHaveLength(1);
  });

  it("is stopped, or cut off when the power goes", async () => {
    const rig = await makeRig();
    await rig.change({ kind: "start_run", order: orderOf("one") });
    expect(await rig.change({ kind: "stop_run", runId: "one" })).toBeNull();
    expect(await rig.look("one")).toMatchObject({ state: "interrupted" });
    await rig.change({ kind: "start_run", order: orderOf("two") });
    await rig.hosts.reboot(serverId);
    await rig.clock.advance(3_000);
    expect(await rig.look("two")).toMatchObject({ state: "interrupted" });
  });
});

describe("a node that cannot be reached", () => {
  it("is told as it is, and a change as a complaint that holds no secret", async () => {
    const rig = await makeRig();
    const stranger = makeActiveNode({ publicIp: address, sshPort: 1, hostKeys: [] });
    expect(await rig.look("one", stranger)).toEqual({ reached: false, reason: "refused" });
    const complaint = await rig.change({ kind: "start_run", order: orderOf("one") }, stranger);
    expect(complaint).toContain("refused");
    expect(rig.lines.join()).toContain("run_not_changed");
    expect(rig.lines.join() + complaint).not.toContain(secret);
  });

  it("is not looked at before it has an address", async () => {
    const rig = await makeRig();
    expect(await rig.look("one", makeActiveNode({ publicIp: null }))).toBeUndefined();
  });

  it("is not asked without a key to log in with", async () => {
    const rig = await makeRig(async () => undefined);
    const why = expect.stringContaining("SSH key");
    expect(await rig.look("one")).toEqual({ reached: false, reason: why });
    expect(await rig.keyless("one")).toEqual({ reached: false, reason: why });
    expect(await rig.change({ kind: "stop_run", runId: "one" })).toEqual(why);
  });
});
