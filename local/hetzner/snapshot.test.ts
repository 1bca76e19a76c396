import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FaultName, faultKinds } from "./fault-kinds.ts";
import { type Fixture, makeFixture, numberAt, publicKey } from "./fixture.ts";
import { worldSchema } from "./records.ts";
import { routes } from "./routes/table.ts";

/** What a restart would read. Throws where a state file could not be read again. */
const reread = ({ simulator }: Fixture) => worldSchema.parse(JSON.parse(simulator.snapshot()));

test.each(["delete", "poweron", "poweroff"])("a %s that is done late goes on after a restart", async (verb) => {
  const fixture = makeFixture();
  const name = `web-fault-${verb}-commits-late-60s`;
  const id = numberAt((await fixture.create(name)).body, "server.id");
  await fixture.clock.advance(5000);
  const path = verb === "delete" ? `/servers/${id}` : `/servers/${id}/actions/${verb}`;
  expect((await fixture.call(verb === "delete" ? "DELETE" : "POST", path)).status).toBe(504);
  expect(reread(fixture).lateCommits).toHaveLength(1);
  const again = makeFixture({ snapshot: fixture.simulator.snapshot() });
  await again.clock.advance(70_000);
  await fixture.clock.advance(65_000);
  expect(again.simulator.state().projects).toEqual(fixture.simulator.state().projects);
  const commands = again.simulator.state().projects[0]?.actions.map(({ command }) => command);
  expect(commands?.at(-1)).toBe({ delete: "delete_server", poweron: "start_server", poweroff: "stop_server" }[verb]);
});

/** One thing that happens to a simulator: a wait, or a request that may meet a fault. */
type Step = { readonly waitMs: number } | Ask;
interface Ask {
  readonly route: number;
  /** Which of the resources held it is about. */
  readonly nth: number;
  /** Null for no body. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly fault: { readonly kind: FaultName; readonly seconds: number } | null;
}

const value = fc.oneof(
  fc.constantFrom(
    "fsn1",
    "cx23",
    "cax11",
    "debian-13",
    "ipv4",
    "server",
    "backup",
    "1.2.3.4",
    "__proto__",
    "",
    "\ud800",
  ),
  fc.constantFrom(null, true, false, 0, -0, 1, 1.5, 1e300),
  fc.constantFrom([], [1], {}, { a: "b" }, { enable_ipv4: false }),
);
const fieldNames = ["labels", "user_data", "type", "delete", "rebuild", "ip", "dns_ptr", "location", "assignee_id"];
/** Without the one after which nothing more happens. Those that act later are met more often. */
const kinds = faultKinds.map(({ name }) => name).filter((name) => name !== "token_revoked");
const fault = fc.record({
  kind: fc.oneof(
    fc.constantFrom<FaultName>("commits_late", "deleted_by_hand", "action_stuck"),
    fc.constantFrom(...kinds),
  ),
  seconds: fc.constantFrom(0.5, 60, 315_360_000),
});
const ask: fc.Arbitrary<Ask> = fc.record({
  route: fc.nat(routes.length - 1),
  nth: fc.nat(3),
  fields: fc.option(fc.dictionary(fc.constantFrom(...fieldNames), value, { maxKeys: 2 }), { nil: null }),
  fault: fc.option(fault, { nil: null }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: ask },
  { weight: 1, arbitrary: fc.record({ waitMs: fc.nat(100_000) }) },
);

const orderOf = (route: string, count: number): Record<string, unknown> => {
  if (route === "/servers") return { name: `s${count}`, server_type: "cx23", image: "debian-13" };
  if (route === "/ssh_keys") return { name: `k${count}`, public_key: publicKey(count % 200) };
  return route === "/primary_ips" ? { name: `a${count}`, type: "ipv4", location: "fsn1" } : {};
};

async function send(fixture: Fixture, { route: index, nth, fields, fault }: Ask, count: number): Promise<void> {
  const { clock, call, simulator } = fixture;
  const { method, route } = routes[index] ?? { method: "GET", route: "/servers" };
  if (fault !== null) simulator.plan({ ...fault, method, route, sizeBytes: 10 });
  const held = Object.entries(simulator.state().projects[0] ?? {}).find(([kind]) => kind === route.split("/")[1])?.[1];
  const ids = Array.isArray(held) ? held.map((thing) => numberAt(thing, "id")) : [];
  const path = route.replace("{id}", String(ids[nth % ids.length] ?? 1)).replace("{action_id}", "1");
  const body = fields === null || method === "GET" ? undefined : { ...orderOf(route, count), ...fields };
  const abort = new AbortController();
  const asked = call(method, path, body, { signal: abort.signal }).catch(() => undefined);
  await clock.advance(0);
  abort.abort();
  await asked;
  simulator.clearPlan();
}

describe("whatever was asked for and went wrong", () => {
  test("the state can be read again, and a simulator made of it holds the same", async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const fixture = makeFixture();
      await fixture.create("first");
      await fixture.create("second", { start_after_create: false });
      await fixture.clock.advance(5000);
      for (const [count, one] of steps.entries()) {
        if ("waitMs" in one) await fixture.clock.advance(one.waitMs);
        else await send(fixture, one, count);
        reread(fixture);
      }
      const { simulator, clock } = fixture;
      const again = makeFixture({ snapshot: simulator.snapshot() });
      await again.clock.advance(clock.now() - again.clock.now());
      expect(again.simulator.state().projects).toEqual(simulator.state().projects);
      expect(reread(again)).toEqual(reread(fixture));
      expect(simulator.requests()).toHaveLength(2 + steps.filter((one) => "route" in one).length);
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
