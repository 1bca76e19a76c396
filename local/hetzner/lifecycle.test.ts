import { describe, expect, test } from "vitest";
import * as z from "zod";
import { at, type Fixture, makeFixture, numberAt } from "./fixture.ts";

/** A running server and its id. */
async function makeRunning(): Promise<Fixture & { id: number }> {
  const fixture = makeFixture();
  const id = numberAt((await fixture.create("web")).body, "server.id");
  await fixture.clock.advance(5000);
  return { ...fixture, id };
}

const pendingPowerOffs = ({ simulator }: Fixture) =>
  z.object({ powerOffs: z.array(z.unknown()) }).parse(JSON.parse(simulator.snapshot())).powerOffs;

describe("at one instant", () => {
  test("what an action does comes before a deletion by hand", async () => {
    const { clock, create, simulator } = makeFixture();
    await create("web-fault-deleted-by-hand-1s");
    await clock.advance(1000);
    const actions = simulator.state().projects[0]?.actions.map(({ command, status }) => [command, status]);
    expect(actions).toEqual([
      ["create_server", "success"],
      ["start_server", "error"],
    ]);
  });
});

describe("a guest that was asked to shut down", () => {
  test("does not change what its server has become meanwhile", async () => {
    const { call, clock, id } = await makeRunning();
    await call("POST", `/servers/${id}/actions/shutdown`);
    await clock.advance(500);
    await call("DELETE", `/servers/${id}`);
    await clock.advance(600);
    expect(at((await call("GET", `/servers/${id}`)).body, "server.status")).toBe("deleting");
  });

  test("is forgotten with its server", async () => {
    const fixture = await makeRunning();
    await fixture.call("POST", `/servers/${fixture.id}/actions/shutdown`);
    await fixture.clock.advance(0);
    expect(pendingPowerOffs(fixture)).toHaveLength(1);
    fixture.simulator.deleteByHand(fixture.id);
    expect(pendingPowerOffs(fixture)).toEqual([]);
  });
});

test("an image that was being made of a server deleted by hand is gone, and its action failed", async () => {
  const { call, simulator, id } = await makeRunning();
  expect((await call("POST", `/servers/${id}/actions/create_image`)).status).toBe(201);
  expect(simulator.state().projects[0]?.images).toHaveLength(1);
  simulator.deleteByHand(id);
  expect(simulator.state().projects[0]?.images).toEqual([]);
  expect(simulator.state().projects[0]?.actions.at(-1)).toMatchObject({ command: "create_image", status: "error" });
});

describe("DELETE of a server", () => {
  test("that is protected and has a running action is refused as locked", async () => {
    const { create, call } = makeFixture();
    const id = numberAt((await create("web-fault-protected")).body, "server.id");
    expect(at((await call("DELETE", `/servers/${id}`)).body, "error.code")).toBe("locked");
  });

  test("that is protected and at rest is refused as protected", async () => {
    const { clock, create, call } = makeFixture();
    const id = numberAt((await create("web-fault-protected")).body, "server.id");
    await clock.advance(5000);
    expect(at((await call("DELETE", `/servers/${id}`)).body, "error.code")).toBe("protected");
  });
});

describe("progress", () => {
  const progressAfter = async (name: string, ms: number) => {
    const { call, clock, create } = makeFixture();
    const id = numberAt((await create(name)).body, "action.id");
    await clock.advance(ms);
    return at((await call("GET", `/actions/${id}`)).body, "action.progress");
  };

  test.each([
    [1, 0],
    [509, 50],
    [999, 99],
    [1000, 100],
  ])("of an action of a second is, %d ms on, rounded down to %d", async (ms, percent) => {
    expect(await progressAfter("web", ms)).toBe(percent);
  });

  test.each([
    [6315, 0],
    [6316, 1],
    [600_000, 94],
    [3_600_000, 95],
  ])("of one that hangs creeps: %d ms on it is %d", async (ms, percent) => {
    expect(await progressAfter("web-fault-action-stuck", ms)).toBe(percent);
  });
});
