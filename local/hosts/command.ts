import { spawn } from "node:child_process";
import { once } from "node:events";
import { killGroup } from "../aws/run.ts";

/** What every command and host gets of an environment: nothing of the caller's. */
export const plainEnvironment = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C.UTF-8",
};

export interface Command {
  /** The program and its arguments. Anybody on the machine can read them: never a secret. */
  readonly argv: readonly [string, ...string[]];
  /** Standard input; default none. */
  readonly input?: string;
  /** Default 10 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Added to `plainEnvironment`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: this process's own. */
  readonly cwd?: string;
  /** Exit codes that are no failure; default 0 alone. */
  readonly accept?: readonly number[];
}

export class CommandFailed extends Error {
  override name = "CommandFailed";
}

/** What ends the commands that run now. */
const running = new Set<() => void>();
process.once("exit", () => {
  for (const end of running) end();
});

const keptChars = 20_000;

/**
 * Runs a command to its end and answers with its standard output. The deadline, an abort and the end of this process end
 * all that it started.
 *
 * @throws CommandFailed with the last lines of its error output, when it cannot start, fails or takes too long
 */
export async function run({
  argv,
  input = "",
  timeoutMs = 10_000,
  signal,
  env,
  cwd,
  accept = [0],
}: Command): Promise<string> {
  signal?.throwIfAborted();
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    env: { ...plainEnvironment, ...env },
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const end = () => killGroup(child.pid);
  const timer = setTimeout(end, timeoutMs);
  running.add(end);
  signal?.addEventListener("abort", end, { once: true });
  let output = "";
  let complaint = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString("utf8")).slice(-keptChars)));
  child.stdin.on("error", () => {}); // It may end without reading all of it.
  child.stdin.end(input);
  try {
    const [code] = await once(child, "close");
    signal?.throwIfAborted();
    if (accept.includes(Number(code ?? -1))) return output;
    throw new CommandFailed(describeFailure(argv, code, complaint === "" ? output : complaint));
  } catch (error) {
    if (error instanceof CommandFailed || signal?.aborted) throw error;
    throw new CommandFailed(`${program}: ${error instanceof Error ? error.message : "cannot start"}`);
  } finally {
    clearTimeout(timer);
    running.delete(end);
    signal?.removeEventListener("abort", end);
  }
}

function describeFailure(argv: readonly string[], code: unknown, complaint: string): string {
  const lines = complaint.split("\n").filter((line) => line.trim() !== "");
  const how = code === null ? "was ended" : `failed (${String(code)})`;
  return `${argv.slice(0, 3).join(" ")} ${how}: ${lines.slice(-5).join(" | ")}`;
}

/** Runs a command whose failure means that there was nothing to do. */
export async function tryRun(argv: Command["argv"], input = ""): Promise<void> {
  await run({ argv, input }).catch((error: unknown) => {
    if (!(error instanceof CommandFailed)) throw error;
  });
}
