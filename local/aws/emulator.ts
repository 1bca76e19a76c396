import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { toolFolder } from "./host.ts";
import { killGroup, lastLines } from "./run.ts";
import { ensureVenv } from "./venv.ts";

const launcherFile = fileURLToPath(new URL("launcher.py", import.meta.url));

/** An ordinary start takes under a second; a cold disk or a busy machine may need far longer. */
const startTimeoutMs = 60_000;

/** What the launcher needs to end its workers; after that the whole process group is ended. */
const stopGraceMs = 4_000;

export interface EmulatorInput {
  /** TCP port on 127.0.0.1. */
  port: number;
  /** A folder of this emulator alone, for its log (`emulator.log`) and its temporary files. */
  dir: string;
  /** The region of what has no region of its own (scheduled rules, for one). */
  region?: string;
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

export interface Emulator {
  /** `http://127.0.0.1:<port>`, for every AWS service. */
  endpoint: string;
  /** The emulator's process; its Lambda workers are its direct children. */
  pid: number;
  /** Settles when the emulator is gone, asked for or not. */
  exited: Promise<void>;
  /** Ends the emulator with its Lambda workers and removes its temporary files; never fails, takes seconds at most. */
  stop(): Promise<void>;
}

/**
 * Starts the AWS emulator, installing it first if need be, and waits until it answers. It ends with us: on `stop`, on
 * our exit, and when we are killed (the launcher sees its stdin end). Throws an Error that says what to do.
 */
export async function startEmulator(input: EmulatorInput): Promise<Emulator> {
  const { port, dir, log, signal } = input;
  const venv = await ensureVenv({ log, signal });
  await assertPortIsFree(port);
  const scratch = `${dir}/emulator-tmp`;
  const logFile = `${dir}/emulator.log`;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  // Lambda bundles are unpacked below this folder: without a package.json of their own, ".js" would inherit ours ("module").
  await writeFile(`${scratch}/package.json`, "{}\n");
  const output = await open(logFile, "w");
  const child = spawn(venv.python, [launcherFile, venv.version, scratch], {
    cwd: scratch,
    env: environment({ port, scratch, region: input.region ?? "eu-central-1" }),
    detached: true,
    stdio: ["pipe", output.fd, output.fd],
  });
  await output.close();
  const emulator = supervise({ child, port, scratch });
  try {
    await untilHealthy({ emulator, logFile, signal });
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  return emulator;
}

/** Everything the emulator sees. It hands its whole environment on to the Lambda functions, so this stays minimal. */
function environment({ port, scratch, region }: { port: number; scratch: string; region: string }) {
  return {
    PATH: `${toolFolder}:/usr/bin:/bin`,
    HOME: scratch,
    TMPDIR: scratch,
    STATE_DIR: `${scratch}/state`,
    LANG: "C.UTF-8",
    PYTHONUNBUFFERED: "1",
    GATEWAY_PORT: String(port),
    BIND_HOST: "127.0.0.1",
    // Queue URLs carry this name. An address, because `localhost` may resolve to ::1, where nothing listens.
    MINISTACK_HOST: "127.0.0.1",
    MINISTACK_REGION: region,
    IOT_MTLS_ENABLED: "0",
    SFTP_ENABLED: "0",
  };
}

function supervise({ child, port, scratch }: { child: ChildProcess; port: number; scratch: string }): Emulator {
  child.stdin?.on("error", () => {}); // EPIPE when it is gone before we close the pipe.
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const end = async () => {
    child.stdin?.end();
    await Promise.race([exited, sleep(stopGraceMs, undefined, { ref: false })]);
    killGroup(child.pid);
    await exited;
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  };
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= end();
    return stopping;
  };
  return { endpoint: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, exited, stop };
}

interface HealthInput {
  emulator: Emulator;
  logFile: string;
  signal: AbortSignal | undefined;
}

async function untilHealthy({ emulator, logFile, signal }: HealthInput): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  const ended = emulator.exited.then(() => "ended" as const);
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    if (await answers(`${emulator.endpoint}/_ministack/health`)) return;
    if ((await Promise.race([ended, sleep(50)])) === "ended") {
      const said = lastLines(await readFile(logFile, "utf8"), 1);
      throw new Error(`The AWS emulator did not start: ${said || "it said nothing"} (log: ${logFile})`);
    }
  }
  throw new Error(`The AWS emulator did not answer within ${startTimeoutMs / 1000} s (log: ${logFile})`);
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

/** Another program on the port would answer in the emulator's place. */
async function assertPortIsFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", () => reject(new Error(`Port ${port} is taken: the AWS emulator needs another one.`)));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve()));
  });
}
