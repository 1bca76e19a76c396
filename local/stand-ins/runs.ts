/** Runs of playbooks on a stand-in's disk, as the product's own commands find and change them. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { changeExit } from "../../shared/node/index.ts";
import { environmentsOn, hostsOf } from "./environments.ts";
import { type Ending, modeOf, type Playbooks, type RunScript } from "./playbooks.ts";
import { decideRun } from "./run-faults.ts";
import { cutOffRuns, endingOf, isCutOff, progressOf, type RunDisk, type StoredRun } from "./stored-run.ts";
import { beginWork } from "./work.ts";

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
  const hosts = hostsOf(vars, environmentsOn(disk, nowMs));
  const said = decideRun({ playbook, mode: modeOf(vars), hosts });
  const script = playbooks.begin({ serverId, id, playbook, vars, timeoutMinutes, atMs: nowMs }, said);
  const run = { id, playbook, vars, script, startedAtMs: nowMs, work: workOf(script, vars, disk) };
  disk.runs.set(id, { ...run, given: [], cutOffAtMs: null, ending: null });
  return 0;
};

/** Begun here and now. Null: the script says how the run ends. */
const workOf = ({ work, end, parts = 1 }: RunScript, vars: unknown, { archives }: RunDisk): StoredRun["work"] =>
  work === undefined || end !== undefined ? null : beginWork(work, { vars, parts, archives });

const fromOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "from" in value ? value.from : undefined;

/** An answer counts if the run waits for it. */
const give = ({ disk, nowMs }: Told, { run_id: id, answer }: Extract<Order, { change: "give" }>): number => {
  const run = disk.runs.get(id);
  if (run === undefined) return changeExit.noRun;
  const { need, atMs } = progressOf(run);
  const waits = need !== undefined && nowMs >= atMs && !isCutOff(run, nowMs);
  if (!waits || fromOf(answer) !== fromOf(need)) return 0;
  run.given.push({ answer, atMs: nowMs });
  run.work?.give(answer);
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
