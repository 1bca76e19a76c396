import { describe, expect, it } from "vitest";
import { providerFaultClasses } from "../failure.ts";
import type { CreateIntent, JobWork } from "../job.ts";
import { makeActiveNode, makeFault, makeJob, makeNode, makeServer, ourLabels, startMs } from "../testing.ts";
import { MINUTE_MS, moveOn, SECOND_MS } from "./moves.ts";
import type { Facts, Move } from "./plan.ts";
import {
  absorbDelete,
  beginRelease,
  decideRelease,
  hasServer,
  RELEASE_MAX_MS,
  type ReleaseEnds,
  refusalOf,
  releaseNeeds,
  tombstoneOf,
} from "./release-server.ts";

const sent: CreateIntent = {
  name: "web-1",
  candidate: 1,
  hostKeys: [],
  sends: 1,
  sentAtMs: startMs,
  outcome: "sent",
  openSends: 1,
};

/** A release that began at `startMs`, `sinceMs` later. */
const releasing = (work: Partial<JobWork>, change: Partial<Facts> = {}, sinceMs = 0): Facts => {
  const job = makeJob({ status: "running" }, "node_delete");
  const begun = { startedAtMs: startMs, requestedAtMs: null };
  const node = makeActiveNode({ serverId: work.serverId ?? null });
  const state = { nowMs: startMs, job: { ...job, work: { ...job.work, release: begun, ...work } }, node };
  return {
    ...beginRelease(state),
    ...withBegun(beginRelease(state).job, work),
    nowMs: startMs + sinceMs,
    blocked: null,
    ...change,
  };
};
const withBegun = (job: Facts["job"], work: Partial<JobWork>) => ({
  job: { ...job, work: { ...job.work, ...(work.release === undefined ? {} : { release: work.release }) } },
});

/** What a release comes to, without the words of whoever asked for it. */
const ends: ReleaseEnds = {
  gone: (state) => ({ ...moveOn(state, 0), freeName: true }),
  blocked: (state, _why, tombstone) => ({ ...moveOn(state, 0), tombstone }),
};
const outcomeOf = (move: Move) => {
  if (move.freeName) return "gone";
  if (move.tombstone !== undefined && move.tombstone !== "closed") return `blocked: ${move.tombstone.reason}`;
  return move.write?.kind ?? "wait";
};
const decide = (facts: Facts) => outcomeOf(decideRelease(facts, ends));

const known = { serverId: 7 };
const unresolved = { create: sent };
const server = (change: Parameters<typeof makeServer>[0] = {}) => ({ ok: true, value: makeServer(change) }) as const;
const gone = { ok: true, value: null } as const;
const failed = (faultClass: (typeof providerFaultClasses)[number]) =>
  ({ ok: false, fault: makeFault({ class: faultClass }) }) as const;
const asked = (msAgo: number, sinceMs: number) => ({
  ...known,
  release: { startedAtMs: startMs, requestedAtMs: startMs + sinceMs - msAgo },
});

