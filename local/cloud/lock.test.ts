import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRunning, parseHolder, parseStartTime, takeLock } from "./lock.ts";

let file: string;
beforeEach(async () => {
  file = `${await mkdtemp(`${tmpdir()}/pressluft-`)}/cloud.lock`;
});
afterEach(() => rm(file.replace("/cloud.lock", ""), { recursive: true }));

/** Above the largest process number that Linux gives out. */
const nobody = 2 ** 30;

describe("lock of a checkout", () => {
  it("is refused while its process runs, naming it", async () => {
    await takeLock(file);
    await expect(takeLock(file)).rejects.toMatchObject({ name: "Held", pid: process.pid });
  });

  it("can be taken again once given back", async () => {
    const release = await takeLock(file);
    await release();
    await expect(takeLock(file)).resolves.toBeTypeOf("function");
  });

  it.each([
    { left: JSON.stringify({ pid: nobody, started: "1" }), why: "the process is gone" },
    {
      left: JSON.stringify({ pid: process.pid, started: "another time" }),
      why: "the number belongs to a later process",
    },
    { left: "{", why: "it is no lock" },
    { left: "", why: "it is empty" },
  ])("is taken over when $why", async ({ left }) => {
    await writeFile(file, left);
    await takeLock(file);
    expect(parseHolder(await readFile(file, "utf8"))?.pid).toBe(process.pid);
  });

  it("counts a process of another user as running", async () => {
    const started = parseStartTime(await readFile("/proc/1/stat", "utf8").catch(() => ""));
    await expect(isRunning({ pid: 1, started })).resolves.toBe(true);
  });
});

it.each([
  { stat: `7 (node) S ${Array.from({ length: 18 }, (_, index) => index).join(" ")} 4242 9`, started: "4242" },
  { stat: `7 (a) b (c) S ${Array.from({ length: 18 }, (_, index) => index).join(" ")} 4243 9`, started: "4243" },
  { stat: "", started: "" },
])("finds the start time $started in a stat line", ({ stat, started }) => {
  expect(parseStartTime(stat)).toBe(started);
});
