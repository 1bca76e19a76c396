import { describe, expect, it } from "vitest";
import { type Hetzner, type HetznerOptions, makeHetzner } from "./index.ts";
import { errorOf, lastPage, sampleToken, wireAction, wireError, wireServer, wireSshKey } from "./testing/fixtures.ts";
import { type Exchange, withServer } from "./testing/scripted-server.ts";
import { makeEagerClock, makeSteppedClock, type SteppedClock } from "./testing/stepped-clock.ts";

const labels = { managed_by: "me", order: "o-1" };
const order = { name: "web-1", serverType: "cx23", image: "debian-13", location: "fsn1", labels };
const body = { name: "web-1", server_type: "cx23", image: "debian-13", location: "fsn1", labels };
const ours = { status: "initializing", labels: { ...labels, added: "later" } };

const post: Exchange = { method: "POST", path: "/servers", body };
const made = {
  server: wireServer(42, ours),
  action: wireAction(1),
  next_actions: [wireAction(2)],
  root_password: "pw",
};
const lost: Exchange[] = [{ ...post, fault: "reset" }];
const taken: Exchange = { ...post, status: 409, json: wireError("uniqueness_error") };
const timedOut: Exchange = { ...post, status: 504, json: wireError("timeout") };

const byName = "/servers?name=web-1&page=1&per_page=50";
const found = (...servers: unknown[]): Exchange => ({ method: "GET", path: byName, json: { servers, meta: lastPage } });
const noLook: Exchange = { method: "GET", path: byName, status: 503, text: "" };
const actionsOf: Exchange = {
  method: "GET",
  path: "/servers/42/actions?sort=id&page=1&per_page=50",
  json: { actions: [wireAction(1), wireAction(2, { command: "start_server" })], meta: lastPage },
};

/** Real input and output go on while the clock stands still. */
async function untilPausing(clock: SteppedClock, ms: number): Promise<void> {
  while (!clock.pending().includes(ms)) await new Promise((resolve) => setImmediate(resolve));
}

