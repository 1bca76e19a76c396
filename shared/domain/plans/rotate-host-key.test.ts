import { describe, expect, it } from "vitest";
import type { NodeRecord } from "../node.ts";
import { makeActiveNode, makeFault, makeJob, makeState, startMs } from "../testing.ts";
import { nodeProvision } from "./node-provision.ts";
import type { Facts, HostFacts, HostKeyFacts } from "./plan.ts";
import { absorbHostKeyChange, rotateHostKey, rotationOf } from "./rotate-host-key.ts";

const given = "ssh-ed25519 GIVEN";
/** Of a second send of the same order. */
const given2 = "ssh-ed25519 GIVEN2";
const next = "ssh-ed25519 NEXT";
const other = "ssh-ed25519 OTHER";
const MINUTE_MS = 60_000;

const seeing = (answered: string, installed: string | null, beside: string | null): HostKeyFacts => ({
  answered,
  installed,
  beside,
});

describe("where a rotation stands", () => {
  const rows: [string, HostKeyFacts, string[], object][] = [
    // The six situations, in their order.
    ["old only", seeing(given, given, null), [given], { kind: "old_only" }],
    ["new beside", seeing(given, given, next), [given], { kind: "made", key: next }],
    ["recorded", seeing(given, given, next), [given, next], { kind: "recorded", key: next }],
    ["installed, not reloaded", seeing(given, next, null), [given, next], { kind: "installed", key: next }],
    ["installed and answering", seeing(next, next, null), [given, next], { kind: "answering", key: next }],
    ["old dropped", seeing(next, next, null), [next], { kind: "rotated" }],
    // Cut off, restarted, or meddled with.
    ["the order was sent twice", seeing(given2, given2, null), [given, given2], { kind: "old_only" }],
    ["recorded, but lost by a power cut", seeing(given, given, null), [given, next], { kind: "old_only" }],
    ["another beside than recorded", seeing(given, given, other), [given, next], { kind: "made", key: other }],
    ["no installed file can be read", seeing(given, null, null), [given], { kind: "old_only" }],
    ["put in place by somebody else", seeing(given, other, null), [given], { kind: "made", key: other }],
    ["the same beside ours", seeing(given, other, next), [given, next], { kind: "made", key: other }],
    ["the old key lies beside itself", seeing(given, given, given), [given], { kind: "old_only" }],
    ["the new key answers, the file is the old", seeing(next, given, null), [given, next], { kind: "old_only" }],
    ["the same, with one more beside", seeing(next, given, other), [given, next], { kind: "made", key: other }],
    [
      "the new key answers, another is in place",
      seeing(next, other, null),
      [next, other],
      { kind: "installed", key: other },
    ],
    [
      "answering, with one more left beside",
      seeing(next, next, other),
      [given, next],
      { kind: "answering", key: next },
    ],
    ["dropped, with one more left beside", seeing(next, next, other), [next], { kind: "rotated" }],
  ];
  it.each(rows)("%s", (_name, seen, accepted, expected) => {
    expect(rotationOf({ given: [given, given2], accepted, seen })).toEqual(expected);
  });

  it("is not read off the comments of the lines", () => {
    const lines = { given: [`${given} pressluft-host`], accepted: [`${given} pressluft-host`, `${next} x`] };
    expect(rotationOf({ ...lines, seen: seeing(given, given, next) })).toEqual({ kind: "recorded", key: next });
  });
});

const sent = {
  name: "web-1",
  candidate: 1,
  hostKeys: [`${given} pressluft-host`],
  sends: 1,
  sentAtMs: startMs,
  outcome: "made",
  openSends: 0,
} as const;

const reached = (hostKeys: HostKeyFacts, sudo = true): HostFacts => ({
  reached: true,
  cloudInit: { status: "done", detail: null },
  sudo,
  runtimePresent: false,
  hostKeys,
});

/** In the step since `sinceMs`. */
const factsOf = (host: HostFacts | undefined, accepted: string[], sinceMs = 0): Facts => {
  const order = ["managed_key", "create_server", "await_actions", "fetch_server", "connect_ssh", "cloud_init"];
  const { work, steps } = makeJob();
  const stepsNow = steps.map((step) => {
    if (order.includes(step.name)) return { ...step, status: "succeeded" as const };
    return step.name === "rotate_host_key" ? { ...step, status: "running" as const, startedAtMs: startMs } : step;
  });
  const create = { ...sent, hostKeys: [...sent.hostKeys] };
  const node: NodeRecord = makeActiveNode({ status: "provisioning", hostKeys: accepted, openJobId: "job" });
  return {
    ...makeState({
      nowMs: startMs + sinceMs,
      node,
      job: makeJob({
        status: "running",
        attemptCount: 1,
        steps: stepsNow,
        work: { ...work, create, serverId: 7, stepDeadlineAtMs: startMs + 10 * MINUTE_MS },
      }),
    }),
    blocked: null,
    ...(host ? { host } : {}),
  };
};

