import fc from "fast-check";
import { expect, it } from "vitest";
import { type Action, makeHetzner, type WaitResult } from "./index.ts";
import { countPollLoops } from "./poll-loop.ts";
import { failedWith, sampleToken, wireAction, wireError } from "./testing/fixtures.ts";
import { makeSteppedClock, type SteppedClock } from "./testing/stepped-clock.ts";

const IDS = 60;
/** How an action ends at Hetzner, and when. */
const fate = fc.record({
  end: fc.constantFrom("success", "error", "forgotten"),
  atMs: fc.oneof(fc.nat(40_000), fc.constant(Number.POSITIVE_INFINITY)),
});
const waitPlan = fc.record({
  /** Two clients, and so two connections, of one project. */
  client: fc.nat(1),
  ids: fc.uniqueArray(fc.integer({ min: 1, max: IDS }), { minLength: 1, maxLength: 40 }),
  joinMs: fc.nat(30_000),
  /** After it has joined. */
  deadlineMs: fc.integer({ min: 1, max: 60_000 }),
  /** After it has joined; later than any deadline: never. Without a time its own progress does it. */
  abort: fc.oneof(fc.constant(90_000), fc.nat(40_000), fc.constant("in progress" as const)),
});
const scenePlan = fc.record({
  fates: fc.array(fate, { minLength: IDS, maxLength: IDS }),
  waits: fc.array(waitPlan, { minLength: 1, maxLength: 8 }),
  /** What becomes of the requests, in turn: the time one takes, and whether it fails. */
  requests: fc.array(fc.record({ takesMs: fc.nat(900), fails: fc.boolean() }), { minLength: 1, maxLength: 6 }),
  random: fc.double({ min: 0, max: 0.99, noNaN: true }),
});
type ScenePlan = ReturnType<typeof scenePlan.generate>["value"];
type WaitPlan = ScenePlan["waits"][number];
type Fate = ScenePlan["fates"][number];

/** A Hetzner of actions alone, and how many requests it had at once. */
function makeWorld({ fates, requests }: ScenePlan, clock: SteppedClock) {
  const startMs = clock.now();
  const world = { inFlight: 0, mostInFlight: 0, count: 0 };
  const wireOf = (id: number) => {
    const { end, atMs } = fates[id - 1] ?? { end: "forgotten", atMs: 0 };
    if (clock.now() - startMs < atMs) return [wireAction(id)];
    if (end === "forgotten") return [];
    return [wireAction(id, end === "error" ? failedWith("action_failed") : { status: "success" })];
  };
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const request = requests[world.count++ % requests.length];
    world.mostInFlight = Math.max(world.mostInFlight, ++world.inFlight);
    try {
      await clock.sleep(request?.takesMs ?? 0, init?.signal ?? undefined);
      if (request?.fails && world.count % 5 < 2) return Response.json(wireError("unavailable"), { status: 503 });
      const ids = new URL(String(url)).searchParams.getAll("id").map(Number);
      return Response.json({ actions: ids.flatMap(wireOf) });
    } finally {
      world.inFlight--;
    }
  };
  return { world, fetch };
}

interface Ended {
  readonly plan: WaitPlan;
  readonly reason: Error;
  /** When it was over, and when it began. */
  readonly endMs: number;
  readonly joinedMs: number;
  readonly outcome: { readonly result: WaitResult } | { readonly thrown: unknown };
  /** Calls of its progress after its end. */
  readonly lateNews: number;
}

type Waits = ReturnType<typeof makeHetzner>["actions"];

