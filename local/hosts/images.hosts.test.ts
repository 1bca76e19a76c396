import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { prepareImages } from "./images.ts";
import { baseDir } from "./names.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(`${baseDir}/test-images-`);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Processes that name the folder: the steps of a build, and who holds its lock. */
async function findWorkers(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.map((line) => line.replaceAll("\0", " ")).filter((line) => line.includes(dir));
}

describe("an image build that does not come to its end", () => {
  it("leaves nothing when it is told to stop", async () => {
    const lines: string[] = [];
    const controller = new AbortController();
    const build = prepareImages({ dir, log: (line) => lines.push(line), signal: controller.signal });
    const ended = expect(build).rejects.toThrow("enough");
    await expect.poll(findWorkers, { timeout: 10_000 }).not.toEqual([]);
    await sleep(2_000);
    controller.abort(new Error("enough"));
    await ended;
    expect(await findWorkers()).toEqual([]);
    expect(await readdir(dir)).toEqual([".lock"]);
    expect(lines).toEqual(["Image debian-12: the base system ..."]);
  });

  it("works no further when its owner is killed, and the next build begins anew", async () => {
    const script = `
      const { prepareImages } = await import("${import.meta.dirname}/images.ts");
      await prepareImages({ dir: process.env.DIR, log: console.log });`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { env: { DIR: dir } });
    await expect.poll(async () => (await readdir(dir)).length, { timeout: 10_000 }).toBeGreaterThan(1);
    await sleep(2_000);
    child.kill("SIGKILL");
    await expect.poll(findWorkers, { timeout: 5_000 }).toEqual([]);
    const controller = new AbortController();
    const next = prepareImages({ dir, log: () => controller.abort(new Error("enough")), signal: controller.signal });
    await expect(next).rejects.toThrow("enough");
    expect(await readdir(dir)).toEqual([".lock"]);
  });
});
