import { afterEach, describe, expect, it } from "vitest";
import type { Action, WaitResult } from "./index.ts";
import { countPollLoops, lookPauseMs } from "./poll-loop.ts";
import { done, makeScene, minute, nothing, refusal, summary, times } from "./testing/actions-scene.ts";
import { errorOf, failedWith, wireAction } from "./testing/fixtures.ts";
import { makeEagerClock } from "./testing/stepped-clock.ts";

afterEach(() => {
  expect(countPollLoops()).toBe(0);
});

describe("waiting for actions", () => {
  it("ends when all have ended, with one request a look and growing pauses", async () => {
    const scene = makeScene({ 1: {}, 2: { progress: 50 } });
    const seen: string[] = [];
    const onProgress = ({ id, progress }: Action) => seen.push(`${id}:${progress}`);
    const wait = scene.client().actions.wait([2, 1, 2], { ...minute, onProgress });
    await scene.clock.advance(1_500);
    scene.actions[1] = done;
    await scene.clock.advance(1_000);
    scene.actions[2] = done;
    await scene.clock.advance(10_000);
    expect(summary(await wait)).toEqual({ ...nothing, succeeded: [1, 2] });
    expect(scene.looks).toEqual([
      { atMs: 1_000, ids: [1, 2] },
      { atMs: 2_000, ids: [1, 2] },
      { atMs: 3_000, ids: [2] },
    ]);
    expect(seen).toEqual(["1:0", "2:50", "1:100", "2:50", "2:100"]);
    expect(scene.clock.pending()).toEqual([]);
  });

  it("needs no request for nothing, and none when there is no time", async () => {
    const scene = makeScene({ 1: {} });
    const { actions } = scene.client();
    expect(await actions.wait([], minute)).toEqual(nothing);
    expect(await actions.wait([1], { deadlineMs: 0 })).toEqual({ ...nothing, running: [1] });
    expect(await actions.wait([1], { deadlineMs: Number.NaN })).toEqual({ ...nothing, running: [1] });
    expect(scene.looks).toEqual([]);
  });

  it("tells missing from failed, and goes on for the others", async () => {
    const scene = makeScene({ 2: failedWith("resource_unavailable"), 3: {} });
    const wait = scene.client().actions.wait([1, 2, 3], minute);
    await scene.clock.advance(1_500);
    scene.actions[3] = done;
    await scene.clock.advance(1_000);
    expect(summary(await wait)).toEqual({ ...nothing, succeeded: [3], failed: [[2, "capacity"]], missing: [1] });
  });

  it("counts unknown codes of failed actions", async () => {
    const scene = makeScene({ 1: failedWith("brand_new") });
    const codes: string[] = [];
    const wait = scene.client({ onUnknownCode: (code) => codes.push(code) }).actions.wait([1], minute);
    await scene.clock.advance(1_000);
    const { failed } = await wait;
    expect(failed[0]?.error).toMatchObject({ class: "action_failed", phase: "action", code: "brand_new" });
    expect(codes).toEqual(["brand_new"]);
  });

  it("ends with failures whose reason cannot be read, and counts those that are none of the API's", async () => {
    const errors = [{ code: "BrandNew", message: "bad" }, { code: 5, message: "bad" }, { message: "bad" }, {}, null];
    const scene = makeScene(Object.fromEntries(errors.map((error, at) => [at + 1, { status: "error", error }])));
    const codes: string[] = [];
    const wait = scene.client({ onUnknownCode: (code) => codes.push(code) }).actions.wait([1, 2, 3, 4, 5], minute);
    await scene.clock.advance(1_000);
    expect(summary(await wait).failed).toEqual([1, 2, 3, 4, 5].map((id) => [id, "action_failed"]));
    expect(codes).toEqual(["<unreadable>", "<unreadable>"]);
  });

  it("tells no more progress once a call of it has ended the wait", async () => {
    const scene = makeScene({ 1: {}, 2: {}, 3: done });
    const caller = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ id }: Action) => {
      seen.push(id);
      caller.abort(new Error("enough"));
    };
    const { actions } = scene.client();
    const wait = expect(actions.wait([1, 2, 3], { ...minute, signal: caller.signal, onProgress })).rejects.toThrow(
      "enough",
    );
    await scene.clock.advance(1_000);
    await wait;
    expect(seen).toEqual([1]);
  });

  it.each<[string, Response | Error]>([
    ["a gateway's 502", new Response("<html>", { status: 502 })],
    ["a rate limit", refusal(429, "rate_limit_exceeded")],
    ["a cut connection", Object.assign(new Error(), { code: "ECONNRESET" })],
    ["an unreadable answer", new Response("")],
  ])("looks again after %s: it says nothing about the action", async (_, answer) => {
    const scene = makeScene({ 1: done });
    scene.answers.push(answer);
    const wait = scene.client().actions.wait([1], minute);
    await scene.clock.advance(1_000);
    expect(scene.looks.length).toBe(1);
    await scene.clock.advance(1_000);
    expect(summary(await wait)).toEqual({ ...nothing, succeeded: [1] });
  });

  it("backs off while looks fail, whoever comes", async () => {
    const scene = makeScene({ 1: done, 2: done });
    for (let count = 0; count < 6; count++) scene.answers.push(refusal(429, "rate_limit_exceeded"));
    const { actions } = scene.client();
    const waits = [actions.wait([1], minute)];
    await scene.clock.advance(10_000);
    waits.push(actions.wait([2], minute));
    await scene.clock.advance(40_000);
    for (const wait of waits) expect((await wait).succeeded.length).toBe(1);
    // Pauses of 1, 1.5, 2.5, 4.5, 8.5 and 15.5 s after the failures; between the first the poll's own are longer.
    expect(times(scene)).toEqual([1_000, 2_000, 3_500, 6_000, 10_500, 19_000, 34_500]);
  });

  it("forgets failed looks after one that went well", async () => {
    const scene = makeScene({ 1: {} });
    const failure = () => refusal(503, "unavailable");
    const fine = () => Response.json({ actions: [wireAction(1)] });
    scene.answers.push(failure(), failure(), failure(), failure(), fine(), failure());
    const wait = scene.client().actions.wait([1], { deadlineMs: 30_000 });
    await scene.clock.advance(30_000);
    await wait;
    // Pauses of 1, 1.5, 2.5 and 4.5 s after the first four; after the last only the poll's own of 3 s.
    expect(times(scene).slice(0, 7)).toEqual([1_000, 2_000, 3_500, 6_000, 10_500, 13_500, 16_500]);
  });

  it("fails when looking is useless", async () => {
    const scene = makeScene({ 1: {} });
    scene.answers.push(refusal(401, "unauthorized"));
    const failure = errorOf(scene.client().actions.wait([1], minute));
    await scene.clock.advance(1_000);
    expect(await failure).toMatchObject({ class: "unauthorized", operation: "actions.list" });
    expect(scene.clock.pending()).toEqual([]);
  });

  it("ends exactly at the deadline with what still runs, which is not failed", async () => {
    const scene = makeScene({ 1: {} });
    scene.answers.push(Response.json({ actions: [wireAction(1)] }), new Response("", { status: 502 }));
    let result: WaitResult | null = null;
    void scene
      .client()
      .actions.wait([1], { deadlineMs: 2_500 })
      .then((got) => {
        result = got;
      });
    await scene.clock.advance(2_499);
    expect(result).toBeNull();
    await scene.clock.advance(1);
    expect(result).toMatchObject({ ...nothing, running: [1], lastError: { class: "unavailable" } });
  });

  it("ends at the deadline even while an answer is overdue", async () => {
    const scene = makeScene({ 1: {} });
    scene.answers.push("hang");
    const wait = scene.client().actions.wait([1], { deadlineMs: 2_500 });
    await scene.clock.advance(2_500);
    expect(await wait).toEqual({ ...nothing, running: [1] });
    expect(scene.clock.pending()).toEqual([]);
  });

  it("ends by the clock when the timer for it is late", async () => {
    const scene = makeScene({ 1: {} });
    const clock = makeEagerClock(9_000);
    const wait = scene.client({ clock }).actions.wait([1], { deadlineMs: 30_000 });
    expect(await wait).toEqual({ ...nothing, running: [1] });
    expect(scene.looks.length).toBeGreaterThan(5);
  });

  it("stops when the caller gives up, before and within", async () => {
    const scene = makeScene({ 1: {} });
    const { actions } = scene.client();
    const caller = new AbortController();
    const wait = expect(actions.wait([1], { ...minute, signal: caller.signal })).rejects.toThrow("enough");
    await scene.clock.advance(500);
    caller.abort(new Error("enough"));
    await wait;
    await expect(actions.wait([1], { ...minute, signal: caller.signal })).rejects.toThrow("enough");
    expect(scene.clock.pending()).toEqual([]);
  });

  it("covers what follows a create", async () => {
    const scene = makeScene({ 5: done, 6: failedWith("unknown_error"), 7: {} });
    const { actions } = scene.client();
    const [action, ...nextActions] = await scene
      .client()
      .actions.list([5, 6])
      .then(({ found }) => found);
    const waits = [
      actions.waitForCreated({ action: action ?? null, nextActions }, minute),
      actions.waitForCreated({ action: null, nextActions }, minute),
    ];
    await scene.clock.advance(1_000);
    const failed = [[6, "action_failed"]];
    expect((await Promise.all(waits)).map(summary)).toEqual([
      { ...nothing, succeeded: [5], failed },
      { ...nothing, failed },
    ]);
  });

  it("pauses 1, 1, 1, 2, 2, 3, 3, then 5 s, spread by a fifth", () => {
    const looks = [0, 1, 2, 3, 4, 5, 6, 7, 99];
    expect(looks.map((each) => lookPauseMs(each, 0.5) / 1_000)).toEqual([1, 1, 1, 2, 2, 3, 3, 5, 5]);
    expect([lookPauseMs(99, 0), lookPauseMs(99, 1)]).toEqual([4_000, 6_000]);
  });
});
