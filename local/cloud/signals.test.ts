import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { untilToldToStop } from "./signals.ts";

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

function listen() {
  const process = new FakeProcess();
  const clock = { nowMs: 5000 };
  return { process, clock, told: untilToldToStop(process, () => clock.nowMs) };
}

it.each([
  { signal: "SIGINT", code: 130 },
  { signal: "SIGTERM", code: 143 },
  { signal: "SIGHUP", code: 129 },
])("stops in order on $signal", async ({ signal, code }) => {
  const { process, told } = listen();
  process.emit(signal);
  await expect(told.promise).resolves.toBe("told");
  expect(told.signal.aborted).toBe(true);
  expect(told.exitCode()).toBe(code);
  expect(process.exits).toEqual([]);
});

it.each([
  { laterMs: 0, exits: [] },
  { laterMs: 1000, exits: [] },
  { laterMs: 1001, exits: [130] },
])("answers a second Ctrl-C $laterMs ms later with exits $exits", ({ laterMs, exits }) => {
  const { process, clock } = listen();
  process.emit("SIGINT");
  clock.nowMs += laterMs;
  process.emit("SIGINT");
  expect(process.exits).toEqual(exits);
});
