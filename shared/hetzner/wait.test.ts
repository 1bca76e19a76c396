import { describe, expect, it } from "vitest";
import { type Action, type HetznerOptions, makeHetzner } from "./index.ts";
import { errorOf, failedWith, sampleToken, wireAction, wireError } from "./testing/fixtures.ts";
import { type Exchange, type ScriptedServer, withServer } from "./testing/scripted-server.ts";
import { makeEagerClock, makeSteppedClock } from "./testing/stepped-clock.ts";
import { lookPauseMs } from "./wait.ts";

const path = (...ids: number[]) => `/actions?${ids.map((id) => `id=${id}`).join("&")}&page=1&per_page=25`;
const done = { status: "success", progress: 100, finished: "2026-11-01T10:00:20+00:00" };
const gateway = { status: 502, text: "<html>" };
const nothing = { succeeded: [], failed: [], missing: [], running: [], lastError: null };

function look(ids: number[], ...actions: Record<string, unknown>[]): Exchange {
  return { method: "GET", path: path(...ids), json: { actions } };
}

function client({ endpoint }: ScriptedServer, options: Partial<HetznerOptions> = {}) {
  const clock = makeEagerClock(9_000);
  const common = { token: sampleToken, endpoint, clock, random: () => 0.5, maxRetries: 0 };
  return { clock, actions: makeHetzner({ ...common, ...options }).actions };
}

/** Without the actions themselves. */
async function summary(server: ScriptedServer, ids: number[], deadlineMs = 60_000) {
  const result = await client(server).actions.wait(ids, { deadlineMs });
  return {
    ...result,
    succeeded: result.succeeded.map(({ id }) => id),
    failed: result.failed.map(({ action, error }) => [action.id, error.class]),
    lastError: result.lastError?.class ?? null,
  };
}

describe("waiting for actions", () => {
  it("ends when all have ended, with one request a look and growing pauses", async () => {
    const script = [
      look([1, 2], wireAction(1), wireAction(2)),
      look([1, 2], wireAction(1, done), wireAction(2, { progress: 50 })),
      look([2], wireAction(2, done)),
    ];
    await withServer(script, async (server) => {
      const seen: string[] = [];
      const onProgress = ({ id, progress }: Action) => seen.push(`${id}:${progress}`);
      const { clock, actions } = client(server);
      const result = await actions.wait([2, 1, 2], { deadlineMs: 60_000, onProgress });
      expect(result).toMatchObject({ ...nothing, succeeded: [{ id: 1 }, { id: 2 }] });
      expect(seen).toEqual(["1:0", "2:0", "1:100", "2:50", "2:100"]);
      expect(clock.slept).toEqual([1_000, 1_000, 1_000]);
    });
  });

  it("sees what had ended before", async () => {
    await withServer([look([1], wireAction(1, done))], async (server) => {
      expect(await summary(server, [1])).toEqual({ ...nothing, succeeded: [1] });
    });
  });

  it("needs no request for nothing", async () => {
    await withServer([], async (server) => {
      expect(await summary(server, [])).toEqual(nothing);
    });
  });

  it("tells missing from failed, and goes on for the others", async () => {
    const script = [
      look([1, 2, 3], wireAction(2, failedWith("resource_unavailable")), wireAction(3)),
      look([3], wireAction(3, done)),
    ];
    await withServer(script, async (server) => {
      const wanted = { ...nothing, succeeded: [3], failed: [[2, "capacity"]], missing: [1] };
      expect(await summary(server, [1, 2, 3])).toEqual(wanted);
    });
  });

  it("counts unknown codes of failed actions", async () => {
    await withServer([look([1], wireAction(1, failedWith("brand_new")))], async (server) => {
      const codes: string[] = [];
      const { actions } = client(server, { onUnknownCode: (code) => codes.push(code) });
      const { failed } = await actions.wait([1], { deadlineMs: 60_000 });
      expect(failed[0]?.error).toMatchObject({ class: "action_failed", phase: "action", code: "brand_new" });
      expect(codes).toEqual(["brand_new"]);
    });
  });

  it.each<[string, Partial<Exchange>]>([
    ["a gateway's 502", gateway],
    ["a rate limit", { status: 429, json: wireError("rate_limit_exceeded") }],
    ["a cut connection", { fault: "reset" }],
    ["an unreadable answer", { text: "" }],
  ])("looks again after %s: it says nothing about the action", async (_, fault) => {
    await withServer([{ method: "GET", path: path(1), ...fault }, look([1], wireAction(1, done))], async (server) => {
      expect(await summary(server, [1])).toEqual({ ...nothing, succeeded: [1] });
    });
  });

  it("fails when looking is useless", async () => {
    const refused = { method: "GET", path: path(1), status: 401, json: wireError("unauthorized") };
    await withServer([refused], async (server) => {
      const { actions } = client(server);
      expect(await errorOf(actions.wait([1], { deadlineMs: 60_000 }))).toMatchObject({ class: "unauthorized" });
    });
  });

  it("ends at the deadline with what still runs, which is not failed", async () => {
    const script = [look([1], wireAction(1)), look([1], wireAction(1)), { method: "GET", path: path(1), ...gateway }];
    await withServer(script, async (server) => {
      const wanted = { ...nothing, running: [1], lastError: "unavailable" };
      expect(await summary(server, [1], 2_500)).toEqual(wanted);
    });
  });

  it("stops when the caller gives up", async () => {
    await withServer([], async (server) => {
      const clock = makeSteppedClock();
      const caller = new AbortController();
      const wait = client(server, { clock }).actions.wait([1], { deadlineMs: 60_000, signal: caller.signal });
      expect(clock.pending()).toEqual([1_000]);
      caller.abort(new Error("enough"));
      await expect(wait).rejects.toThrow("enough");
    });
  });

  it("pauses 1, 1, 1, 2, 2, 3, 3, then 5 s, spread by a fifth", () => {
    const looks = [0, 1, 2, 3, 4, 5, 6, 7, 99];
    expect(looks.map((each) => lookPauseMs(each, 0.5) / 1_000)).toEqual([1, 1, 1, 2, 2, 3, 3, 5, 5]);
    expect([lookPauseMs(99, 0), lookPauseMs(99, 1)]).toEqual([4_000, 6_000]);
  });
});