describe("a release", () => {
  const rows: [string, Facts, string][] = [
    ["of nothing is over", releasing({}), "gone"],
    ["of a refused create is over", releasing({ create: { ...sent, outcome: "refused", openSends: 0 } }), "gone"],
    [
      "whose connection cannot be used is blocked",
      releasing(known, { blocked: makeFault({ class: "unauthorized" }) }),
      "blocked: credential_rejected",
    ],
    ["of nothing is over even then", releasing({}, { blocked: makeFault({ class: "unauthorized" }) }), "gone"],
    ["of a server that was not looked at waits", releasing(known), "wait"],
    ["of a server that is gone is over", releasing(known, { server: gone }), "gone"],
    ["of a server of ours deletes it", releasing(known, { server: server() }), "delete_server"],
    [
      "of a server that another job of the node made deletes it",
      releasing(known, { server: server({ labels: { ...ourLabels, job: "x" } }) }),
      "delete_server",
    ],
    [
      "of a protected server is blocked",
      releasing(known, { server: server({ deleteProtected: true }) }),
      "blocked: protected",
    ],
    [
      "of a server without our labels is blocked",
      releasing(known, { server: server({ labels: {} }) }),
      "blocked: labels_removed",
    ],
    ["of a server that is being deleted waits", releasing(known, { server: server({ status: "deleting" }) }), "wait"],
    ["that was asked for lately waits", releasing(asked(29_999, 60_000), { server: server() }, 60_000), "wait"],
    [
      "that was asked for 30 s ago asks again",
      releasing(asked(30_000, 60_000), { server: server() }, 60_000),
      "delete_server",
    ],
    [
      "that takes a quarter of an hour is blocked",
      releasing(known, { server: server() }, RELEASE_MAX_MS),
      "blocked: timeout",
    ],
    ["still deletes a moment earlier", releasing(known, { server: server() }, RELEASE_MAX_MS - 1), "delete_server"],
    ["is over however late a 404 comes", releasing(known, { server: gone }, 10 * RELEASE_MAX_MS), "gone"],
    ["cannot be read for a moment and waits", releasing(known, { server: failed("unavailable") }), "wait"],
    [
      "cannot be read for too long and is blocked",
      releasing(known, { server: failed("unavailable") }, RELEASE_MAX_MS),
      "blocked: provider_unavailable",
    ],
    ["of an unresolved create that was not looked up waits", releasing(unresolved), "wait"],
    [
      "of an unresolved create that shows up takes it over",
      releasing(unresolved, { lookup: { ok: true, value: [makeServer()] } }),
      "wait",
    ],
    [
      "of an unresolved create whose name is foreign waits, for that one may go",
      releasing(unresolved, { lookup: { ok: true, value: [makeServer({ labels: {} })] } }),
      "wait",
    ],
    [
      "of an unresolved create whose name stays foreign is blocked",
      releasing(unresolved, { lookup: { ok: true, value: [makeServer({ labels: {} })] } }, 120_000),
      "blocked: timeout",
    ],
    [
      "of an unresolved create that stays unseen waits",
      releasing(unresolved, { lookup: { ok: true, value: [] } }, 119_999),
      "wait",
    ],
    [
      "of an unresolved create that was never seen is blocked",
      releasing(unresolved, { lookup: { ok: true, value: [] } }, 120_000),
      "blocked: timeout",
    ],
    [
      "of a name that was taken and never seen is over",
      releasing({ create: { ...sent, openSends: 0 } }, { lookup: { ok: true, value: [] } }, 120_000),
      "gone",
    ],
    [
      "of an unresolved create that cannot be looked up waits",
      releasing(unresolved, { lookup: failed("unavailable") }),
      "wait",
    ],
    [
      "of an unresolved create that may not be looked up is blocked",
      releasing(unresolved, { lookup: failed("unauthorized") }),
      "blocked: credential_rejected",
    ],
  ];
  it.each(rows)("%s", (_what, facts, outcome) => {
    expect(decide(facts)).toBe(outcome);
  });

  it.each(providerFaultClasses)("that fails with %s is waited out only if that passes", (faultClass) => {
    const passes = ["rate_limited", "busy", "unavailable", "timeout", "unexpected_response"].includes(faultClass);
    expect(decide(releasing(known, { server: failed(faultClass) })).startsWith(passes ? "wait" : "blocked")).toBe(true);
    const answered = absorbDelete(releasing(known), failed(faultClass), ends);
    expect(outcomeOf(answered).startsWith(passes ? "wait" : "blocked")).toBe(true);
  });

  it("that found its server knows it from then on", () => {
    const move = decideRelease(releasing(unresolved, { lookup: { ok: true, value: [makeServer()] } }), ends);
    expect(move.job.work.serverId).toBe(7);
    expect(move.node).toMatchObject({ serverId: 7, serverState: "deleting" });
  });

  it("never deletes in one look more than the recorded server", () => {
    const move = decideRelease(releasing(known, { server: server() }), ends);
    expect(move.write).toEqual({ kind: "delete_server", serverId: 7 });
  });

  it("that is blocked keeps what Hetzner last said as its reason", () => {
    const facts = releasing(known, { server: server() }, RELEASE_MAX_MS);
    const lastFailure = { code: "PROVIDER_RELEASE_FAILED", reason: "busy", message: "locked", guidance: [] } as const;
    const tired = {
      ...facts,
      job: { ...facts.job, work: { ...facts.job.work, lastFailure: { ...lastFailure, guidance: [] } } },
    };
    expect(decide(tired)).toBe("blocked: busy");
  });

  it.each([
    [0, 3],
    [29_999, 3],
    [30_000, 10],
  ])("looks %d ms after its beginning again in %d s", (sinceMs, seconds) => {
    const facts = releasing(known, { server: server({ status: "deleting" }) }, sinceMs);
    expect(decideRelease(facts, ends).job.runAfterMs).toBe(startMs + sinceMs + seconds * SECOND_MS);
  });
});

