import { expect, test } from "vitest";
import * as z from "zod";
import { makeFixture, numberAt } from "./fixture.ts";

const answer = z.object({
  metrics: z.object({
    time_series: z.record(z.string(), z.object({ values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
});

/** The series of all types in a span of time, as numbers. */
async function seriesOf(call: ReturnType<typeof makeFixture>["call"], id: number, span: string) {
  const seen = await call("GET", `/servers/${id}/metrics?type=cpu,disk,network&${span}`);
  const { time_series } = answer.parse(seen.body).metrics;
  return Object.values(time_series).map(({ values }) => values.map(([, value]) => Number(value)));
}
const lastHour = "start=2026-11-22T11:00:05Z&end=2026-11-22T12:00:05Z";
const nextHour = "start=2026-11-22T13:00:00Z&end=2026-11-22T14:00:00Z";

test("a server that is off, or was not there, shows traces of load and no flat line, which hcloud cannot plot", async () => {
  const { call, clock, create } = makeFixture();
  const off = numberAt((await create("off", { start_after_create: false })).body, "server.id");
  const on = numberAt((await create("on")).body, "server.id");
  await clock.advance(5000);
  const loads = await seriesOf(call, on, nextHour);
  for (const quiet of [
    await seriesOf(call, off, nextHour),
    await seriesOf(call, on, lastHour.replaceAll("05Z", "00Z")),
  ]) {
    expect(quiet).toHaveLength(9);
    for (const [index, values] of quiet.entries()) {
      expect(Math.min(...values)).toBeGreaterThan(0);
      expect(Math.max(...values)).toBeGreaterThan(Math.min(...values));
      // All but the very last instant of the span before the server was made.
      expect(Math.max(...values.slice(0, -1))).toBeLessThan(0.01 * Math.min(...(loads[index] ?? [])));
    }
  }
});

test("a span of a few seconds is no flat line either", async () => {
  const { call, clock, create } = makeFixture();
  const id = numberAt((await create("off", { start_after_create: false })).body, "server.id");
  await clock.advance(5000);
  for (const values of await seriesOf(call, id, "start=2026-11-22T12:00:00Z&end=2026-11-22T12:00:05Z")) {
    expect(new Set(values).size).toBeGreaterThan(1);
  }
});
