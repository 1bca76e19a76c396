/** `npm start`, used, ended: what is there afterwards is what was there before. A cloud of its own, beside the one the tests use. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, expect, test } from "vitest";
import { readStack, type StackFile } from "../../local/cloud/stack-file.ts";
import { until } from "./client.ts";

const dir = ".local/e2e-start";

const start = (): ChildProcess =>
  spawn("node_modules/.bin/node", ["local/main.ts", "--dir", dir, "--machines", "stand-ins"], {
    stdio: ["ignore", "ignore", "inherit"],
  });

const ready = (): Promise<StackFile> =>
  until(180, async () => existsSync(`${dir}/stack.json`) && readStack(`${dir}/stack.json`));

const isAlive = (pid: number): boolean => {
  try {
    // A zombie that its parent has not read yet does nothing any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

const childrenOf = (pid: number): number[] =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => statusField(candidate, "PPid") === pid);

const statusField = (pid: number, name: string): number => {
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return Number.NaN;
  }
};

/** Links, mounts, listening sockets, and what the tools of the local cloud would leave among the temporary files. */
const machine = () => ({
  // Real hosts of another local cloud may come and go meanwhile; ours has stand-ins.
  links: readdirSync("/sys/class/net")
    .filter((name) => !/^plh/.test(name))
    .sort(),
  mounts: readFileSync("/proc/mounts", "utf8").split("\n").sort(),
  temporary: readdirSync(tmpdir())
    .filter((name) => /^(ministack|pip-|cdk|npm-)/.test(name))
    .sort(),
});

const isOpen = async (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

let running: ChildProcess | undefined;

afterEach(() => {
  running?.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

test("Ctrl-C leaves nothing behind", { timeout: 240_000 }, async () => {
  const before = machine();
  running = start();
  const stack = await ready();
  const { operator_email: email, operator_password: password } = stack;
  const login = await fetch(`${stack.base_url}/api/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  expect(login.status).toBe(200);
  const pids = [running.pid ?? 0, stack.emulator_pid, ...childrenOf(stack.emulator_pid)];
  expect(pids.length, "a Lambda worker is running").toBeGreaterThan(2);
  const exit = once(running, "exit");
  running.kill("SIGINT");
  await exit;
  await until(10, async () => pids.every((pid) => !isAlive(pid)));
  expect(existsSync(`${dir}/stack.json`)).toBe(false);
  for (const url of [stack.base_url, stack.hetzner_endpoint, stack.aws_endpoint]) expect(await isOpen(url)).toBe(false);
  expect(machine()).toEqual(before);
});

test("nor does an owner that is killed", { timeout: 240_000 }, async () => {
  running = start();
  const stack = await ready();
  const pids = [stack.emulator_pid, ...childrenOf(stack.emulator_pid)];
  running.kill("SIGKILL");
  await until(15, async () => pids.every((pid) => !isAlive(pid)));
  for (const url of [stack.base_url, stack.aws_endpoint]) expect(await isOpen(url)).toBe(false);
});