it("an accepted deletion is confirmed by a look, not believed", () => {
  const facts = releasing(known, {}, 1000);
  const move = absorbDelete(facts, { ok: true, value: { kind: "delete_server" } }, ends);
  expect(outcomeOf(move)).toBe("wait");
  expect(move.job.work.release).toEqual({ startedAtMs: startMs, requestedAtMs: startMs + 1000 });
  expect(move.job.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
    "delete_server succeeded",
    "verify_gone running",
  ]);
  expect(move.job.runAfterMs).toBe(startMs + 4000);
});

describe("the beginning of a release", () => {
  it("puts its two steps at the end of the timeline, once", () => {
    const state = { nowMs: startMs, job: makeJob(), node: makeNode() };
    const names = beginRelease(beginRelease(state)).job.steps.map(({ name }) => name);
    expect(names.slice(-2)).toEqual(["delete_server", "verify_gone"]);
    expect(names).toHaveLength(makeJob().steps.length + 2);
  });

  it.each([
    [7, "deleting"],
    [null, "unknown"],
  ])("with server %s says that it is %s", (serverId, serverState) => {
    const job = makeJob();
    const state = { nowMs: startMs, job: { ...job, work: { ...job.work, serverId } }, node: makeNode() };
    expect(beginRelease(state).node.serverState).toBe(serverState);
  });
});

it.each([
  [known, { serverId: 7 }],
  [unresolved, { lookup: { name: "web-1" } }],
  [{ ...known, ...unresolved }, { serverId: 7 }],
  [{}, {}],
])("a release with %j needs %j", (work, needs) => {
  expect(releaseNeeds(releasing(work))).toEqual(needs);
  expect(hasServer(releasing(work).job)).toBe(Object.keys(needs).length > 0);
});

it("labels come before protection: what is not ours is not even judged", () => {
  expect(refusalOf(releasing(known), makeServer({ labels: {}, deleteProtected: true }))?.reason).toBe("labels_removed");
  expect(refusalOf(releasing(known), makeServer())).toBeNull();
});

describe("a tombstone", () => {
  it("of a known server is looked at in an hour", () => {
    const stone = tombstoneOf(releasing(known), "protected");
    expect(stone).toMatchObject({
      serverId: 7,
      sentAtMs: null,
      looks: 0,
      reason: "protected",
      nextLookAtMs: startMs + 60 * MINUTE_MS,
    });
  });

  it("of an unresolved create is looked at five minutes after it was sent", () => {
    const stone = tombstoneOf(releasing(unresolved, {}, 2 * MINUTE_MS), "timeout");
    expect(stone).toMatchObject({
      serverId: null,
      sentAtMs: startMs,
      name: "web-1",
      nextLookAtMs: startMs + 5 * MINUTE_MS,
    });
  });
});
