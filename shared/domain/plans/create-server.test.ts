import { describe, expect, it } from "vitest";
import type { CreateIntent } from "../job.ts";
import { makeFault, makeJob, makeServer, makeState, ourLabels, startMs } from "../testing.ts";
import {
  adopted,
  canSend,
  isUnresolved,
  made,
  neverSeen,
  refused,
  sendCreate,
  sight,
  withoutServer,
} from "./create-server.ts";
import type { Facts } from "./plan.ts";

const sent: CreateIntent = {
  name: "web-1",
  candidate: 1,
  hostKeys: ["key-1"],
  sends: 1,
  sentAtMs: startMs,
  outcome: "sent",
  openSends: 1,
};
const stateWith = (create: CreateIntent | null, sinceMs = 0) => {
  const job = makeJob();
  return makeState({ nowMs: startMs + sinceMs, job: { ...job, work: { ...job.work, create } } });
};
const found = (...servers: ReturnType<typeof makeServer>[]) => ({ ok: true, value: servers }) as const;

describe("a look for a create of unknown outcome", () => {
  const look = (sinceMs: number, lookup: Facts["lookup"]) => sight(stateWith(sent, sinceMs), sent, lookup);

  it("that was not made, or failed, has seen nothing", () => {
    expect(look(0, undefined)).toEqual({ kind: "unread", fault: null });
    const fault = makeFault();
    expect(look(500_000, { ok: false, fault })).toEqual({ kind: "unread", fault });
  });

  it("finds ours by all its labels, under any name and at any time", () => {
    const server = makeServer({ name: "renamed" });
    expect(look(0, found(server))).toEqual({ kind: "ours", server });
    expect(look(500_000, found(makeServer({ id: 8, labels: {} }), server))).toEqual({ kind: "ours", server });
  });

  it.each(["managed-by", "installation", "node", "job"])(
    "takes our name with another %s for a foreign server",
    (label) => {
      const server = makeServer({ labels: { ...ourLabels, [label]: "another" } });
      expect(look(0, found(server))).toEqual({ kind: "foreign", server });
    },
  );

  it("overlooks servers that are neither ours nor called so", () => {
    expect(look(0, found(makeServer({ name: "web-10", labels: {} })))).toMatchObject({ kind: "unseen" });
  });

  it.each([
    [0, 5],
    [4_999, 0.001],
    [5_000, 10],
    [15_000, 30],
    [45_000, 75],
    [119_999, 0.001],
  ])("%d ms after the send looks again in %d s", (sinceMs, seconds) => {
    expect(look(sinceMs, found())).toEqual({ kind: "unseen", waitMs: seconds * 1000 });
  });

  it("gives up 120 s after the send, not before", () => {
    expect(look(120_000, found())).toEqual({ kind: "never_seen" });
  });
});

it.each([
  ["none yet", null, true],
  ["sent once", sent, true],
  ["sent twice", { ...sent, sends: 2 }, false],
  ["refused, however often", { ...sent, sends: 9, outcome: "refused" }, true],
  ["made", { ...sent, sends: 2, outcome: "made" }, false],
] as const)("a create may leave: %s", (_what, create, may) => {
  expect(canSend(create)).toBe(may);
});

it.each([
  [null, false],
  [sent, true],
  [{ ...sent, outcome: "refused" }, false],
  [{ ...sent, outcome: "made" }, false],
] as const)("only a create that was sent is unresolved", (create, is) => {
  expect(isUnresolved(create)).toBe(is);
});

describe("a send", () => {
  const facts = (create: CreateIntent | null): Facts => ({ ...stateWith(create, 1000), blocked: null });

  it("is recorded with its name and its host key", () => {
    const move = sendCreate(facts(null), "key-1", 5);
    expect(move.write).toEqual({ kind: "create_server", hostKey: "key-1", sshKeyId: 5 });
    expect(move.state.job.work.create).toEqual({ ...sent, sentAtMs: startMs + 1000 });
    expect(move.state.node.serverState).toBe("creating");
  });

  it("again keeps every key that may answer, the name, and counts", () => {
    const { create } = sendCreate(facts(sent), "key-2", 5).state.job.work;
    expect(create).toEqual({ ...sent, hostKeys: ["key-1", "key-2"], sends: 2, openSends: 2, sentAtMs: startMs + 1000 });
  });
});

