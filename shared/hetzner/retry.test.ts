import { describe, expect, it } from "vitest";
import { HetznerError } from "./errors.ts";
import { type HetznerOptions, makeHetzner } from "./index.ts";
import { retryPauseMs, shouldRetry } from "./retry.ts";
import { errorOf, sampleToken, wireAction, wireError, wireServer } from "./testing/fixtures.ts";
import { type Exchange, type ScriptedServer, withServer } from "./testing/scripted-server.ts";
import { makeEagerClock, makeSteppedClock, type SteppedClock } from "./testing/stepped-clock.ts";

function failure(code: string | null, httpStatus: number | null): HetznerError {
  const rateLimited = httpStatus === 429 || code === "rate_limit_exceeded";
  return new HetznerError({
    class: rateLimited ? "rate_limited" : "unavailable",
    code,
    httpStatus,
    retryable: true,
    effect: "unknown",
    operation: "test",
    text: "text",
  });
}

describe("repeating", () => {
  it.each<[string | null, number | null, boolean, boolean]>([
    // code, status, a read is repeated, a write is repeated
    ["conflict", 409, true, true],
    ["rate_limit_exceeded", 429, true, true],
    // The former name of the same refusal: hcloud-go repeats nothing after it, nor does this.
    ["limit_reached", 429, false, false],
    ["timeout", 504, true, false],
    ["bad_gateway", 502, true, false],
    ["unavailable", 503, true, false],
    // Only a 503 that is bare or says so itself: a code that nobody knows may last.
    ["brand_new", 503, false, false],
    [null, 502, true, false],
    [null, 503, true, false],
    [null, 504, true, false],
    ["DEADLINE", null, true, false],
    ["ECONNRESET", null, true, false],
    ["ECONNREFUSED", null, true, false],
    ["UND_ERR_SOCKET", null, true, false],
    ["UND_ERR_CONNECT_TIMEOUT", null, true, false],
    // 429 without a code: a proxy's own limit may last.
    [null, 429, false, false],
    // 409 without a code may be a taken name.
    [null, 409, false, false],
    // Hetzner uses `locked` for lasting states too.
    ["locked", 423, false, false],
    [null, 423, false, false],
    ["uniqueness_error", 409, false, false],
    ["resource_unavailable", 412, false, false],
    ["service_error", 422, false, false],
    ["server_error", 500, false, false],
    [null, 500, false, false],
    ["maintenance", 403, false, false],
    ["unauthorized", 401, false, false],
    ["ENOTFOUND", null, false, false],
    ["CERT_HAS_EXPIRED", null, false, false],
    ["REDIRECT", null, false, false],
    [null, null, false, false],
  ])("after %s with status %s: a read %s, a write %s", (code, status, read, write) => {
    expect(shouldRetry("GET", failure(code, status))).toBe(read);
    for (const method of ["POST", "PUT", "DELETE"] as const) {
      expect(shouldRetry(method, failure(code, status))).toBe(write);
    }
  });

  it("pauses 1 s, then up to 1, 2, 4, 8 and at most 30 s", () => {
    const longest = [0, 1, 2, 3, 4, 5, 9].map((retry) => retryPauseMs(retry, 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect([0, 1, 2, 9].map((retry) => retryPauseMs(retry, 0))).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(retryPauseMs(2, 0.5)).toBe(2_500);
  });
});

const get: Exchange = { method: "GET", path: "/servers/1" };
const ok: Exchange = { ...get, json: { server: wireServer(1) } };
const order = { name: "web-1", serverType: "cx23", image: "debian-13" };
const post: Exchange = {
  method: "POST",
  path: "/servers",
  body: { name: "web-1", server_type: "cx23", image: "debian-13" },
};
const gateway = { status: 502, text: "<html>", headers: { "content-type": "text/html" } };

/** Pauses of repetitions stay below this, time limits of attempts do not. */
const patienceMs = 9_000;

function client({ endpoint }: ScriptedServer, options: Partial<HetznerOptions> = {}) {
  const clock = makeEagerClock(patienceMs);
  return { clock, hetzner: makeHetzner({ token: sampleToken, endpoint, clock, random: () => 0.5, ...options }) };
}

/** Real input and output go on while the clock stands still. */
async function untilPausing(clock: SteppedClock, ms: number): Promise<void> {
  while (!clock.pending().includes(ms)) await new Promise((resolve) => setImmediate(resolve));
}

describe("a read", () => {
  it("is repeated until it succeeds", async () => {
    const faults: Exchange[] = [
      { ...get, ...gateway },
      { ...get, fault: "reset" },
      { ...get, status: 429, json: wireError("rate_limit_exceeded") },
    ];
    await withServer([...faults, ok], async (server) => {
      const { clock, hetzner } = client(server);
      expect((await hetzner.servers.get(1))?.id).toBe(1);
      expect(clock.slept).toEqual([1_000, 1_500, 2_500]);
    });
  });

  it("ends with the last error when the repetitions are used up", async () => {
    await withServer(Array(3).fill({ ...get, ...gateway }), async (server) => {
      const error = await errorOf(client(server, { maxRetries: 2 }).hetzner.servers.get(1));
      expect(error).toMatchObject({ class: "unavailable", httpStatus: 502 });
    });
  });

  it("ends with the real error when the next pause would outlast the call", async () => {
    await withServer(Array(2).fill({ ...get, ...gateway }), async (server) => {
      const clock = makeSteppedClock();
      const call = errorOf(client(server, { clock }).hetzner.servers.get(1, { deadlineMs: 1_500 }));
      await untilPausing(clock, 1_000);
      await clock.advance(1_000);
      expect(await call).toMatchObject({ httpStatus: 502 });
    });
  });

  it("is not repeated when its 2xx answer cannot be understood", async () => {
    await withServer([{ ...get, text: "" }], async (server) => {
      expect(await errorOf(client(server).hetzner.servers.get(1))).toMatchObject({ class: "unexpected_response" });
    });
  });

  it("stops in the pause when the caller gives up", async () => {
    await withServer([{ ...get, ...gateway }], async (server) => {
      const clock = makeSteppedClock();
      const { hetzner } = client(server, { clock });
      const caller = new AbortController();
      const call = hetzner.servers.get(1, { signal: caller.signal });
      const outcome = expect(call).rejects.toThrow("enough");
      await untilPausing(clock, 1_000);
      caller.abort(new Error("enough"));
      await outcome;
    });
  });
});

describe("a client that waits for its budget", () => {
  const told = (remaining: number) => ({
    headers: { "ratelimit-limit": "3600", "ratelimit-remaining": `${remaining}`, "ratelimit-reset": "1795000001" },
  });
  const made = { server: wireServer(1), action: wireAction(1) };

  it("lets reads rest below 3 %, writes below 1 %", async () => {
    const script = [{ ...ok, ...told(105) }, { ...post, status: 201, json: made }, ok];
    await withServer(script, async (server) => {
      const { clock, hetzner } = client(server, { waitForBudget: true });
      await hetzner.servers.get(1);
      await hetzner.servers.create(order);
      expect(clock.slept).toEqual([]);
      await hetzner.servers.get(1);
      // 108 and the request itself, one a second.
      expect(clock.slept).toEqual([4_000]);
    });
  });

  it("sends nothing when the budget comes back after the end of the call", async () => {
    await withServer([{ ...ok, ...told(20) }], async (server) => {
      const { clock, hetzner } = client(server, { waitForBudget: true, deadlineMs: 17_000 });
      await hetzner.servers.get(1);
      const error = await errorOf(hetzner.servers.create(order));
      expect(error).toMatchObject({ class: "rate_limited", code: null, effect: "none", operation: "servers.create" });
      expect(clock.slept).toEqual([]);
    });
  });

  it("keeps the reserve among calls at once, and lets the others follow as answers come", async () => {
    const clock = makeSteppedClock();
    const gates: PromiseWithResolvers<Response>[] = [];
    const fetch: typeof globalThis.fetch = () => {
      const gate = Promise.withResolvers<Response>();
      gates.push(gate);
      return gate.promise;
    };
    const answer = (at: number, remaining: number) =>
      gates[at]?.resolve(Response.json({ server: wireServer(1) }, told(remaining)));
    const hetzner = makeHetzner({ token: sampleToken, fetch, clock, waitForBudget: true });
    const first = hetzner.servers.get(1);
    await clock.advance(0);
    answer(0, 112);
    await first;
    const calls = Array.from({ length: 10 }, () => hetzner.servers.get(1));
    await clock.advance(0);
    // 108 are the reserve of reads; one more comes back each second.
    expect(gates.length).toBe(1 + 4);
    await clock.advance(2_000);
    expect(gates.length).toBe(1 + 6);
    for (const at of [1, 2, 3, 4, 5, 6]) answer(at, 111);
    await clock.advance(2_000);
    expect(gates.length).toBeGreaterThan(1 + 6);
    for (let second = 0; second < 10; second++) {
      for (let at = 7; at < gates.length; at++) answer(at, 112);
      await clock.advance(1_000);
    }
    expect((await Promise.all(calls)).length).toBe(10);
    expect(clock.pending()).toEqual([]);
  });

  it("is not the default", async () => {
    await withServer([{ ...ok, ...told(0) }, ok], async (server) => {
      const { clock, hetzner } = client(server);
      await hetzner.servers.get(1);
      await hetzner.servers.get(1);
      expect(clock.slept).toEqual([]);
    });
  });
});

describe("a call without time", () => {
  it.each([0, -5, Number.NaN])("is not sent: deadlineMs %d", async (deadlineMs) => {
    await withServer([], async (server) => {
      const { hetzner } = client(server);
      const calls = [hetzner.servers.create(order, { deadlineMs }), hetzner.servers.get(1, { deadlineMs })];
      for (const call of calls) {
        expect(await errorOf(call)).toMatchObject({ class: "timeout", code: null, effect: "none", retryable: true });
      }
      const limited = client(server, { deadlineMs }).hetzner;
      expect(await errorOf(limited.servers.create(order))).toMatchObject({ class: "timeout", effect: "none" });
    });
  });

  it("because its timer was late is not sent again, but ends", async () => {
    await withServer([{ ...get, ...gateway }], async (server) => {
      const clock = makeSteppedClock();
      // Wakes a second late.
      const late = { now: clock.now, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms + 1_000, signal) };
      const call = errorOf(client(server, { clock: late }).hetzner.servers.get(1, { deadlineMs: 1_500 }));
      await untilPausing(clock, 2_000);
      await clock.advance(2_000);
      expect(await call).toMatchObject({ class: "timeout", effect: "none" });
    });
  });

  it("still gives the caller's own reason first", async () => {
    await withServer([], async (server) => {
      const options = { deadlineMs: 0, signal: AbortSignal.abort(new Error("enough")) };
      await expect(client(server).hetzner.servers.get(1, options)).rejects.toThrow("enough");
    });
  });
});

describe("a write", () => {
  it.each<[string, Partial<Exchange>]>([
    ["a gateway's 502", gateway],
    ["a time-out of Hetzner", { status: 504, json: wireError("timeout") }],
    ["a cut connection", { fault: "reset" }],
    ["a rate limit", { status: 429, json: wireError("rate_limit_exceeded") }],
    ["a conflict", { status: 409, json: wireError("conflict") }],
  ])("is not repeated by itself after %s", async (_, fault) => {
    await withServer([{ ...post, ...fault }], async (server) => {
      await errorOf(client(server).hetzner.servers.create(order));
    });
  });

  it("is repeated on request, as long as nothing can have happened", async () => {
    const script: Exchange[] = [
      { ...post, status: 429, json: wireError("rate_limit_exceeded") },
      { ...post, status: 409, json: wireError("conflict") },
      { ...post, status: 504, json: wireError("timeout") },
    ];
    await withServer(script, async (server) => {
      const error = await errorOf(client(server, { maxWriteRetries: 9 }).hetzner.servers.create(order));
      expect(error).toMatchObject({ class: "timeout", effect: "unknown" });
    });
  });
});
