import type { Clock } from "./clock.ts";
import type { FailedStep } from "./failure.ts";

/** Says what is done, one line a step, with its seconds. */
export interface Steps {
  /** Runs a step; its name is kept for the report when it throws. `detail` becomes part of the line. */
  run<T>(name: string, work: () => Promise<T>, detail?: (made: T) => string): Promise<T>;
  /** The step that failed, or the one at work, and how long it has taken. */
  current(): FailedStep;
  /** A line beside the steps. */
  say(text: string): void;
}

export const makeSteps = (clock: Clock, print: (line: string) => void): Steps => {
  let current = { name: "start", startMs: clock.nowMs() };
  const secondsSince = (startMs: number): number => (clock.nowMs() - startMs) / 1_000;
  return {
    current: () => ({ name: current.name, seconds: secondsSince(current.startMs) }),
    say: (text) => print(`          ${text}`),
    run: async (name, work, detail) => {
      const startMs = clock.nowMs();
      current = { name, startMs };
      const made = await work();
      const seconds = secondsSince(startMs).toFixed(1).padStart(7);
      print(`${seconds} s ${[name, detail?.(made)].filter(Boolean).join(": ")}`);
      return made;
    },
  };
};
