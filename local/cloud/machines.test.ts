import { expect, test } from "vitest";
import { chooseMachines, type MachineChoice, type MachineWish } from "./machines.ts";

const rows: [MachineWish, NodeJS.Platform, string | null, MachineChoice["kind"]][] = [
  ["auto", "linux", null, "real"],
  ["auto", "linux", "real hosts need root", "stand-ins"],
  ["auto", "darwin", "real hosts need Linux", "none"],
  ["real", "linux", null, "real"],
  ["real", "linux", "real hosts need root", "refused"],
  ["real", "darwin", "real hosts need Linux", "refused"],
  ["stand-ins", "linux", null, "stand-ins"],
  ["stand-ins", "darwin", null, "none"],
];

test.each(rows)("--machines %s on %s, hindered by %s: %s", (wish, platform, obstacle, kind) => {
  expect(chooseMachines({ wish, platform, obstacle }).kind).toBe(kind);
});

test("a person hears why there are only stand-ins, unless that was the wish", () => {
  const obstacle = "real hosts need root";
  expect(chooseMachines({ wish: "auto", platform: "linux", obstacle })).toMatchObject({
    note: expect.stringContaining(obstacle),
  });
  expect(chooseMachines({ wish: "stand-ins", platform: "linux", obstacle: null })).toMatchObject({ note: null });
  expect(chooseMachines({ wish: "real", platform: "linux", obstacle })).toMatchObject({
    message: expect.stringContaining(obstacle),
  });
});
