import { expect, test } from "vitest";
import { makeFixture } from "./fixture.ts";
import { makeRequestLog } from "./request-log.ts";

const incoming = { method: "GET", path: "/servers", query: new URLSearchParams(), headers: new Headers(), text: "" };
const entry = { atMs: 0, incoming, token: null, correlationId: "" };

test("the last 20,000 requests are kept, their numbers go on, and all are counted", () => {
  const log = makeRequestLog((text) => text);
  const cap = 20_000;
  for (let count = 1; count <= cap + 2; count += 1) {
    const number = log.add(entry);
    log.note(number, { outcome: "answer", status: 200, route: "/servers" });
    if (count === cap) expect([log.all().length, log.all()[0]?.number]).toEqual([cap, 1]);
  }
  expect([log.all().length, log.all()[0]?.number, log.all().at(-1)?.number]).toEqual([cap, 3, cap + 2]);
  expect(log.counts()).toMatchObject([{ total: cap + 2 }]);
  log.note(1, { status: 500 });
  log.note(3, { status: 404 });
  expect(log.all().slice(0, 2)).toMatchObject([{ status: 404 }, { status: 200 }]);
});

test("a request at which the simulator itself fails is counted, as a failure", async () => {
  const { create, simulator } = makeFixture({
    ipv4: () => {
      throw new Error("no addresses today");
    },
  });
  await expect(create("web")).rejects.toThrow("no addresses today");
  expect(simulator.requests()).toMatchObject([{ outcome: "failure", status: null, route: "/servers" }]);
  expect(simulator.counts()).toEqual([{ method: "POST", route: "/servers", total: 1, outcomes: { failure: 1 } }]);
  expect(simulator.state().projects[0]?.servers).toEqual([]);
});

test("a body above 1 MiB is refused, and noted by no more than that", async () => {
  const { call, simulator } = makeFixture();
  const fits = { name: "x".repeat(1_048_576 - 11) };
  expect(JSON.stringify(fits)).toHaveLength(1_048_576);
  expect((await call("POST", "/ssh_keys", fits)).status).toBe(422);
  const refused = await call("POST", "/ssh_keys", { name: `${fits.name}x` });
  expect(refused).toMatchObject({ status: 413, body: { error: { code: "invalid_input", details: null } } });
  expect(refused.headers.get("x-correlation-id")).toMatch(/^[0-9a-f]{32}$/);
  await call("POST", "/ssh_keys", `"${"x".repeat(1_048_576)}`);
  expect(simulator.requests().at(-1)).toMatchObject({ status: 413, body: "<more than 1048576 bytes>" });
});
