import { describe, expect, it } from "vitest";
import { HetznerError, makeHetzner } from "./index.ts";
import { sampleToken, wireAction, wireError, wireServer } from "./testing/fixtures.ts";

/** A small generator with a seed (mulberry32), so that a failing case can be made again. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const good = {
  server: wireServer(1),
  action: wireAction(1),
  next_actions: [wireAction(2)],
  servers: [wireServer(1)],
  actions: [wireAction(1)],
  meta: { pagination: { next_page: null } },
  ...wireError("invalid_input", "bad", { fields: [{ name: "a", messages: ["b"] }] }),
};
const oddValues = [null, 0, -1, 1e308, "", "x", "2".repeat(50), [], {}, true, [null], { id: {} }, sampleToken];
const statuses = [200, 201, 204, 304, 400, 401, 403, 404, 409, 412, 422, 429, 500, 502, 599];

/** A good answer with some values replaced by odd ones, at any depth. */
function mutate(value: unknown, random: () => number): unknown {
  if (random() < 0.06) return oddValues[Math.floor(random() * oddValues.length)];
  if (Array.isArray(value)) return value.map((each) => mutate(each, random));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mutate(each, random)]));
}

function makeBody(random: () => number): string | Uint8Array<ArrayBuffer> {
  const json = JSON.stringify(mutate(good, random));
  const kind = random();
  if (kind < 0.7) return json;
  if (kind < 0.85) return json.slice(0, Math.floor(random() * json.length));
  return Uint8Array.from({ length: Math.floor(random() * 64) }, () => Math.floor(random() * 256));
}

function makeResponse(random: () => number): Response {
  const status = statuses[Math.floor(random() * statuses.length)] ?? 200;
  const type = random() < 0.8 ? "application/json" : "text/html";
  const empty = status === 204 || status === 304;
  const headers = { "content-type": type, "ratelimit-limit": random() < 0.5 ? "3600" : "-1" };
  return new Response(empty ? null : makeBody(random), { status, headers });
}

describe("any answer at all", () => {
  it.each([1, 2, 3, 4])("gives a value or a HetznerError, and never the token (seed %d)", async (seed) => {
    const random = makeRandom(seed);
    const fetch = async () => makeResponse(random);
    const { servers, actions, sshKeys } = makeHetzner({ token: sampleToken, fetch, maxRetries: 0 });
    const order = { name: "web-1", serverType: "cx23", image: "debian-13" };
    const calls = [
      () => servers.create(order),
      () => servers.get(1),
      () => servers.delete(1),
      () => actions.list([1]),
      () => sshKeys.delete(1),
      async () => {
        for await (const server of servers.list()) return server;
      },
    ];
    const kinds = new Set<string>();
    for (let round = 0; round < 150; round++) {
      for (const call of calls) {
        const outcome: unknown = await call().catch((error: unknown) => error);
        kinds.add(outcome instanceof HetznerError ? outcome.class : "value");
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(HetznerError);
        const text = `${outcome instanceof Error ? outcome.message : ""}${JSON.stringify(outcome)}`;
        expect(text.includes(sampleToken.slice(0, 12))).toBe(false);
      }
    }
    expect(kinds).toContain("value");
    expect(kinds).toContain("unexpected_response");
    expect(kinds).toContain("invalid_request");
  });

  it("includes whatever an injected fetch throws", async () => {
    for (const thrown of [new TypeError("fetch failed"), "text", null, { code: "X" }]) {
      const fetch = () => Promise.reject(thrown);
      const call = makeHetzner({ token: sampleToken, fetch, maxRetries: 0 }).servers.get(1);
      await expect(call).rejects.toMatchObject({ name: "HetznerError", class: "unavailable" });
    }
  });

  it("includes a fetch that throws before it promises anything", async () => {
    const fetch = () => {
      throw new TypeError("no");
    };
    const call = makeHetzner({ token: sampleToken, fetch, maxRetries: 0 }).servers.get(1);
    await expect(call).rejects.toMatchObject({ name: "HetznerError", class: "unavailable" });
  });
});
