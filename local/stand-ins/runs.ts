/** Runs of playbooks on a stand-in's disk, as the product's own commands find and change them. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { changeExit } from "../../shared/node/index.ts";
import type { Ending, Playbooks, Ran, RunScript } from "./playbooks.ts";

/** What a node keeps of one run. */
export interface StoredRun {
  readonly id: string;
  readonly playbook: string;
  readonly vars: unknown;
  readonly script: RunScript;
  readonly startedAtMs: number;
  /** Answers, each with when it came. */
  readonly given: { readonly answer: unknown; readonly atMs: number }[];
  /** When its process went away before its end; null: it did not. */
  cutOffAtMs: number | null;
  ending: Ending | null;
}

/** What a machine keeps of runs. */
export interface RunDisk {
  readonly bundles: Set<string>;
  readonly runs: Map<string, StoredRun>;
}

export const makeRunDisk = (): RunDisk => ({ bundles: new Set(), runs: new Map() });

/** Where a run is: at what it asked for, or on its way to `atMs`. */
const progressOf = ({ script, startedAtMs, given }: StoredRun) => {
  const asks = script.asks ?? [];
  const sliceMs = ((script.seconds ?? 5) * 1000) / (asks.length + 1);
  const answered = Math.min(given.length, asks.length);
  const sinceMs = answered === 0 ? startedAtMs : (given[answered - 1]?.atMs ?? startedAtMs);
  return { need: asks[answered], atMs: sinceMs + sliceMs };
};

/** The end that a run has come to by itself; undefined while it goes on. It is what it was when it was first seen. */
const endingOf = (run: StoredRun, nowMs: number): Ending | undefined => {
  if (run.ending !== null) return run.ending;
  const { need, atMs } = progressOf(run);
  const { end } = run.script;
  if (need !== undefined || end === "hangs" || end === "is_cut_off" || nowMs < atMs) return undefined;
  run.ending = typeof end === "object" ? end : (end?.(asRan(run)) ?? { result: {} });
  return run.ending;
};

const asRan = ({ id, vars, given }: StoredRun): Ran => ({ id, vars, given: given.map(({ answer }) => answer) });

const isCutOff = (run: StoredRun, nowMs: number): boolean =>
  run.cutOffAtMs !== null || (run.script.end === "is_cut_off" && nowMs >= progressOf(run).atMs);

/** The power goes, or somebody ends a run: what has not ended by now never will. */
export const cutOffRuns = ({ runs }: RunDisk, nowMs: number, id?: string): void => {
  for (const run of runs.values()) {
    const isMeant = id === undefined || run.id === id;
    if (isMeant && run.cutOffAtMs === null && endingOf(run, nowMs) === undefined) run.cutOffAtMs = nowMs;
  }
};

/** Has a run of this playbook succeeded on this disk? */
export const hasSucceeded = ({ runs }: RunDisk, playbook: string, nowMs: number): boolean =>
  [...runs.values()].some((run) => {
    const ending = run.playbook === playbook && run.cutOffAtMs === null ? endingOf(run, nowMs) : undefined;
    return ending !== undefined && "result" in ending;
  });

const recapLine = (counted: string): string =>
  `localhost                  : ok=3    changed=1    unreachable=${counted === "unreachable" ? 1 : 0}    failed=${counted === "failed" ? 1 : 0}`;

const outputOf = (run: StoredRun, ending: Ending | undefined): string[] => {
  const first = `TASK [${run.playbook} : simulated] ****`;
  if (ending === undefined) return [first];
  if ("result" in ending) return [first, "PLAY RECAP ****", recapLine("")];
  const failed = [`TASK [${ending.failedTask}] ****`, 'fatal: [localhost]: FAILED! => {"msg": "simulated"}'];
  const { recap = "failed" } = ending;
  return [first, ...failed, ...(recap === null ? [] : ["PLAY RECAP ****", recapLine(recap)])];
};

