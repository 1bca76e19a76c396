/** A smoke as a program: its environment, its output, and how it is told to stop. */
import { realClock } from "./clock.ts";
import { localCloud } from "./cloud.ts";
import { runSmoke } from "./run.ts";
import type { Story } from "./stories.ts";

const stopSignals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Both a terminal and whoever started us may pass on one and the same keystroke. */
const SAME_KEYSTROKE_MS = 1_000;

/** Runs a smoke and answers its exit code. The first signal to stop lets it clean up, a second one ends it at once. */
export const main = async (name: string, story: Story): Promise<number> => {
  const stop = new AbortController();
  let first: { readonly code: number; readonly atMs: number } | undefined;
  const hear = (code: number) => {
    if (first === undefined) {
      first = { code, atMs: realClock.nowMs() };
      stop.abort(new Error("told to stop"));
    } else if (realClock.nowMs() - first.atMs > SAME_KEYSTROKE_MS) process.exit(code);
  };
  for (const [signal, code] of Object.entries(stopSignals)) process.on(signal, () => hear(code));
  // A closed terminal takes no more text; that must not keep us from cleaning up.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const print = (line: string) => console.log(line);
  const input = { name, story, environment: process.env, program: localCloud, clock: realClock, print };
  const code = await runSmoke({ ...input, signal: stop.signal });
  return first?.code ?? code;
};
