/** `hcloud server metrics` plots what it gets, and panics on a series of nothing but zeros. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startMs } from "../../../local/hetzner/fixture.ts";
import { type Desk, openDesk } from "./cli.ts";

const { path: program, missing } = inject("hcloudCli");
const skipped = missing === null ? "" : ` (SKIPPED: ${missing})`;

describe.skipIf(program === null)(`hcloud server metrics${skipped}`, () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(program ?? "");
    await desk.say("server", "create", "--type", "cx23", "--image", "debian-12", "--name", "web");
  });
  afterAll(() => desk.close());

  /** Around the instant the server was made at, by the desk's clock. */
  const hoursFrom = (hours: number) => new Date(startMs + hours * 3_600_000).toISOString();
  const spans: readonly (readonly [string, readonly string[]])[] = [
    ["while the server ran", ["--start", hoursFrom(1), "--end", hoursFrom(2)]],
    ["before it was made", ["--start", hoursFrom(-3), "--end", hoursFrom(-2)]],
    ["over its creation", ["--start", hoursFrom(-1), "--end", hoursFrom(1)]],
  ];
  const types = ["cpu", "disk", "network"];

  const plots = (power: string) =>
    test.each(types.flatMap((type) => spans.map(([when, span]) => [type, when, span] as const)))(
      `plots %s %s (${power})`,
      async (type, _when, span) => {
        const out = await desk.say("server", "metrics", "web", "--type", type, ...span);
        expect(out).toMatch(/[┤┼]/);
        expect(out).toContain(type);
      },
    );

  describe("of a server that runs", () => plots("on"));
  describe("of a server that is off", () => {
    beforeAll(async () => {
      await desk.say("server", "poweroff", "web");
      expect(desk.simulator.serverByName("web")?.status).toBe("off");
    });
    plots("off");
  });
});
