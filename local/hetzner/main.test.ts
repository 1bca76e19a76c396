import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let folder = "";
let children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "simulator-alone-"));
});
afterEach(async () => {
  const alive = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  await Promise.all(alive.map((child) => end(child, "SIGKILL")));
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

interface Program {
  readonly child: ChildProcess;
  readonly printed: () => string;
}

function launch(...args: readonly string[]): Program {
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  return { child, printed: () => text };
}

/** Ends a program and gives its exit code, null when the signal itself ended it. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const closed = once(child, "close");
  child.kill(signal);
  await closed;
  return child.exitCode;
}

/** What a started program printed: where it listens, and its tokens. */
async function start(...args: readonly string[]) {
  const program = launch("--port", "0", ...args);
  await vi.waitFor(() => expect(program.printed()).toContain("Ctrl-C"), { timeout: 10_000 });
  const word = (name: string) => new RegExp(`^${name} +(\\S+)$`, "m").exec(program.printed())?.[1] ?? "";
  return { child: program.child, endpoint: word("endpoint"), tokens: [word("read-write"), word("read-only")] as const };
}
type Started = Awaited<ReturnType<typeof start>>;

const headers = { "User-Agent": "test", "Content-Type": "application/json" };
const order = ({ endpoint, tokens: [token] }: Started, name: string) =>
  fetch(`${endpoint}/servers`, {
    method: "POST",
    headers: { ...headers, Authorization: `Bearer ${token}` },
    body: JSON.stringify({ name, server_type: "cx23", image: "debian-13" }),
  });
/** Text of the list of servers, as the read-only token sees it. */
const list = async ({ endpoint, tokens: [, token] }: Started) =>
  (await fetch(`${endpoint}/servers`, { headers: { "User-Agent": "test", Authorization: `Bearer ${token}` } })).text();

test("a server that was ordered is there after a kill -9 and a new start, for the same tokens", async () => {
  const dir = join(folder, "kept");
  const first = await start("--state", dir);
  expect((await order(first, "survivor")).status).toBe(201);
  await vi.waitFor(() => expect(readFileSync(join(dir, "state.json"), "utf8")).toContain('"survivor"'));
  await end(first.child, "SIGKILL");
  const second = await start("--state", dir);
  expect(second.tokens).toEqual(first.tokens);
  expect(await list(second)).toContain('"name":"survivor"');
  expect(["state.json", "tokens.json"].map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o600, 0o600]);
});

test("Ctrl-C saves what was done a moment before", async () => {
  const first = await start("--state", folder);
  expect((await order(first, "last-minute")).status).toBe(201);
  expect(await end(first.child, "SIGINT")).toBe(130);
  expect(await list(await start("--state", folder))).toContain('"name":"last-minute"');
});

test("without a folder nothing is kept: neither servers nor tokens", async () => {
  const first = await start();
  expect((await order(first, "short-lived")).status).toBe(201);
  expect(await end(first.child, "SIGTERM")).toBe(143);
  const second = await start();
  expect(second.tokens).not.toEqual(first.tokens);
  expect(await list(second)).toContain('"servers":[]');
});

test.each([
  ["an unknown flag", ["--prot", "1"], "Unknown option '--prot'"],
  ["a port that is none", ["--port", "70000"], "--port must be a number from 0 to 65535"],
  ["a folder without a name", ["--state", ""], "--state must name a folder"],
])("%s is refused in one line", async (_what, args, words) => {
  const { child, printed } = launch(...args);
  await once(child, "close");
  expect([child.exitCode, printed().trimEnd().split("\n")]).toEqual([1, [expect.stringContaining(words)]]);
});

test("a spoilt file of tokens is refused in one line that does not show it", async () => {
  writeFileSync(join(folder, "tokens.json"), '{"readWrite":"almost-a-token"}');
  const { child, printed } = launch("--port", "0", "--state", folder);
  await once(child, "close");
  expect(child.exitCode).toBe(1);
  expect(printed()).toMatch(/^The file [^\n]+ does not hold a simulator's tokens\.[^\n]+\n$/);
  expect(printed()).not.toContain("almost-a-token");
});

test("--help says how it is used, and listens nowhere", async () => {
  const { child, printed } = launch("--help");
  await once(child, "close");
  expect([child.exitCode, printed()]).toEqual([0, expect.stringContaining("--state DIR")]);
});
