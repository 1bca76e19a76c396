import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hetzner, HetznerError, makeHetzner } from "./index.ts";
import { sampleToken } from "./testing/fixtures.ts";
import { type HostileAnswer, hostileAnswer, toResponse } from "./testing/hostile-answers.ts";
import { makeEagerClock } from "./testing/stepped-clock.ts";

// A property that fails prints its seed and the smallest case; `fc.assert(..., { seed })` runs it again.

const labels = { managed_by: "me" };
const order = { name: "web-1", serverType: "cx23", image: "debian-13", labels };
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIccHCW76xx2rrPAUrjnuT6IjpEF1O+/U4IByVgv99Oi";
const wait = { deadlineMs: 120_000 };
const unended = { status: "running", progress: 0, started: null, finished: null, resources: [], error: null };
const running = { id: 1, command: "create_server", ...unended };

/** Every operation there is. */
const operations: Record<string, (hetzner: Hetzner) => Promise<unknown>> = {
  "servers.create": ({ servers }) => servers.create(order),
  "servers.createOrAdopt": ({ servers }) => servers.createOrAdopt(order),
  "servers.get": ({ servers }) => servers.get(1),
  "servers.list": ({ servers }) => collect(servers.list({ name: "web-1" })),
  "servers.updateLabels": ({ servers }) => servers.updateLabels(1, labels),
  "servers.delete": ({ servers }) => servers.delete(1),
  "servers.powerOn": ({ servers }) => servers.powerOn(1),
  "servers.powerOff": ({ servers }) => servers.powerOff(1),
  "sshKeys.list": ({ sshKeys }) => collect(sshKeys.list()),
  "sshKeys.get": ({ sshKeys }) => sshKeys.get(1),
  "sshKeys.create": ({ sshKeys }) => sshKeys.create({ name: "deploy", publicKey }),
  "sshKeys.createOrAdopt": ({ sshKeys }) => sshKeys.createOrAdopt({ name: "deploy", publicKey }),
  "sshKeys.update": ({ sshKeys }) => sshKeys.update(1, { name: "new" }),
  "sshKeys.delete": ({ sshKeys }) => sshKeys.delete(1),
  "actions.get": ({ actions }) => actions.get(1),
  "actions.list": ({ actions }) => actions.list([1, 2]),
  "actions.wait": ({ actions }) => actions.wait([1, 2], wait),
  "actions.waitForCreated": ({ actions }) => actions.waitForCreated({ action: running, nextActions: [running] }, wait),
  "serverTypes.list": ({ serverTypes }) => collect(serverTypes.list()),
  "locations.list": ({ locations }) => collect(locations.list()),
  "images.list": ({ images }) => collect(images.list()),
  "pricing.get": ({ pricing }) => pricing.get(),
  "primaryIps.list": ({ primaryIps }) => collect(primaryIps.list()),
  "primaryIps.delete": ({ primaryIps }) => primaryIps.delete(1),
};

async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

/** All pauses pass at once, no time limit strikes. */
function makeClient(fetch: typeof globalThis.fetch): Hetzner {
  const limits = { readTimeoutMs: 100_000, writeTimeoutMs: 100_000, deadlineMs: 200_000 };
  return makeHetzner({ token: sampleToken, fetch, clock: makeEagerClock(60_001), random: () => 0.5, ...limits });
}

/** Answers with each in turn, again and again. */
function answering(answers: readonly HostileAnswer[]): typeof globalThis.fetch {
  let count = 0;
  return async () => {
    const answer = answers[count++ % answers.length];
    if (answer === undefined) throw new TypeError("no answer");
    return toResponse(answer);
  };
}

const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => error ?? "nothing thrown");

/** Everything that a log, a debugger or a table could show of it, and the stack. */
const shownOf = (outcome: unknown) =>
  [
    inspect(outcome, { depth: 9, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    JSON.stringify(outcome),
    String(outcome),
    outcome instanceof Error ? `${outcome.message}${outcome.stack}` : "",
    ...textsOf(outcome),
  ].join("\n");

/** All strings in it: `inspect` breaks long ones. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Reflect.ownKeys(value).flatMap((key) => [String(key), ...textsOf(Reflect.get(value, key))]);
}

const pieces = Array.from({ length: sampleToken.length - 11 }, (_, at) => sampleToken.slice(at, at + 12));
const leaksOf = (text: string) => pieces.filter((piece) => text.includes(piece));

describe("any answer at all", () => {
  it("is tried on every operation of the client", () => {
    const client = makeClient(answering([]));
    const all = Object.entries(client).flatMap(([group, methods]) =>
      Object.keys(methods).map((method) => `${group}.${method}`),
    );
    expect(Object.keys(operations).sort()).toEqual(all.sort());
  });

  it.each(Object.entries(operations))("%s gives a value or a HetznerError, and never the token", async (_, run) => {
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(hostileAnswer, { minLength: 1, maxLength: 3 }), async (answers) => {
        const outcome = await outcomeOf(run(makeClient(answering(answers))));
        kinds.add(outcome instanceof HetznerError ? outcome.class : "value");
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(HetznerError);
        expect(leaksOf(shownOf(outcome))).toEqual([]);
      }),
      { numRuns: 100 },
    );
    // Otherwise the answers would be too odd, or not odd enough, to tell anything.
    expect(kinds).toContain("value");
    expect(kinds.size).toBeGreaterThan(1);
  });
});

describe("a fetch that fails", () => {
  const thrown = fc.oneof(
    fc.anything(),
    fc
      .record({ code: fc.oneof(fc.string(), fc.constant(sampleToken.toUpperCase())) })
      .map((rest) => Object.assign(new TypeError("x"), rest)),
    fc.anything().map((cause) => new TypeError("fetch failed", { cause })),
  );

  it("is a HetznerError without the token, whatever it throws and when", async () => {
    await fc.assert(
      fc.asyncProperty(thrown, fc.boolean(), async (error, atOnce) => {
        const fetch = () => {
          if (atOnce) throw error;
          return Promise.reject(error);
        };
        const outcome = await outcomeOf(makeClient(fetch).servers.create(order));
        expect(outcome).toBeInstanceOf(HetznerError);
        expect(outcome).toMatchObject({ operation: "servers.create", httpStatus: null });
        expect(leaksOf(shownOf(outcome))).toEqual([]);
      }),
    );
  });
});

describe("pages", () => {
  const nextPage = fc.oneof(
    fc.integer({ min: -2, max: 300 }),
    fc.constantFrom(null, undefined, "2", 1.5, 2 ** 60),
    fc.maxSafeInteger(),
  );

  it("end, whatever is named as the next one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(nextPage, { minLength: 1, maxLength: 5 }), fc.boolean(), async (nexts, isRelative) => {
        const asked: number[] = [];
        const fetch: typeof globalThis.fetch = async (url) => {
          const page = Number(new URL(String(url)).searchParams.get("page"));
          const next = nexts[asked.push(page) % nexts.length];
          const named = isRelative && typeof next === "number" ? page + next : next;
          return Response.json({ servers: [], meta: { pagination: { next_page: named } } });
        };
        const outcome = await outcomeOf(collect(makeClient(fetch).servers.list()));
        if (outcome instanceof Error) expect(outcome).toMatchObject({ class: "unexpected_response", effect: "none" });
        expect(asked.length).toBeLessThanOrEqual(100);
        expect(asked).toEqual([...new Set(asked)].sort((a, b) => a - b));
      }),
    );
  });
});
