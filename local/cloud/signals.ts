import type { EventEmitter } from "node:events";

const stopSignals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
type StopSignal = keyof typeof stopSignals;

/**
 * What follows a Ctrl-C within this time is the same keystroke: a terminal sends it to the whole foreground group, npm
 * among it, and npm passes it on to us once more.
 */
const sameKeystrokeMs = 1000;

export interface Told {
  /** Aborted when we are told to stop. */
  readonly signal: AbortSignal;
  /** Resolves when we are told to stop. */
  readonly promise: Promise<"told">;
  /** What the shell expects of a process ended by that signal. */
  exitCode(): number;
}

type Process = Pick<EventEmitter, "on"> & { exit(code: number): void };

/** Listens for Ctrl-C, a kill and a closed terminal; a second one ends the process at once. */
export function untilToldToStop(process: Process, nowMs: () => number): Told {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<"told">();
  let first: { readonly atMs: number; readonly code: number } | undefined;
  const hear = (name: StopSignal) => {
    const code = 128 + stopSignals[name];
    if (first !== undefined && nowMs() - first.atMs > sameKeystrokeMs) process.exit(code);
    if (first !== undefined) return;
    first = { atMs: nowMs(), code };
    stop.abort(new Error(`stopped by ${name}`));
    resolve("told");
  };
  process.on("SIGINT", () => hear("SIGINT"));
  process.on("SIGTERM", () => hear("SIGTERM"));
  process.on("SIGHUP", () => hear("SIGHUP"));
  return { signal: stop.signal, promise, exitCode: () => first?.code ?? 0 };
}
