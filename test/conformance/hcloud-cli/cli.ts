import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as z from "zod";
import { startMs, tokens } from "../../../local/hetzner/fixture.ts";
import {
  type Clock,
  makeSimulator,
  realClock,
  type ServedSimulator,
  type Simulator,
  serveSimulator,
} from "../../../local/hetzner/index.ts";

/** What the program said, and how it ended: 0 for success. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How one run differs from the usual. */
export interface RunOptions {
  readonly token?: string;
  readonly input?: string;
}

/** Hetzner's CLI on a simulator of its own. */
export interface Desk {
  readonly simulator: Simulator;
  run(args: readonly string[], options?: RunOptions): Promise<Said>;
  /** Runs, expects success, and gives what was printed. */
  say(...args: readonly string[]): Promise<string>;
  /** Runs with `-o json` and parses what was printed. */
  json<T>(schema: z.ZodType<T>, ...args: readonly string[]): Promise<T>;
  /** Writes a file for the program to read, and gives its path. */
  file(name: string, text: string): string;
  close(): Promise<void>;
}

/** Everything happens within tens of milliseconds, on a clock that runs from a fixed day. */
const latency = { requestMs: 0, createMs: 60, startMs: 40, deleteMs: 40 };
/** Debian's 1.30.3 takes the flag and looks twice a second all the same. */
const POLL = "--poll-interval=20ms";
const clockFrom = (beganMs: number): Clock => ({
  now: () => Math.round(startMs + performance.now() - beganMs),
  sleep: realClock.sleep,
});

/** Serves a simulator with one project; `limits` are the project's. */
export async function openDesk(
  program: string,
  limits: { readonly serverLimit?: number; readonly rateLimitPerHour?: number } = {},
): Promise<Desk> {
  const simulator = makeSimulator({
    clock: clockFrom(performance.now()),
    latency,
    projects: [
      {
        name: "demo",
        tokens: [
          { value: tokens.rw, permission: "rw" },
          { value: tokens.ro, permission: "ro" },
        ],
        ...limits,
      },
    ],
  });
  const served = await serveSimulator(simulator, { port: 0 });
  const folder = mkdtempSync(join(tmpdir(), "pressluft-hcloud-"));
  const run = makeRun(program, served, folder);
  const say = async (args: readonly string[]): Promise<string> => {
    const { code, out, err } = await run(args);
    if (code !== 0) throw new Error(`hcloud ${args.join(" ")} ended with ${code}: ${err}${out}`);
    return out;
  };
  return {
    simulator,
    run,
    say: (...args) => say(args),
    json: async (schema, ...args) => schema.parse(JSON.parse(await say([...args, "-o", "json"]))),
    file(name, text) {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    async close() {
      await served.stop();
      await simulator.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function makeRun(program: string, { endpoint }: ServedSimulator, folder: string): Desk["run"] {
  return (args, { token = tokens.rw, input } = {}) =>
    runHcloud({ program, endpoint, token, args: [...args, POLL], folder, input });
}

/** One run of the program. */
export interface HcloudRun {
  readonly program: string;
  readonly endpoint: string;
  readonly token: string;
  readonly args: readonly string[];
  /** Its home; default: one that does not exist. */
  readonly folder?: string;
  /** Its standard input; default none. */
  readonly input?: string | undefined;
}

/** Runs the program. No setting of the person who starts it may reach it, and the token is no argument. */
export function runHcloud({
  program,
  endpoint,
  token,
  args,
  folder = "/nonexistent",
  input,
}: HcloudRun): Promise<Said> {
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    HCLOUD_CONFIG: join(folder, "cli.toml"),
    HCLOUD_ENDPOINT: endpoint,
    HCLOUD_TOKEN: token,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { env, timeout: 60_000 }, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, out, err });
      else reject(new Error(`hcloud ${args.join(" ")} did not end: ${err}`, { cause: error }));
    });
    child.stdin?.end(input ?? "");
  });
}
