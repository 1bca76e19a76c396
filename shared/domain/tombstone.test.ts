import { describe, expect, it } from "vitest";
import { makeActiveNode, makeFault, makeNode, makeServer, nodeId, startMs } from "./testing.ts";
import {
  absorbTombstone,
  decideTombstone,
  nextLookAtMs,
  nodeAfter,
  type Tombstone,
  type TombstoneMove,
} from "./tombstone.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const known: Tombstone = {
  nodeId,
  providerId: "hetzner",
  installation: "i",
  serverId: 7,
  name: "web-1",
  sentAtMs: null,
  openSends: 0,
  reason: "busy",
  looks: 3,
  nextLookAtMs: startMs,
  createdAtMs: startMs,
};
const unresolved: Tombstone = {
  ...known,
  serverId: null,
  openSends: 1,
  sentAtMs: startMs,
  reason: "timeout",
  looks: 0,
};
/** The only open order has shown its server. */
const settled = { serverId: 7, openSends: 0, sentAtMs: null };
const look = { nowMs: startMs + 30 * minuteMs, refusal: null };
const none = { ok: true, value: null } as const;
const there = { ok: true, value: makeServer() } as const;
const failed = { ok: false, fault: makeFault({ class: "rate_limited" }) } as const;

describe("the next look", () => {
  it.each([
    ["a known server, first", known, 0, hourMs],
    ["a known server, for ever", { ...known, looks: 999 }, 0, hourMs],
    ["an unresolved create, first", unresolved, 0, 5 * minuteMs],
    ["an unresolved create, second", unresolved, 10 * minuteMs, 50 * minuteMs],
    ["an unresolved create, third", unresolved, 2 * hourMs, 22 * hourMs],
    ["one that is late", unresolved, 23 * hourMs, hourMs],
  ])("at %s", (_at, stone, sinceMs, inMs) => {
    expect(nextLookAtMs(stone, startMs + sinceMs)).toBe(startMs + sinceMs + inMs);
  });

  it("at an unresolved create is not made once its day is over", () => {
    expect(nextLookAtMs(unresolved, startMs + 24 * hourMs)).toBeNull();
  });
});

describe("a look", () => {
  it("that cannot be made changes nothing but the reason, and counts as none", () => {
    expect(decideTombstone(known, { ...look, server: failed })).toEqual({
      kind: "keep",
      stone: { ...known, reason: "rate_limited", nextLookAtMs: look.nowMs + 5 * minuteMs },
    });
    expect(decideTombstone(unresolved, { ...look, server: failed })).toMatchObject({
      stone: { looks: 0, serverId: null },
    });
  });

  it("that finds a known server gone closes it", () => {
    expect(decideTombstone(known, { ...look, server: none })).toEqual({ kind: "gone" });
  });

  it.each([
    [30 * minuteMs, hourMs],
    [hourMs, 24 * hourMs],
  ])("%d ms after the send that finds nothing keeps looking", (sinceMs, nextMs) => {
    expect(decideTombstone(unresolved, { ...look, nowMs: startMs + sinceMs, server: none })).toEqual({
      kind: "keep",
      stone: { ...unresolved, looks: 1, nextLookAtMs: startMs + nextMs },
    });
  });

  it("that finds nothing after a day closes it", () => {
    const afterADay = { ...look, nowMs: startMs + 24 * hourMs, server: none };
    expect(decideTombstone(unresolved, afterADay)).toEqual({ kind: "gone" });
  });

  it("that finds a first server gone goes on looking for the order that is still open", () => {
    const beside = { ...known, openSends: 1, sentAtMs: startMs };
    expect(decideTombstone(beside, { ...look, server: none })).toMatchObject({
      kind: "keep",
      stone: { serverId: null, openSends: 1, nextLookAtMs: startMs + hourMs },
    });
  });

  it.each([known, unresolved])("that finds the server deletes it", (stone) => {
    expect(decideTombstone(stone, { ...look, server: there })).toEqual({ kind: "delete", serverId: 7 });
  });

  it.each(["protected", "labels_removed"] as const)("at a server that is %s leaves it and says why", (refusal) => {
    expect(decideTombstone(unresolved, { ...look, server: there, refusal })).toEqual({
      kind: "keep",
      stone: { ...unresolved, ...settled, reason: refusal, looks: 1, nextLookAtMs: look.nowMs + hourMs },
    });
  });
});

describe("a deletion", () => {
  const { nowMs } = look;

  it("that was accepted is confirmed within a minute", () => {
    expect(absorbTombstone(unresolved, { nowMs, serverId: 7, outcome: { ok: true, value: undefined } })).toEqual({
      kind: "keep",
      stone: { ...unresolved, ...settled, reason: "busy", looks: 1, nextLookAtMs: nowMs + minuteMs },
    });
  });

  it("of one of two open orders leaves the other one open", () => {
    const two = { ...unresolved, openSends: 2 };
    expect(absorbTombstone(two, { nowMs, serverId: 7, outcome: { ok: true, value: undefined } })).toMatchObject({
      stone: { serverId: 7, openSends: 1, sentAtMs: startMs },
    });
  });

  it("that failed is tried again in an hour", () => {
    const outcome = { ok: false, fault: makeFault({ class: "protected" }) } as const;
    expect(absorbTombstone(known, { nowMs, serverId: 7, outcome })).toEqual({
      kind: "keep",
      stone: { ...known, reason: "protected", looks: 4, nextLookAtMs: nowMs + hourMs },
    });
  });
});

describe("the node after", () => {
  const nowMs = startMs + hourMs;
  const billing = makeActiveNode({ serverState: "still_billing", deletionBlockedReason: "protected" });

  it("its server is gone is decommissioned", () => {
    expect(nodeAfter(billing, { kind: "gone" }, nowMs)).toEqual({
      ...billing,
      status: "decommissioned",
      serverState: "gone",
      deletionBlockedReason: null,
      updatedAtMs: nowMs,
    });
  });

  it("a deletion that has not been tried yet is as it was", () => {
    expect(nodeAfter(billing, { kind: "delete", serverId: 7 }, nowMs)).toBe(billing);
  });

  const rows: [string, Tombstone, object][] = [
    [
      "a server that stays",
      { ...known, reason: "labels_removed" },
      { serverId: 7, serverState: "still_billing", deletionBlockedReason: "labels_removed" },
    ],
    [
      "a create that stays unresolved",
      unresolved,
      { serverId: null, serverState: "unknown", deletionBlockedReason: "timeout" },
    ],
  ];
  it.each(rows)("%s says so", (_what, stone, expected) => {
    const move: TombstoneMove = { kind: "keep", stone };
    expect(nodeAfter(makeNode({ serverId: null }), move, nowMs)).toMatchObject(expected);
  });

  it("a look keeps its time of change: nothing about it has changed but the look", () => {
    expect(nodeAfter(billing, { kind: "keep", stone: known }, nowMs).updatedAtMs).toBe(billing.updatedAtMs);
  });
});