describe("a look", () => {
  it("asks for a new key where there is none", () => {
    const result = rotateHostKey(factsOf(reached(seeing(given, given, null)), [given]));
    expect(result).toMatchObject({ kind: "write", write: { kind: "make_host_key" } });
  });

  it("records the new key beside what may still answer, and changes nothing on the server", () => {
    const result = rotateHostKey(factsOf(reached(seeing(given, given, next)), [given, given2]));
    expect(result).toMatchObject({ kind: "wait", waitMs: 0 });
    expect(result.state.node.hostKeys).toEqual([given, next]);
  });

  it("keeps accepting the key in the file when another one answers", () => {
    const result = rotateHostKey(factsOf(reached(seeing(next, given, other)), [given, next]));
    expect(result.state.node.hostKeys).toEqual([next, given, other]);
  });

  it("records a key that somebody else has put in place: the server may restart with it", () => {
    const result = rotateHostKey(factsOf(reached(seeing(given, other, next)), [given, next]));
    expect(result.state.node.hostKeys).toEqual([given, other]);
  });

  it.each([
    ["recorded", seeing(given, given, next)],
    ["in place but not loaded", seeing(given, next, null)],
  ])("installs a key that is %s, by its name, and still accepts both", (_what, seen) => {
    const result = rotateHostKey(factsOf(reached(seen), [given, next]));
    expect(result).toMatchObject({ kind: "write", write: { kind: "install_host_key", publicKey: next } });
    expect(result.state.node.hostKeys).toEqual([given, next]);
  });

  it("never installs a key that is not recorded", () => {
    const result = rotateHostKey(factsOf(reached(seeing(given, given, other)), [given, next]));
    expect(result.kind).toBe("wait");
  });

  it.each([[[given, next]], [[next]]])("accepts the new key alone once it answers (%j)", (accepted) => {
    const result = rotateHostKey(factsOf(reached(seeing(next, next, null)), accepted));
    expect(result.kind).toBe("done");
    expect(result.state.node.hostKeys).toEqual([next]);
  });

  it("waits for what was not read, and for a server that does not answer or shows another key", () => {
    expect(rotateHostKey(factsOf(undefined, [given])).kind).toBe("unread");
    const mismatch = rotateHostKey(factsOf({ reached: false, reason: "host_key_mismatch" }, [given]));
    expect(mismatch).toMatchObject({ kind: "wait", overdue: { code: "PROVIDER_ACQUISITION_TIMEOUT" } });
    expect(mismatch.state.node.hostKeys).toEqual([given]);
  });

  it("fails at once where nobody is root", () => {
    const result = rotateHostKey(factsOf(reached(seeing(given, null, null), false), [given]));
    expect(result).toMatchObject({ kind: "failed", failure: { reason: "forbidden" } });
  });
});

describe("a server that will not rotate", () => {
  const stuck = reached(seeing(given, next, null));

  it("is looked at often for ten seconds and calmly after that", () => {
    const waits = [0, 9_999, 10_000, 70_000, 200_000].map((sinceMs) => {
      const { job } = absorbHostKeyChange(factsOf(stuck, [given, next], sinceMs), null);
      return (job.runAfterMs ?? 0) - (startMs + sinceMs);
    });
    expect(waits).toEqual([1_000, 1_000, 3_000, 5_000, 15_000]);
  });

  it("ends the job with a reason of its own, and its server is removed", () => {
    const { job, node } = nodeProvision.decide(factsOf(stuck, [given, next], 10 * MINUTE_MS));
    expect(job.failure).toMatchObject({
      code: "PROVIDER_ACQUISITION_FAILED",
      reason: "host_key_not_rotated",
      message: expect.stringContaining("installed, but the server does not answer with it"),
    });
    expect(job.steps.find(({ name }) => name === "rotate_host_key")?.status).toBe("failed");
    expect(node).toMatchObject({ status: "provisioning", serverState: "deleting" });
  });

  it("says what its last change complained of", () => {
    const facts = factsOf(stuck, [given, next], 9 * MINUTE_MS);
    const { job, node } = nodeProvision.absorb(facts, {
      ok: true,
      value: { kind: "change_host_key", complaint: "sshd -t refuses" },
    });
    const later = { ...facts, job, node, nowMs: startMs + 10 * MINUTE_MS };
    expect(nodeProvision.decide(later).job.failure).toMatchObject({
      reason: "host_key_not_rotated",
      message: "sshd -t refuses",
    });
  });

  it("no longer says it when a later change had nothing to complain of", () => {
    const facts = factsOf(stuck, [given, next]);
    const complained = absorbHostKeyChange(facts, "sshd -t refuses");
    const { job } = absorbHostKeyChange({ ...facts, ...complained }, null);
    expect(job.work.lastFailure).toBeNull();
  });

  it("succeeds in its last moment all the same", () => {
    const facts = factsOf(reached(seeing(next, next, null)), [given, next], 10 * MINUTE_MS);
    const { steps, work } = nodeProvision.decide(facts).job;
    expect(steps.find(({ name }) => name === "rotate_host_key")?.status).toBe("succeeded");
    expect(work.ending).toBeNull();
  });
});

it("asks Hetzner about a server that went silent in this step, and ends when it is gone", () => {
  const facts = factsOf({ reached: false, reason: "timeout" }, [given]);
  const missed = { ...facts, job: { ...facts.job, work: { ...facts.job.work, misses: 3 } } };
  expect(nodeProvision.needs(missed)).toEqual({ host: true, serverId: 7 });
  const unread = { ...missed, server: { ok: false, fault: makeFault() } } as const;
  expect(rotateHostKey(unread).kind).toBe("wait");
});
