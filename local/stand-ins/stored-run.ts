/** A run of a playbook as a stand-in's disk has it: pure decisions on where it is and how it ended. */
import type { Ending, Ran, RunScript } from "./playbooks.ts";
import type { RunningWork } from "./work.ts";

/** What a node keeps of one run. */
export interface StoredRun {
  readonly id: string;
  readonly playbook: string;
  readonly vars: unknown;
  readonly script: RunScript;
  readonly startedAtMs: number;
  /** What it really does; null: nothing, its script says how it ends. */
  readonly work: RunningWork | null;
  /** Answers, each with when it came. */
  readonly given: { readonly answer: unknown; readonly atMs: number }[];
  /** When its process went away before its end; null: it did not. */
  cutOffAtMs: number | null;
  ending: Ending | null;
}

/** What a machine keeps of runs. */
export interface RunDisk {
  readonly bundles: Set<string>;
  /** In the order in which they were begun. */
  readonly runs: Map<string, StoredRun>;
  /** What was fetched for a restore, by the id of its backup. */
  readonly archives: Map<string, Buffer>;
}

export const makeRunDisk = (): RunDisk => ({ bundles: new Set(), runs: new Map(), archives: new Map() });

const msOf = ({ seconds = 5 }: RunScript): number => seconds * 1000;

/** Where a run is: at what it asked for, or on its way to `atMs`. */
export const progressOf = ({ script, startedAtMs, given, work }: StoredRun) => {
  if (work !== null) {
    const need = work.need();
    return { need, atMs: startedAtMs + (need === undefined ? msOf(script) : 0) };
  }
  const asks = script.asks ?? [];
  const sliceMs = msOf(script) / (asks.length + 1);
  const answered = Math.min(given.length, asks.length);
  const sinceMs = answered === 0 ? startedAtMs : (given[answered - 1]?.atMs ?? startedAtMs);
  return { need: asks[answered], atMs: sinceMs + sliceMs };
};

/** The end that a run has come to by itself; undefined while it goes on. It is what it was when it was first seen. */
export const endingOf = (run: StoredRun, nowMs: number): Ending | undefined => {
  if (run.ending !== null) return run.ending;
  const { need, atMs } = progressOf(run);
  if (need !== undefined || nowMs < atMs) return undefined;
  run.ending = run.work === null ? scriptedEnd(run) : run.work.ending();
  return run.ending ?? undefined;
};

const scriptedEnd = (run: StoredRun): Ending | null => {
  const { end } = run.script;
  if (end === "hangs" || end === "is_cut_off") return null;
  return typeof end === "object" ? end : (end?.(asRan(run)) ?? { result: {} });
};

const asRan = ({ id, vars, given }: StoredRun): Ran => ({ id, vars, given: given.map(({ answer }) => answer) });

export const isCutOff = (run: StoredRun, nowMs: number): boolean =>
  run.cutOffAtMs !== null || (run.script.end === "is_cut_off" && nowMs >= progressOf(run).atMs);

/** The power goes, or somebody ends a run: what has not ended by now never will. */
export const cutOffRuns = ({ runs }: RunDisk, nowMs: number, id?: string): void => {
  for (const run of runs.values()) {
    const isMeant = id === undefined || run.id === id;
    if (!isMeant || run.cutOffAtMs !== null || endingOf(run, nowMs) !== undefined) continue;
    run.cutOffAtMs = nowMs;
    run.work?.stop();
  }
};

/** What a run that has succeeded by now found out, as one object; undefined: it has not. */
export const resultOf = (run: StoredRun, nowMs: number): { readonly result: unknown } | undefined => {
  const ending = run.cutOffAtMs === null ? endingOf(run, nowMs) : undefined;
  return ending !== undefined && "result" in ending ? ending : undefined;
};

/** Has a run of this playbook succeeded on this disk? */
export const hasSucceeded = ({ runs }: RunDisk, playbook: string, nowMs: number): boolean =>
  [...runs.values()].some((run) => run.playbook === playbook && resultOf(run, nowMs) !== undefined);
