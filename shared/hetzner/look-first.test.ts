import { describe, expect, it } from "vitest";
import { type Hetzner, type HetznerOptions, makeHetzner } from "./index.ts";
import { errorOf, lastPage, sampleToken, wireAction, wireError, wireServer, wireSshKey } from "./testing/fixtures.ts";
import { type Exchange, withServer } from "./testing/scripted-server.ts";
import { makeEagerClock } from "./testing/stepped-clock.ts";

const labels = { order: "o-1" };
const order = { name: "web-1", serverType: "cx23", image: "debian-13", labels };
const body = { name: "web-1", server_type: "cx23", image: "debian-13", labels };
const post: Exchange = { method: "POST", path: "/servers", body };
const created: Exchange = { ...post, status: 201, json: { server: wireServer(42, { labels }), action: wireAction(1) } };
const taken: Exchange = { ...post, status: 409, json: wireError("uniqueness_error") };
const soldOut: Exchange = { ...post, status: 412, json: wireError("resource_unavailable") };

const path = "/servers?name=web-1&page=1&per_page=50";
const found = (...servers: unknown[]): Exchange => ({ method: "GET", path, json: { servers, meta: lastPage } });
const noLook: Exchange = { method: "GET", path, status: 503, text: "" };
const actions: Exchange = {
  method: "GET",
  path: "/servers/42/actions?sort=id&page=1&per_page=50",
  json: { actions: [wireAction(1)], meta: lastPage },
};

// The clock stands at 1,000 s; the first try left at 400 s, and its server may be two minutes older.
const lookFirst = { createdAfterMs: 400_000 };
const aged = (created: string) => wireServer(42, { labels, created });
const ours = aged("1970-01-01T00:04:40Z");

async function withRestarted(
  script: readonly Exchange[],
  test: (hetzner: Hetzner, slept: readonly number[]) => Promise<void>,
  options: Partial<HetznerOptions> = {},
): Promise<void> {
  await withServer(script, ({ endpoint }) => {
    const clock = makeEagerClock(9_000);
    const common = { token: sampleToken, endpoint, clock, random: () => 0.5, maxRetries: 0 };
    return test(makeHetzner({ ...common, ...options }), clock.slept);
  });
}

describe("a caller that was restarted", () => {
  it("adopts what its first life made, at once and without sending", async () => {
    await withRestarted([found(ours), actions], async ({ servers }, slept) => {
      const settled = await servers.createOrAdopt(order, { lookFirst });
      expect(settled).toMatchObject({ adopted: true, server: { id: 42 }, action: { id: 1 } });
      expect(slept).toEqual([]);
    });
  });

  it("sends when there is none", async () => {
    await withRestarted([found(), created], async ({ servers }, slept) => {
      expect(await servers.createOrAdopt(order, { lookFirst })).toMatchObject({ adopted: false, server: { id: 42 } });
      expect(slept).toEqual([]);
    });
  });

  it.each([
    ["older than its first life", [found(aged("1970-01-01T00:04:39Z"))]],
    ["as old, found after the name was taken", [found(), taken, found(aged("1970-01-01T00:04:39Z"))]],
  ])("does not adopt one %s", async (_, script) => {
    await withRestarted(script, async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { lookFirst }));
      expect(error).toMatchObject({ class: "conflict", code: null, details: { fields: [{ name: "created" }] } });
    });
  });

  it("looks again when the name is taken by what no look has shown yet, and never sends twice for it", async () => {
    await withRestarted([found(), taken, found(), found(ours), actions], async ({ servers }) => {
      expect(await servers.createOrAdopt(order, { lookFirst })).toMatchObject({ adopted: true, server: { id: 42 } });
    });
    await withRestarted([found(), taken, found(), found(), found()], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { lookFirst }));
      expect(error).toMatchObject({ class: "conflict", code: "uniqueness_error", effect: "unknown" });
    });
  });

  it("hears of any other refusal as it is: this life made nothing", async () => {
    await withRestarted([found(), soldOut], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { lookFirst }));
      expect(error).toMatchObject({ class: "capacity", effect: "none" });
    });
  });

  it("sends nothing while looks fail, and leaves open what its first life made", async () => {
    await withRestarted([noLook, noLook, found(), created], async ({ servers }, slept) => {
      expect((await servers.createOrAdopt(order, { lookFirst })).adopted).toBe(false);
      expect(slept).toEqual([1_500, 2_500]);
    });
    await withRestarted([noLook, noLook, noLook, noLook], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { lookFirst }));
      expect(error).toMatchObject({ class: "unavailable", effect: "unknown", operation: "servers.list" });
    });
    // The last look allows to send, and there is no round left to do it.
    await withRestarted([noLook, noLook, noLook, found()], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { lookFirst }));
      expect(error).toMatchObject({ class: "unavailable", effect: "unknown", operation: "servers.list" });
    });
  });

  it("ends with a look that is useless to repeat, and without time", async () => {
    const revoked: Exchange = { method: "GET", path, status: 401, json: wireError("unauthorized") };
    await withRestarted([revoked], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { lookFirst }));
      expect(error).toMatchObject({ class: "unauthorized", effect: "unknown" });
    });
    await withRestarted([], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { lookFirst, deadlineMs: 0 }));
      expect(error).toMatchObject({ class: "timeout", effect: "unknown" });
    });
  });

  it("finds its key as well", async () => {
    const publicKey = String(wireSshKey(9).public_key);
    const fingerprint = encodeURIComponent(String(wireSshKey(9).fingerprint));
    const keyPath = `/ssh_keys?fingerprint=${fingerprint}&page=1&per_page=50`;
    const script = [{ method: "GET", path: keyPath, json: { ssh_keys: [wireSshKey(9)], meta: lastPage } }];
    await withRestarted(script, async ({ sshKeys }) => {
      const settled = await sshKeys.createOrAdopt({ name: "deploy", publicKey }, { lookFirst });
      expect(settled).toMatchObject({ adopted: true, sshKey: { id: 9 } });
    });
  });
});
