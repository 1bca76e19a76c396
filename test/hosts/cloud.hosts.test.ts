/** `npm start` with real hosts behind the simulator, used as a person uses it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { checkout } from "../../local/aws/host.ts";
import { readStack, type StackFile } from "../../local/cloud/stack-file.ts";
import { sweep } from "../../local/hosts/index.ts";
import { findLeftovers, listMachine, openQuietly } from "../../local/hosts/testing.ts";
import { makeClient, until } from "./client.ts";

const dir = ".local/e2e-hosts";
const folder = resolve(checkout, dir);

/** Tools and image are there before anything is compared. */
beforeAll(async () => {
  await (await openQuietly(folder)).closeAll();
}, 900_000);

let running: ChildProcess | undefined;
afterEach(async () => {
  running?.kill("SIGKILL");
  await sweep(folder);
  rmSync(dir, { recursive: true, force: true });
});

const start = async (): Promise<StackFile> => {
  const args = ["local/main.ts", "--dir", dir, "--machines", "real"];
  running = spawn("node_modules/.bin/node", args, { stdio: ["ignore", "ignore", "inherit"] });
  return until(180, async () => existsSync(`${dir}/stack.json`) && readStack(`${dir}/stack.json`));
};

const names = Array.from({ length: 4 }, (_, index) => `web-${index + 1}`);

test("four nodes asked for at once become active, and Ctrl-C leaves nothing behind", {
  timeout: 1_500_000,
}, async () => {
  const before = await listMachine();
  const client = await makeClient(await start());
  const startMs = performance.now();
  const jobs = await Promise.all(
    (await Promise.all(names.map(client.order))).map((jobId) => client.ended(jobId, 1200)),
  );
  process.stderr.write(`4 nodes to active: ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`);
  expect(jobs.map(({ status, error_message }) => error_message ?? status)).toEqual(names.map(() => "succeeded"));
  const nodes = await client.nodes();
  expect(nodes.map(({ status }) => status)).toEqual(names.map(() => "active"));
  expect(new Set(nodes.map(({ public_ip }) => public_ip)).size).toBe(4);
  expect((await findLeftovers(before, 0)).length).toBeGreaterThan(100);
  const exit = running && once(running, "exit");
  running?.kill("SIGINT");
  await exit;
  expect(await findLeftovers(before)).toEqual([]);
});

test("what a killed owner leaves is swept", { timeout: 400_000 }, async () => {
  const before = await listMachine();
  const client = await makeClient(await start());
  const jobs = [await client.order("web-1"), await client.order("web-2")];
  for (const job of jobs) expect(await client.ended(job)).toMatchObject({ status: "succeeded" });
  const exit = running && once(running, "exit");
  running?.kill("SIGKILL");
  await exit;
  expect(await findLeftovers(before, 0)).not.toEqual([]);
  await sweep(folder);
  expect(await findLeftovers(before)).toEqual([]);
});
