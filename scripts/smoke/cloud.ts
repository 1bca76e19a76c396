/** A local cloud of a smoke's own: `local/main.ts` as a child, as a person would start it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Clock } from "./clock.ts";
import { secretNames, type Target } from "./settings.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** Where the smokes' local cloud keeps its files; one runs at a time. */
export const cloudDir = ".local/smoke";

/** Without port flags it takes free ones. */
const programArgs = ["local/main.ts", "--dir", cloudDir, "--machines", "real"];

export interface Program {
  /** Of Node. */
  readonly args: readonly string[];
  /** Written once everything answers. */
  readonly stackFile: string;
  /** Where a person finds more, once it is gone. */
  readonly logs: string;
}

export const localCloud: Program = {
  args: programArgs,
  stackFile: resolve(checkout, cloudDir, "stack.json"),
  logs: `${cloudDir}/aws`,
};

/** No local cloud can be had here; the message says why. */
export class NoCloud extends Error {
  override name = "NoCloud";
}

export interface LocalCloud {
  readonly target: Target;
  /** Tells it to stop and waits until it is gone. Repeatable. */
  stop(): Promise<void>;
}

export interface CloudInput {
  readonly program: Program;
  readonly budgetSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(line: string): void;
  hide(secret: string): void;
}

/** What it needs to end hosts, emulator and simulator; after that it is killed. */
const STOP_MS = 120_000;

const stackSchema = z.object({
  base_url: z.url(),
  operator_email: z.string(),
  operator_password: z.string(),
  hetzner_token: z.string(),
});

/** Starts it and answers once it is ready. @throws NoCloud, or the signal's reason; nothing is left running then */
export const startCloud = async (input: CloudInput): Promise<LocalCloud> => {
  const { program, clock, signal, budgetSeconds } = input;
  signal.throwIfAborted();
  const child = spawn(process.execPath, program.args, {
    cwd: checkout,
    env: withoutSecrets(process.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit").catch(() => []);
  endWithUs(child);
  const stop = stopOnce(child, exited, clock);
  const late = AbortSignal.any([signal, clock.timeout(budgetSeconds * 1_000)]);
  try {
    return { target: await untilReady(input, child, late), stop };
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    throw error instanceof NoCloud ? error : new NoCloud(`it was not ready within ${budgetSeconds} s`);
  }
};

/** Told to stop also when this process ends in a hurry. */
const endWithUs = (child: ChildProcess): void => {
  const tell = () => void child.kill("SIGTERM");
  process.once("exit", tell);
  child.once("exit", () => process.removeListener("exit", tell));
};

const withoutSecrets = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !secretNames.some((secret) => secret === name)));

const stopOnce = (child: ChildProcess, exited: Promise<unknown>, clock: Clock): (() => Promise<void>) => {
  let stopping: Promise<void> | undefined;
  const end = async () => {
    child.kill("SIGTERM");
    const late = once(clock.timeout(STOP_MS), "abort").then(() => child.kill("SIGKILL"));
    await Promise.race([exited, late]);
    await exited;
  };
  return () => {
    stopping ??= end();
    return stopping;
  };
};

/** Its lines of progress begin with seconds and hold no secret; what it says once it runs does, so nothing else is passed on. */
const isProgress = (line: string): boolean => /^\s*\d+\.\d s {2}\S/.test(line);

const untilReady = (input: CloudInput, child: ChildProcess, late: AbortSignal): Promise<Target> =>
  new Promise((resolve, reject) => {
    let complaint = "";
    late.addEventListener("abort", () => reject(late.reason), { once: true });
    linesOf(child.stdout, (line) => {
      if (isProgress(line)) return input.say(line.trim());
      void readTarget(input).then((target) => target && resolve(target), reject);
    });
    linesOf(child.stderr, (line) => {
      if (line.trim() !== "") complaint = line.trim();
    });
    child.once("error", (error) => reject(new NoCloud(error.message)));
    child.once("close", (code) => reject(new NoCloud(complaint || `it ended with ${code ?? "a signal"}`)));
  });

const linesOf = (stream: NodeJS.ReadableStream | null, hear: (line: string) => void): void => {
  if (stream !== null) createInterface({ input: stream }).on("line", hear);
};

/** undefined while the file is not there; it is complete from its first instant. */
const readTarget = async ({ program, hide }: CloudInput): Promise<Target | undefined> => {
  const text = await readFile(program.stackFile, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const stack = stackSchema.parse(JSON.parse(text));
  const { operator_email: email, operator_password: password, hetzner_token: providerToken } = stack;
  hide(password);
  hide(providerToken);
  return { baseUrl: stack.base_url, credentials: { kind: "password", email, password }, providerToken };
};
