/** `npm start` with real hosts behind the simulator, used as a person uses it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import * as models from "../../contracts/models.ts";
import { checkout } from "../../local/aws/host.ts";
import { readStack, type StackFile } from "../../local/cloud/stack-file.ts";
import { sweep } from "../../local/hosts/index.ts";
import { findLeftovers, listMachine, openQuietly } from "../../local/hosts/testing.ts";

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

async function until<T>(seconds: number, look: () => Promise<T | false>): Promise<T> {
  const endMs = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== false) return found;
    if (performance.now() > endMs) throw new Error(`not within ${seconds} s`);
    await pause(500);
  }
}

/** A person who is logged in and has connected Hetzner. */
async function makeClient(stack: StackFile) {
  const json = { "content-type": "application/json" };
  const post = (path: string, body: object, headers = {}) =>
    fetch(`${stack.base_url}/api/${path}`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: JSON.stringify(body),
    });
  const { operator_email: email, operator_password: password } = stack;
  const login = await post("login", { email, password });
  const cookie = { cookie: login.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
  const connected = await post("providers", { provider_id: "hetzner", api_token: stack.hetzner_token }, cookie);
  expect(await connected.json()).toMatchObject({ status: "connected" });
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
    schema.parse(await (await fetch(`${stack.base_url}/api/${path}`, { headers: cookie })).json());
  return {
    order: async (name: string): Promise<string> => {
      const choice = { server_type: "cx23", location: "nbg1", image: "debian-12" };
      const answer = await post("nodes", { provider_id: "hetzner", name, ...choice }, cookie);
      return z.object({ job_id: z.string() }).parse(await answer.json()).job_id;
    },
    ended: (jobId: string) =>
      until(300, async () => {
        const job = await get(`jobs/${jobId}`, models.job);
        return ["succeeded", "failed", "cancelled"].includes(job.status) && job;
      }),
    nodes: () => get("nodes", z.array(models.node)),
  };
}

const names = Array.from({ length: 20 }, (_, index) => `web-${index + 1}`);

test("twenty nodes asked for at once become active, and Ctrl-C leaves nothing behind", {
  timeout: 600_000,
}, async () => {
  const before = await listMachine();
  const client = await makeClient(await start());
  const startMs = performance.now();
  const jobs = await Promise.all((await Promise.all(names.map(client.order))).map(client.ended));
  process.stderr.write(`20 nodes to active: ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`);
  expect(jobs.map(({ status, error_message }) => error_message ?? status)).toEqual(names.map(() => "succeeded"));
  const nodes = await client.nodes();
  expect(nodes.map(({ status }) => status)).toEqual(names.map(() => "active"));
  expect(new Set(nodes.map(({ public_ip }) => public_ip)).size).toBe(20);
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