describe("a send that failed", () => {
  const fail = (create: CreateIntent, change: Parameters<typeof makeFault>[0]) =>
    refused(stateWith(create), create, makeFault(change));
  const twice: CreateIntent = { ...sent, sends: 2, openSends: 2 };

  it("with an unknown effect is looked for", () => {
    const { kind, state } = fail(sent, { class: "timeout", effect: "unknown" });
    expect(kind).toBe("look_up");
    expect(state.job.work.create).toEqual(sent);
  });

  it("because the name is taken is looked for too, but is known not to have made anything", () => {
    const { kind, state } = fail(sent, { class: "conflict", code: "uniqueness_error" });
    expect(kind).toBe("look_up");
    expect(state.job.work.create).toEqual({ ...sent, openSends: 0 });
    expect(fail(twice, { code: "uniqueness_error" }).state.job.work.create).toEqual({ ...twice, openSends: 1 });
  });

  it("with a clear no made nothing and does not count", () => {
    const { kind, state, failure } = fail(sent, { class: "capacity", code: "resource_unavailable" });
    expect([kind, failure.reason]).toEqual(["failed", "capacity"]);
    expect(state.job.work.create).toEqual({ ...sent, outcome: "refused", sends: 0, openSends: 0 });
    expect(state.job.work.lastFailure).toEqual(failure);
    expect(state.node.serverState).toBe("none");
  });

  it("with a clear no, after an earlier send of unknown outcome, leaves that one open", () => {
    const { state } = fail(twice, { class: "capacity" });
    expect(state.job.work.create).toEqual({ ...twice, sends: 1, openSends: 1 });
    expect(isUnresolved(state.job.work.create)).toBe(true);
  });

  it("at the rate limit waits", () => {
    expect(fail(sent, { class: "rate_limited" }).kind).toBe("wait");
  });
});

describe("a server that is known", () => {
  const written = { kind: "create_server", serverId: 7, actionIds: [1, 2] } as const;
  const accepted = { serverId: 7, hostKeys: ["key-1"], serverState: "creating" };

  it("by its answer is ours, with its actions", () => {
    const state = made(stateWith(sent), sent, written);
    expect(state.job.work).toMatchObject({ serverId: 7, actionIds: [1, 2], create: { outcome: "made", openSends: 0 } });
    expect(state.node).toMatchObject(accepted);
  });

  it("by a look is ours, and has no actions to wait for", () => {
    const state = adopted(stateWith(sent), sent, 7);
    expect(state.job.work).toMatchObject({ serverId: 7, actionIds: [], create: { outcome: "made", openSends: 0 } });
    expect(state.node).toMatchObject(accepted);
    expect(state.job.steps.find(({ name }) => name === "create_server")).toMatchObject({ status: "succeeded" });
  });

  it("as foreign leaves nothing of ours to look for", () => {
    const taken = { ...sent, openSends: 0 };
    const state = withoutServer(stateWith(taken), taken);
    expect(state.job.work.create).toEqual({ ...taken, outcome: "refused" });
    expect(state.node.serverState).toBe("none");
  });

  it("as foreign says nothing of an order that is still open", () => {
    const state = stateWith(sent);
    expect(withoutServer(state, sent)).toBe(state);
  });
});

it("what was never seen is unresolved, or a name that something hidden has", () => {
  expect(neverSeen(sent)).toMatchObject({ code: "PROVIDER_ACQUISITION_TIMEOUT", reason: "timeout" });
  expect(neverSeen({ ...sent, openSends: 0 })).toMatchObject({
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "conflict",
  });
});
