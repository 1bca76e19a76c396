/** What the end of a playbook run means: exit code, recap and the task that failed, as one table. */
import { jobErrorRetried } from "../../../contracts/errors.ts";
import { type RunFailureKind, runFailure } from "../failure.ts";
import type { Failure } from "../job.ts";
import type { RunFacts } from "./plan.ts";

type Ended = Pick<Extract<RunFacts, { reached: true }>, "exitCode" | "recap" | "task">;

/** `timeout` of coreutils ends what it runs with 124, or 137 when it must kill. */
const timedOut: readonly (number | null)[] = [124, 137];

/** The runner's own: another run would not end. */
const BUSY = 75;

/** Tasks whose failure says more than that a task failed. Their names are part of the playbooks' interface. */
const tellingTasks: ReadonlyMap<string, RunFailureKind> = new Map([
  ["Backup is intact", "checksum_mismatch"],
  ["Backup is of this environment and complete", "backup_invalid"],
  ["Backup is unpacked", "backup_invalid"],
  ["Environment is there", "environment_gone"],
  ["Node has room and services for it", "not_unpacked"],
  ["There is room on the disk", "no_room"],
  ["Restored site answers", "health_check_failed"],
  ["Backup is stored", "upload_failed"],
]);

/** Ansible documents no table of exit codes; these were seen (2, 4 and 1 stand for more than one thing, hence the recap). */
const kindOf = ({ exitCode, recap, task }: Ended): RunFailureKind | null => {
  if (exitCode === 0) return null;
  if (exitCode === BUSY) return "node_busy";
  if (timedOut.includes(exitCode)) return "timeout";
  if (recap !== null && recap.unreachable > 0) return "unreachable";
  if (recap !== null && recap.failed > 0) return failedTask(task);
  if (exitCode === 1) return "play_error";
  if (exitCode === 4 || exitCode === 5) return "syntax_error";
  return exitCode === 250 || exitCode === 2 ? "unexpected_error" : "unknown_exit";
};

const failedTask = (task: string | null): RunFailureKind => {
  const name = task?.split(" : ").at(-1) ?? "";
  return tellingTasks.get(name) ?? "task_failed";
};

/** No other attempt can end differently: the same backup is as damaged, the same site answers as little, the disk is as full, what is gone as gone. */
const lasting: readonly RunFailureKind[] = [
  "checksum_mismatch",
  "backup_invalid",
  "not_unpacked",
  "health_check_failed",
  "no_room",
  "environment_gone",
];

/** Null: it succeeded. */
export const judgeExit = (run: Ended): { kind: RunFailureKind; failure: Failure; retried: boolean } | null => {
  const kind = kindOf(run);
  if (kind === null) return null;
  const at = run.task === null ? "" : ` at the task "${run.task}"`;
  const failure = runFailure(kind, `The playbook failed${at} (exit code ${run.exitCode})`);
  return { kind, failure, retried: jobErrorRetried[failure.code] && !lasting.includes(kind) };
};