async function withHetzner(
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

describe("a server that is created or adopted", () => {
  it("is sent once when the answer arrives", async () => {
    await withHetzner([{ ...post, status: 201, json: made }], async ({ servers }) => {
      const settled = await servers.createOrAdopt(order);
      expect(settled).toMatchObject({ adopted: false, server: { id: 42 }, action: { id: 1 }, rootPassword: "pw" });
      expect(settled.nextActions.map(({ id }) => id)).toEqual([2]);
    });
  });

  it.each<[string, Exchange]>([
    ["a cut connection", { ...post, fault: "reset" }],
    ["a cut answer", { ...post, status: 201, json: made, fault: "truncate" }],
    ["an answer that makes no sense", { ...post, status: 201, text: "<html>" }],
    ["a gateway's time-out", { ...post, status: 504, text: "<html>" }],
    ["a fault of Hetzner's", { ...post, status: 500, json: wireError("server_error") }],
    ["a redirect", { ...post, status: 307, headers: { location: "http://127.0.0.1:9/" } }],
  ])("is adopted with its actions after %s, without being sent again", async (_, fault) => {
    await withHetzner([fault, found(wireServer(42, ours)), actionsOf], async ({ servers }) => {
      const settled = await servers.createOrAdopt(order);
      expect(settled).toMatchObject({ adopted: true, server: { id: 42 }, rootPassword: null });
      expect([settled.action?.id, settled.nextActions.map(({ id }) => id)]).toEqual([1, [2]]);
    });
  });

  it("is sent again only after a look that found none", async () => {
    const script = [...lost, noLook, found(), { ...post, status: 201, json: made }];
    await withHetzner(script, async ({ servers }, slept) => {
      expect(await servers.createOrAdopt(order)).toMatchObject({ adopted: false, server: { id: 42 } });
      expect(slept).toEqual([1_000, 1_500]);
    });
  });

  it("is adopted when the name turns out to be taken by the first try", async () => {
    const script = [timedOut, found(), taken, found(), found(wireServer(42, ours)), actionsOf];
    await withHetzner(script, async ({ servers }) => {
      expect(await servers.createOrAdopt(order)).toMatchObject({ adopted: true, server: { id: 42 } });
    });
  });

  it("is not looked for when it is certain that nothing happened", async () => {
    const answers: [Partial<Exchange>, string][] = [
      [{ status: 409, json: wireError("uniqueness_error") }, "conflict"],
      [{ status: 412, json: wireError("resource_unavailable") }, "capacity"],
      [{ status: 429, json: wireError("rate_limit_exceeded") }, "rate_limited"],
    ];
    for (const [answer, wanted] of answers) {
      await withHetzner([{ ...post, ...answer }], async ({ servers }) => {
        const error = await errorOf(servers.createOrAdopt(order));
        expect(error).toMatchObject({ class: wanted, effect: "none", operation: "servers.create" });
      });
    }
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ["other labels", { labels: { ...labels, order: "o-2" } }, ["labels"]],
    ["fewer labels", { labels: { managed_by: "me" } }, ["labels"]],
    ["another type", { server_type: { id: 1, name: "cx33" } }, ["server_type"]],
    ["another location", { location: { id: 2, name: "nbg1" } }, ["location"]],
    ["no location", { location: null }, ["location"]],
    ["an age beyond this call and any skew", { created: "1970-01-01T00:14:39Z" }, ["created"]],
    ["an age that cannot be read", { created: "yesterday" }, ["created"]],
    ["nothing in common", { server_type: { id: 1, name: "x" }, labels: {} }, ["server_type", "labels"]],
  ])("is never one with %s, which is a conflict", async (_, overrides, fields) => {
    await withHetzner([...lost, found(wireServer(42, { ...ours, ...overrides }))], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order));
      expect(error).toMatchObject({
        class: "conflict",
        code: null,
        operation: "servers.createOrAdopt",
        retryable: false,
      });
      expect(error.details.fields.map(({ name }) => name)).toEqual(fields);
    });
  });

  it.each<[string, { serverType?: string | number; location?: string }]>([
    ["a type by id", { serverType: 114 }],
    ["a type by id as text", { serverType: "114" }],
    ["a location by id as text", { location: "1" }],
  ])("may have been ordered with %s, and be as old as the skew allows", async (_, by) => {
    const wire = { ...body, ...(by.location && { location: by.location }), server_type: by.serverType ?? "cx23" };
    const old = { ...ours, created: "1970-01-01T00:14:40Z" };
    const script = [{ ...post, body: wire, fault: "reset" as const }, found(wireServer(42, old)), actionsOf];
    await withHetzner(script, async ({ servers }) => {
      expect((await servers.createOrAdopt({ ...order, ...by })).adopted).toBe(true);
    });
  });

  it("is not one of another name, even if the list ignores the name", async () => {
    const script = [...lost, found(wireServer(41, { name: "web-2", labels })), { ...post, status: 201, json: made }];
    await withHetzner(script, async ({ servers }) => {
      expect((await servers.createOrAdopt(order)).server.id).toBe(42);
    });
  });

  it("is given up after 4 tries, with the last error and the effect open", async () => {
    const round = [timedOut, found()];
    await withHetzner([...round, ...round, ...round, ...round], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order));
      expect(error).toMatchObject({ class: "timeout", effect: "unknown" });
    });
  });

  it("is never sent again after uniqueness_error: only looked for", async () => {
    const script = [timedOut, found(), taken, found(), noLook, found()];
    await withHetzner(script, async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order));
      expect(error).toMatchObject({ class: "conflict", code: "uniqueness_error", effect: "unknown" });
      expect(error.message).toBe("servers.create: some text (uniqueness_error, 409)");
    });
  });

  it("leaves the effect open when a later try is refused", async () => {
    const refused = { ...post, status: 412, json: wireError("resource_unavailable") };
    await withHetzner([timedOut, found(), refused, found(), found(), found()], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order));
      expect(error).toMatchObject({ class: "capacity", effect: "unknown", httpStatus: 412 });
    });
  });

  it("is adopted only with its actions: a look that lost them is made again", async () => {
    const script = [...lost, found(wireServer(42, ours)), { ...actionsOf, status: 502, json: {} }];
    await withHetzner([...script, found(wireServer(42, ours)), actionsOf], async ({ servers }) => {
      expect((await servers.createOrAdopt(order)).action?.id).toBe(1);
    });
  });

  it.each<[string, Partial<Exchange>]>([
    ["unauthorized", { status: 401, json: wireError("unauthorized") }],
    ["forbidden", { status: 403, json: wireError("forbidden") }],
  ])("ends with a look that is useless to repeat: %s", async (wanted, refusal) => {
    await withHetzner([timedOut, { method: "GET", path: byName, ...refusal }], async ({ servers }, slept) => {
      const error = await errorOf(servers.createOrAdopt(order));
      expect(error).toMatchObject({ class: wanted, effect: "unknown", operation: "servers.list", retryable: false });
      expect(slept).toEqual([1_000]);
    });
  });

  it("ends at its deadline, however long the last look takes", async () => {
    const clock = makeSteppedClock();
    const check = async ({ servers }: Hetzner) => {
      const call = errorOf(servers.createOrAdopt(order, { deadlineMs: 2_500 }));
      await untilPausing(clock, 1_000);
      await clock.advance(1_000);
      await untilPausing(clock, 1_500);
      await clock.advance(1_500);
      expect(await call).toMatchObject({ class: "timeout", effect: "unknown", operation: "servers.create" });
      expect(clock.now()).toBe(1_002_500);
    };
    await withHetzner([timedOut, { ...found(), fault: "hang" }], check, { clock });
  });

  it("gives each request of a look only what is left then", async () => {
    const clock = makeSteppedClock();
    const check = async ({ servers }: Hetzner) => {
      const call = errorOf(servers.createOrAdopt(order, { deadlineMs: 2_500 }));
      await untilPausing(clock, 1_000);
      await clock.advance(1_000);
      await untilPausing(clock, 1_500);
      await clock.advance(700);
      page.resolve(Response.json({ servers: [wireServer(42, ours)], meta: lastPage }));
      await untilPausing(clock, 800);
      await clock.advance(800);
      expect(await call).toMatchObject({ effect: "unknown" });
    };
    const page = Promise.withResolvers<Response>();
    const answers = [Promise.resolve(Response.json(wireError("timeout"), { status: 504 })), page.promise];
    const fetch: typeof globalThis.fetch = async () => answers.shift() ?? new Promise(() => {});
    await withHetzner([], check, { clock, fetch });
  });

  it("is not sent without time", async () => {
    await withHetzner([], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt(order, { deadlineMs: 0 }));
      expect(error).toMatchObject({ class: "timeout", effect: "none" });
    });
  });

  it("ends before a pause that would outlast the call", async () => {
    const clock = makeSteppedClock();
    const check = async ({ servers }: Hetzner) => {
      const call = errorOf(servers.createOrAdopt(order, { deadlineMs: 2_500 }));
      await untilPausing(clock, 1_000);
      await clock.advance(1_000);
      expect(await call).toMatchObject({ class: "timeout", effect: "unknown" });
      expect(clock.now()).toBe(1_001_000);
    };
    await withHetzner([timedOut, found(), timedOut], check, { clock });
  });

  it("stops when the caller gives up", async () => {
    const clock = makeSteppedClock();
    const caller = new AbortController();
    const check = async ({ servers }: Hetzner) => {
      const call = expect(servers.createOrAdopt(order, { signal: caller.signal })).rejects.toThrow("enough");
      await untilPausing(clock, 1_000);
      caller.abort(new Error("enough"));
      await call;
      expect(clock.pending()).toEqual([]);
    };
    await withHetzner(lost, check, { clock });
  });

  it("needs labels to be known by", async () => {
    await withHetzner([], async ({ servers }) => {
      const error = await errorOf(servers.createOrAdopt({ ...order, labels: {} }));
      expect(error).toMatchObject({ class: "invalid_request", effect: "none" });
    });
  });
});

