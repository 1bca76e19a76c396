import { spawn } from "node:child_process";

/** Output kept of a command: its end, which is where errors are. */
const keptOutputChars = 200_000;

export interface RunInput {
  command: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  timeoutMs: number;
  /** Ends the command, with everything it started, when aborted. */
  signal?: AbortSignal | undefined;
}

export interface RunResult {
  /** Exit code; null when the command was ended by a signal. */
  code: number | null;
  /** Standard output and error as they came, the last part of them. */
  output: string;
  timedOut: boolean;
}

/**
 * Runs a command to its end in a process group of its own, so that a deadline, an abort or our own exit ends all of it.
 * Rejects when it cannot be started (`ENOENT`: no such command) and, with the signal's reason, when aborted.
 */
export async function run(input: RunInput): Promise<RunResult> {
  input.signal?.throwIfAborted();
  const child = spawn(input.command, input.args, {
    cwd: input.cwd,
    env: input.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = () => killGroup(child.pid);
  const result: RunResult = { code: null, output: "", timedOut: false };
  const keep = (chunk: Buffer) => {
    result.output = (result.output + chunk.toString("utf8")).slice(-keptOutputChars);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const timer = setTimeout(() => {
    result.timedOut = true;
    end();
  }, input.timeoutMs);
  process.once("exit", end);
  input.signal?.addEventListener("abort", end, { once: true });
  try {
    result.code = await ended(child);
  } finally {
    clearTimeout(timer);
    process.removeListener("exit", end);
    input.signal?.removeEventListener("abort", end);
  }
  input.signal?.throwIfAborted();
  return result;
}

function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code));
  });
}

/** Ends a whole process group at once; a group that is gone already is fine. */
export function killGroup(leaderPid: number | undefined): void {
  if (leaderPid === undefined) return;
  try {
    process.kill(-leaderPid, "SIGKILL");
  } catch {
    // ESRCH: nothing left in the group.
  }
}

/** The last lines of an output that say something, for an error message. */
export function lastLines(output: string, count: number): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}