/** In the words of the product's own look. */
const lookAt = (disk: RunDisk, id: string, nowMs: number): object => {
  const run = disk.runs.get(id);
  if (run === undefined) return { state: "absent" };
  const ending = run.cutOffAtMs === null ? endingOf(run, nowMs) : undefined;
  const output = outputOf(run, ending);
  const said = { marks: output, tail: output };
  if (ending !== undefined) {
    const end = "result" in ending ? { exit_code: 0, result: ending.result } : { exit_code: ending.exitCode ?? 2 };
    return { state: "ended", ...said, ...end };
  }
  if (isCutOff(run, nowMs)) return { state: "interrupted", ...said };
  const { need, atMs } = progressOf(run);
  return { state: "running", ...said, need: nowMs >= atMs ? (need ?? null) : null };
};

const order = z.discriminatedUnion("change", [
  z.object({
    change: z.literal("start"),
    run_id: z.string(),
    playbook: z.string(),
    bundle: z.string(),
    timeout_minutes: z.number(),
    vars: z.unknown(),
  }),
  z.object({ change: z.literal("give"), run_id: z.string(), answer: z.unknown() }),
  z.object({ change: z.literal("stop"), run_id: z.string() }),
]);
type Order = z.infer<typeof order>;

/** The machine that is told. */
export interface Told {
  readonly serverId: number;
  readonly disk: RunDisk;
  readonly playbooks: Playbooks;
  readonly nowMs: number;
}

/** `archive`: what follows the line of JSON. */
const start = (told: Told, about: Extract<Order, { change: "start" }>, archive: Buffer): number => {
  const { serverId, disk, playbooks, nowMs } = told;
  const { run_id: id, playbook, vars, bundle, timeout_minutes: timeoutMinutes } = about;
  if (disk.runs.has(id)) return 0;
  if (!disk.bundles.has(bundle)) {
    if (archive.length === 0) return changeExit.noBundle;
    if (createHash("sha256").update(archive).digest("hex").slice(0, 16) !== bundle) return changeExit.damaged;
    disk.bundles.add(bundle);
  }
  const script = playbooks.begin({ serverId, id, playbook, vars, timeoutMinutes, atMs: nowMs });
  disk.runs.set(id, { id, playbook, vars, script, startedAtMs: nowMs, given: [], cutOffAtMs: null, ending: null });
  return 0;
};

const fromOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "from" in value ? value.from : undefined;

/** An answer counts if the run waits for it. */
const give = ({ disk, nowMs }: Told, { run_id: id, answer }: Extract<Order, { change: "give" }>): number => {
  const run = disk.runs.get(id);
  if (run === undefined) return changeExit.noRun;
  const { need, atMs } = progressOf(run);
  const waits = need !== undefined && nowMs >= atMs && !isCutOff(run, nowMs);
  if (waits && fromOf(answer) === fromOf(need)) run.given.push({ answer, atMs: nowMs });
  return 0;
};

const change = (told: Told, about: Order, archive: Buffer): number => {
  if (about.change === "start") return start(told, about, archive);
  if (about.change === "give") return give(told, about);
  cutOffRuns(told.disk, told.nowMs, about.run_id);
  return 0;
};

const split = (stdin: Buffer): { about: unknown; archive: Buffer } => {
  const end = stdin.indexOf("\n");
  return { about: JSON.parse(stdin.toString("utf8", 0, end)), archive: stdin.subarray(end + 1) };
};

/** Answers the product's look at a run: what it prints. */
export const tellOfRun = ({ disk, nowMs }: Told, stdin: Buffer): string =>
  JSON.stringify(lookAt(disk, z.object({ run_id: z.string() }).parse(split(stdin).about).run_id, nowMs));

/** Does what the product changes of a run: the exit code. */
export const changeStoredRun = (told: Told, stdin: Buffer): number => {
  const { about, archive } = split(stdin);
  return change(told, order.parse(about), archive);
};