async function performWait(plan: WaitPlan, actions: Waits, clock: SteppedClock): Promise<Ended> {
  await clock.sleep(plan.joinMs);
  const [joinedMs, caller, reason] = [clock.now(), new AbortController(), new Error("enough")];
  let isOver = false;
  let lateNews = 0;
  const onProgress = ({ status }: Action) => {
    if (isOver || caller.signal.aborted) lateNews++;
    if (plan.abort === "in progress" && status !== "running") caller.abort(reason);
  };
  if (plan.abort !== "in progress") void clock.sleep(plan.abort).then(() => caller.abort(reason));
  const wait = actions.wait(plan.ids, { deadlineMs: plan.deadlineMs, signal: caller.signal, onProgress });
  const outcome = await wait.then(
    (result) => ({ result }),
    (thrown: unknown) => ({ thrown }),
  );
  isOver = true;
  return { plan, reason, endMs: clock.now(), joinedMs, outcome, lateNews };
}

/**
 * Longest time after which the end of an action is seen. Of five requests in a row three succeed at least and a look has
 * three at most, so two looks can fail in a row: three pauses of 6 s at most, and eight requests.
 */
const SEEN_WITHIN_MS = 26_000;

/** What the wait said of one action must be how it was when the wait was over. */
function judge(
  id: number,
  fate: Fate | undefined,
  { result, since, until }: { result: WaitResult; since: number; until: number },
) {
  const said = [
    ...result.succeeded.filter((action) => action.id === id).map(() => "success"),
    ...result.failed.filter(({ action }) => action.id === id).map(() => "error"),
    ...result.missing.filter((each) => each === id).map(() => "forgotten"),
    ...result.running.filter((each) => each === id).map(() => "running"),
  ];
  const { end = "", atMs = 0 } = fate ?? {};
  if (said[0] !== "running") expect([said, atMs <= until]).toEqual([[end], true]);
  else expect([said, Math.max(atMs, since) > until - SEEN_WITHIN_MS]).toEqual([["running"], true]);
}

function check(
  { plan, outcome, reason, ...times }: Ended,
  fates: readonly Fate[],
  startMs: number,
): "result" | "aborted" {
  const [since, until] = [times.joinedMs - startMs, times.endMs - startMs];
  expect(times.lateNews).toBe(0);
  expect(until - since).toBeLessThanOrEqual(plan.deadlineMs);
  if ("thrown" in outcome) {
    expect(outcome.thrown).toBe(reason);
    if (plan.abort !== "in progress") expect(until - since).toBe(plan.abort);
    return "aborted";
  }
  const { result } = outcome;
  if (result.running.length > 0) expect(until - since).toBe(plan.deadlineMs);
  if (plan.abort !== "in progress") expect(until - since).toBeLessThanOrEqual(plan.abort);
  for (const id of plan.ids) judge(id, fates[id - 1], { result, since, until });
  expect(result.succeeded.length + result.failed.length + result.missing.length + result.running.length).toBe(
    plan.ids.length,
  );
  return "result";
}

it("waits that come, go and give up in any order each end right, with one request at a time and nothing left", async () => {
  const kinds = { result: 0, aborted: 0, shared: 0 };
  await fc.assert(
    fc.asyncProperty(scenePlan, async (plan) => {
      const clock = makeSteppedClock();
      const startMs = clock.now();
      const { world, fetch } = makeWorld(plan, clock);
      const clients = [0, 1].map(() => makeHetzner({ token: sampleToken, fetch, clock, random: () => plan.random }));
      const waits = plan.waits.flatMap((each) => {
        const client = clients[each.client];
        return client === undefined ? [] : [performWait(each, client.actions, clock)];
      });
      await clock.advance(150_000);
      expect(countPollLoops()).toBe(0);
      expect(clock.pending()).toEqual([]);
      expect(world.inFlight).toBe(0);
      expect(world.mostInFlight).toBeLessThanOrEqual(1);
      const ended = await Promise.all(waits);
      for (const each of ended) kinds[check(each, plan.fates, startMs)]++;
      if (new Set(ended.map(({ plan: { client } }) => client)).size > 1) kinds.shared++;
    }),
    { numRuns: 200 },
  );
  // Otherwise the plans would be too alike to tell anything.
  for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(10);
}, 30_000);