describe("a key that is created or adopted", () => {
  const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIccHCW76xx2rrPAUrjnuT6IjpEF1O+/U4IByVgv99Oi";
  const fingerprint = "77%3A79%3A69%3Ab1%3A4d%3Ac6%3Ab6%3A45%3A6a%3Ae9%3A52%3A29%3A04%3A3e%3A59%3A48";
  const key = { name: "deploy", publicKey };
  const send: Exchange = { method: "POST", path: "/ssh_keys", body: { name: "deploy", public_key: publicKey } };
  const list = (query: string, ...keys: unknown[]): Exchange => ({
    method: "GET",
    path: `/ssh_keys?${query}&page=1&per_page=50`,
    json: { ssh_keys: keys, meta: lastPage },
  });
  const byFingerprint = (...keys: unknown[]) => list(`fingerprint=${fingerprint}`, ...keys);
  const byKeyName = (...keys: unknown[]) => list("name=deploy", ...keys);

  it("is adopted by its fingerprint", async () => {
    await withHetzner([{ ...send, fault: "reset" }, byFingerprint(wireSshKey(9))], async ({ sshKeys }) => {
      expect(await sshKeys.createOrAdopt(key)).toMatchObject({ adopted: true, sshKey: { id: 9 } });
    });
  });

  it("is sent again when neither its fingerprint nor its name is there", async () => {
    const again = { ...send, status: 201, json: { ssh_key: wireSshKey(9) } };
    const script: Exchange[] = [{ ...send, fault: "reset" }, byFingerprint(), byKeyName(), again];
    await withHetzner(script, async ({ sshKeys }) => {
      expect(await sshKeys.createOrAdopt(key)).toMatchObject({ adopted: false, sshKey: { id: 9 } });
    });
  });

  it("is neither the same key under another name nor another key under its name", async () => {
    const other = { ...wireSshKey(9), fingerprint: "aa:bb" };
    const cases: [Exchange[], string][] = [
      [[byFingerprint(wireSshKey(9, "old"))], "name"],
      [[byFingerprint(), byKeyName(other)], "public_key"],
      [[byFingerprint({ ...wireSshKey(9), created: "1970-01-01T00:00:00Z" })], "created"],
    ];
    for (const [script, field] of cases) {
      await withHetzner([{ ...send, fault: "reset" }, ...script], async ({ sshKeys }) => {
        const error = await errorOf(sshKeys.createOrAdopt(key));
        expect(error).toMatchObject({ class: "conflict", code: null, details: { fields: [{ name: field }] } });
      });
    }
  });

  it("is sent only when it is a key", async () => {
    await withHetzner([], async ({ sshKeys }) => {
      expect(await errorOf(sshKeys.createOrAdopt({ ...key, publicKey: "no" }))).toMatchObject({ effect: "none" });
    });
  });
});
