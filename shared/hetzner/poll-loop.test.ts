import { afterEach, describe, expect, it } from "vitest";
import { countPollLoops } from "./poll-loop.ts";
import { done, makeScene, minute, nothing, refusal, startMs, summary, times } from "./testing/actions-scene.ts";
import { errorOf, wireAction } from "./testing/fixtures.ts";
import { makeSteppedClock } from "./testing/stepped-clock.ts";

afterEach(() => {
  expect(countPollLoops()).toBe(0);
});

describe("waits that overlap", () => {
  it("share each look, in one client and in several", async () => {
    const scene = makeScene({ 1: {}, 2: {}, 3: {} });
    const one = scene.client();
    const waits = [
      one.actions.wait([1], minute),
      one.actions.wait([1, 2], minute),
      scene.client().actions.wait([3], minute),
    ];
    expect(countPollLoops()).toBe(1);
    await scene.clock.advance(1_500);
    Object.assign(scene.actions, { 1: done, 2: done, 3: done });
    await scene.clock.advance(1_000);
    expect((await Promise.all(waits)).map((each) => summary(each).succeeded)).toEqual([[1], [1, 2], [3]]);
    expect(scene.looks).toEqual([
      { atMs: 1_000, ids: [1, 2, 3] },
      { atMs: 2_000, ids: [1, 2, 3] },
    ]);
  });

  it("take one request for each 25 ids of all of them", async () => {
    const ids = Array.from({ length: 60 }, (_, at) => at + 1);
    const scene = makeScene(Object.fromEntries(ids.map((id) => [id, done])));
    const waits = [
      scene.client().actions.wait(ids.slice(0, 40), minute),
      scene.client().actions.wait(ids.slice(20), minute),
    ];
    await scene.clock.advance(1_000);
    expect((await Promise.all(waits)).map((each) => each.succeeded.length)).toEqual([40, 40]);
    expect(scene.looks.map((look) => look.ids.length)).toEqual([25, 25, 10]);
  });

  it("keep what was seen before a later request of the same look fails", async () => {
    const ids = Array.from({ length: 26 }, (_, at) => at + 1);
    const scene = makeScene(Object.fromEntries(ids.map((id) => [id, done])));
    scene.answers.push(
      Response.json({ actions: ids.slice(0, 25).map((id) => wireAction(id, done)) }),
      refusal(503, "unavailable"),
    );
    const waits = [scene.client().actions.wait([3], minute), scene.client().actions.wait(ids, { deadlineMs: 1_500 })];
    await scene.clock.advance(1_500);
    const [whole, part] = await Promise.all(waits);
    expect(whole).toMatchObject({ succeeded: [{ id: 3 }], lastError: null });
    expect(part).toMatchObject({ running: [26], lastError: { class: "unavailable" } });
    expect(part?.succeeded.length).toBe(25);
  });

  it("do not share with another token, endpoint or clock", async () => {
    const scene = makeScene({ 1: done });
    const clock = makeSteppedClock(startMs);
    const clients = [{}, { token: "another" }, { endpoint: "http://127.0.0.1:1" }, { clock }].map(scene.client);
    const waits = clients.map(({ actions }) => actions.wait([1], minute));
    expect(countPollLoops()).toBe(4);
    await Promise.all([scene.clock.advance(1_000), clock.advance(1_000)]);
    await Promise.all(waits);
    expect(scene.looks.length).toBe(4);
  });

  it("are dense again for a newcomer", async () => {
    const scene = makeScene({ 1: {}, 2: {} });
    const { actions } = scene.client();
    const waits = [actions.wait([1], minute)];
    await scene.clock.advance(14_000);
    const before = times(scene).length;
    expect(times(scene)).toEqual([1_000, 2_000, 3_000, 5_000, 7_000, 10_000, 13_000]);
    waits.push(actions.wait([2], minute));
    await scene.clock.advance(7_000);
    expect(times(scene).slice(before)).toEqual([15_000, 16_000, 17_000, 19_000, 21_000]);
    Object.assign(scene.actions, { 1: done, 2: done });
    await scene.clock.advance(10_000);
    await Promise.all(waits);
  });

  it("are not put off by a row of newcomers", async () => {
    const scene = makeScene({ 1: done, 2: done, 3: done });
    const { actions } = scene.client();
    const waits = [actions.wait([1], minute)];
    for (const id of [2, 3]) {
      await scene.clock.advance(400);
      waits.push(actions.wait([id], minute));
    }
    await scene.clock.advance(200);
    expect(scene.looks).toEqual([{ atMs: 1_000, ids: [1, 2, 3] }]);
    await Promise.all(waits);
  });

  it("do not call missing what a newcomer waits for while the answer to an older look is under way", async () => {
    const scene = makeScene({ 1: done, 2: done });
    const gate = Promise.withResolvers<void>();
    const other = makeScene({});
    const fetch: typeof globalThis.fetch = async () => {
      other.looks.push({ atMs: 0, ids: [] });
      await gate.promise;
      return Response.json({ actions: [wireAction(1, done)] });
    };
    const first = scene.client({ fetch }).actions.wait([1], minute);
    await scene.clock.advance(1_000);
    expect(other.looks.length).toBe(1);
    const second = scene.client().actions.wait([2], minute);
    gate.resolve();
    expect((await first).succeeded.length).toBe(1);
    await scene.clock.advance(1_000);
    // Its own connection asks now: the older one has left.
    expect(summary(await second)).toEqual({ ...nothing, succeeded: [2] });
    expect(scene.looks.map(({ ids }) => ids)).toEqual([[2]]);
  });

  it("end each for itself: by deadline, by abort, by a throwing callback", async () => {
    const scene = makeScene({ 1: {}, 2: {}, 3: {}, 4: {} });
    const { actions } = scene.client();
    const caller = new AbortController();
    const onProgress = () => {
      throw new Error("callback");
    };
    const late = actions.wait([1], { deadlineMs: 1_500 });
    const aborted = expect(actions.wait([2], { ...minute, signal: caller.signal })).rejects.toThrow("enough");
    const thrown = expect(actions.wait([3], { ...minute, onProgress })).rejects.toThrow("callback");
    const last = actions.wait([4], minute);
    await scene.clock.advance(1_000);
    await thrown;
    await scene.clock.advance(500);
    expect((await late).running).toEqual([1]);
    await scene.clock.advance(500);
    caller.abort(new Error("enough"));
    await aborted;
    scene.actions[4] = done;
    await scene.clock.advance(1_000);
    expect((await last).succeeded.length).toBe(1);
    expect(scene.looks.map(({ ids }) => ids)).toEqual([[1, 2, 3, 4], [2, 4], [4]]);
    expect(scene.clock.pending()).toEqual([]);
  });

  it("hear nothing more once they have left, not even of the look that is being told", async () => {
    const scene = makeScene({ 1: {}, 2: {} });
    const { actions } = scene.client();
    const [first, second] = [new AbortController(), new AbortController()];
    const heard: string[] = [];
    const wait = (id: number, own: AbortController, other: AbortController) =>
      actions.wait([id], {
        ...minute,
        signal: own.signal,
        onProgress: () => {
          heard.push(`${id}`);
          other.abort();
        },
      });
    const waits = Promise.allSettled([wait(1, first, second), wait(2, second, first)]);
    await scene.clock.advance(1_000);
    expect(heard).toEqual(["1"]);
    first.abort();
    expect((await waits).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("go on with a look whose oldest wait has left", async () => {
    const scene = makeScene({ 1: {}, 2: done });
    const gate = Promise.withResolvers<void>();
    let isCut = false;
    const fetch: typeof globalThis.fetch = async (_, init) => {
      init?.signal?.addEventListener("abort", () => (isCut = true));
      await gate.promise;
      expect(isCut).toBe(false);
      return Response.json({ actions: [wireAction(2, done)] });
    };
    const caller = new AbortController();
    const first = expect(
      scene.client({ fetch }).actions.wait([1], { ...minute, signal: caller.signal }),
    ).rejects.toThrow();
    const second = scene.client().actions.wait([2], minute);
    await scene.clock.advance(1_000);
    caller.abort();
    await first;
    gate.resolve();
    expect((await second).succeeded.length).toBe(1);
  });

  it("cut the request under way when the last has left", async () => {
    const scene = makeScene({ 1: {} });
    scene.answers.push("hang");
    const caller = new AbortController();
    const wait = expect(scene.client().actions.wait([1], { ...minute, signal: caller.signal })).rejects.toThrow();
    await scene.clock.advance(1_000);
    expect(scene.clock.pending().length).toBe(2);
    caller.abort();
    expect(countPollLoops()).toBe(0);
    await wait;
    expect(scene.clock.pending()).toEqual([]);
  });

  it("all learn of a failed look, and all fail of a useless one", async () => {
    const scene = makeScene({ 1: {}, 2: {} });
    scene.answers.push(refusal(503, "unavailable"), refusal(401, "unauthorized"));
    const { actions } = scene.client();
    const short = actions.wait([1], { deadlineMs: 1_500 });
    const failures = [errorOf(actions.wait([1], minute)), errorOf(scene.client().actions.wait([2], minute))];
    await scene.clock.advance(1_500);
    expect((await short).lastError).toMatchObject({ class: "unavailable" });
    await scene.clock.advance(500);
    expect((await Promise.all(failures)).map((error) => error.class)).toEqual(["unauthorized", "unauthorized"]);
    expect(scene.clock.pending()).toEqual([]);
  });

  it("are not disturbed by a wait for a wrong id", async () => {
    const scene = makeScene({ 1: done });
    const { actions } = scene.client();
    const wait = actions.wait([1], minute);
    expect(await errorOf(actions.wait([-1], minute))).toMatchObject({
      class: "invalid_request",
      operation: "actions.wait",
    });
    await scene.clock.advance(1_000);
    expect((await wait).succeeded.length).toBe(1);
  });
});

describe("the loop and the request budget", () => {
  const told = (remaining: number) => ({
    "ratelimit-limit": "3600",
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": "1795000001",
  });

  it("polls no further below a tenth, until enough has come back", async () => {
    const scene = makeScene({ 1: {} });
    Object.assign(scene.headers, told(331));
    const wait = scene.client().actions.wait([1], { deadlineMs: 100_000 });
    await scene.clock.advance(31_000);
    // 360 and the request itself are 30 more than what is left.
    expect(times(scene)).toEqual([1_000, 31_000]);
    scene.actions[1] = done;
    await scene.clock.advance(60_000);
    await wait;
  });

  it("believes what any client of its waits was told last, of writes too", async () => {
    const scene = makeScene({ 1: done, 2: done });
    const fetch = async () => Response.json({ action: wireAction(1) }, { headers: told(341) });
    const writer = scene.client({ fetch });
    await writer.servers.powerOn(1);
    const waits = [scene.client().actions.wait([1], minute), writer.actions.wait([2], { deadlineMs: 500 })];
    await scene.clock.advance(19_999);
    expect(times(scene)).toEqual([]);
    await scene.clock.advance(1);
    expect(times(scene)).toEqual([20_000]);
    expect((await Promise.all(waits)).map((each) => each.running)).toEqual([[], [2]]);
  });

  it.each([
    ["plenty", 3_000, 1_000],
    ["little", 341, 20_000],
  ])("believes the newest word, when it is %s", async (_, newest, atMs) => {
    const scene = makeScene({ 1: done, 2: done });
    const [older, newer] = [newest === 341 ? 3_000 : 341, newest].map((remaining) =>
      scene.client({ fetch: async () => Response.json({ action: wireAction(1) }, { headers: told(remaining) }) }),
    );
    await older?.servers.powerOn(1);
    await scene.clock.advance(1);
    await newer?.servers.powerOn(1);
    const startedAtMs = scene.clock.now() - startMs;
    const waits = [scene.client().actions.wait([1], minute)];
    for (const client of [newer, older, newer]) if (client) waits.push(client.actions.wait([2], { deadlineMs: 999 }));
    await scene.clock.advance(20_000);
    expect(times(scene)).toEqual([startedAtMs + atMs]);
    await Promise.all(waits);
  });

  it("counts every request of a look", async () => {
    const ids = Array.from({ length: 60 }, (_, at) => at + 1);
    const scene = makeScene(Object.fromEntries(ids.map((id) => [id, {}])));
    const wait = scene.client().actions.wait(ids, { deadlineMs: 12_500 });
    Object.assign(scene.headers, told(353));
    await scene.clock.advance(12_500);
    await wait;
    // 360 and three requests are ten more than what is left.
    expect(times(scene)).toEqual([1_000, 1_000, 1_000, 11_000, 11_000, 11_000]);
  });

  it("still ends at the deadline", async () => {
    const scene = makeScene({ 1: {} });
    Object.assign(scene.headers, told(0));
    const wait = scene.client().actions.wait([1], { deadlineMs: 7_000 });
    await scene.clock.advance(7_000);
    expect((await wait).running).toEqual([1]);
    expect(times(scene)).toEqual([1_000]);
  });
});
