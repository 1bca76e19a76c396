/**
 * A crash at a numbered point: every outside call and every write counts; at the chosen one the process is "gone", which is
 * a promise that never settles. Whoever awaits it is abandoned with its lease standing, exactly as a killed Lambda is.
 */

export interface Crash {
  /** The point at which it happens, counted from 1 over the whole run. */
  readonly point: number;
  /** Before the call leaves, or after it has taken effect and before anybody hears of it. */
  readonly when: "before" | "after";
}

export interface Interrupts {
  /** Wraps an outside call or a write. */
  through<T>(label: string, call: () => Promise<T>): Promise<T>;
  /** What has been passed so far, in order. */
  points(): readonly string[];
  /** How often it has happened. */
  crashes(): number;
  /** Settles when the crash happens; a new one after each `revive`. */
  crashed(): Promise<"crashed">;
  /** The next process starts. */
  revive(): void;
  /** Crashes from here on, counted from the first point of the whole run as all are. */
  plan(crashes: readonly Crash[]): void;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export const makeInterrupts = (crashes: readonly Crash[]): Interrupts => {
  const points: string[] = [];
  const planned = [...crashes];
  let down = false;
  let announce: (value: "crashed") => void = () => undefined;
  let crashed = new Promise<"crashed">((resolve) => {
    announce = resolve;
  });
  let count = 0;
  const die = <T>(): Promise<T> => {
    down = true;
    count += 1;
    announce("crashed");
    return never<T>();
  };
  return {
    through: async (label, call) => {
      if (down) return never();
      points.push(label);
      const crash = planned.find(({ point }) => point === points.length);
      if (crash?.when === "before") return die();
      const result = call();
      if (crash === undefined) return result;
      await result.catch(() => undefined);
      return die();
    },
    points: () => points,
    crashes: () => count,
    crashed: () => crashed,
    revive: () => {
      down = false;
      crashed = new Promise((resolve) => {
        announce = resolve;
      });
    },
    plan: (more) => {
      planned.push(...more);
    },
  };
};
