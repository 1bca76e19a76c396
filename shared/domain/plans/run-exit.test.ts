/** The table of what the end of a run means. */
import { describe, expect, it } from "vitest";
import { type RunFailureKind, runFailures } from "../failure.ts";
import { judgeExit } from "./run-exit.ts";

const recap = (counts: object) => ({ changed: 0, unreachable: 0, failed: 0, ...counts });
type Recap = ReturnType<typeof recap> | null;
const [none, failed, unreachable] = [recap({}), recap({ failed: 1 }), recap({ unreachable: 1, failed: 1 })];

const rows: [number | null, Recap, string | null, RunFailureKind | null, boolean][] = [
  [0, none, "x", null, false],
  [0, null, null, null, false],
  [2, failed, "nginx : Reload it", "task_failed", true],
  [2, failed, null, "task_failed", true],
  [2, null, null, "unexpected_error", false],
  [2, none, null, "unexpected_error", false],
  [4, unreachable, "x", "unreachable", true],
  [4, null, null, "syntax_error", false],
  [4, failed, "x", "task_failed", true],
  [5, null, null, "syntax_error", false],
  [1, null, null, "play_error", true],
  [1, failed, "x", "task_failed", true],
  [250, null, null, "unexpected_error", false],
  [99, null, null, "unknown_exit", false],
  [127, null, null, "unknown_exit", false],
  [143, none, "x", "unknown_exit", false],
  [null, null, null, "unknown_exit", false],
  [124, null, "x", "timeout", true],
  [124, failed, "x", "timeout", true],
  [137, none, "x", "timeout", true],
  [75, null, null, "node_busy", true],
  [2, failed, "Backup is intact", "checksum_mismatch", false],
  [2, failed, "backup : Backup is intact", "checksum_mismatch", false],
  [2, failed, "backup : Backup is of this environment and complete", "backup_invalid", false],
  [2, failed, "restore : Backup is unpacked", "backup_invalid", false],
  [2, failed, "backup : Environment is there", "environment_gone", false],
  [2, failed, "restore : Node has room and services for it", "not_unpacked", false],
  [2, failed, "restore : There is room on the disk", "no_room", false],
  [2, failed, "environment : Restored site answers", "health_check_failed", false],
  [2, failed, "backup : Backup is stored", "upload_failed", true],
  [2, failed, "x : Backup is stored elsewhere", "task_failed", true],
  [2, failed, "constructor", "task_failed", true],
  [4, unreachable, "Backup is intact", "unreachable", true],
];

describe("judgeExit", () => {
  it.each(rows)("exit code %s, recap %o, task %s: %s, tried again: %s", (exitCode, seen, task, kind, retried) => {
    const judged = judgeExit({ exitCode, recap: seen, task });
    if (kind === null) return expect(judged).toBeNull();
    expect(judged?.failure).toMatchObject({ code: runFailures[kind].code, reason: runFailures[kind].reason });
    expect(judged?.retried).toBe(retried);
    expect(judged?.failure.message).toContain(String(exitCode));
    if (task !== null) expect(judged?.failure.message).toContain(task);
  });

  it("has a row here for every kind that an end can be", () => {
    const notEnds: RunFailureKind[] = [
      "interrupted",
      "backup_missing",
      "drill_failed",
      "bucket_unreachable",
      "site_timeout",
      "site_crashed",
    ];
    const ends = Object.keys(runFailures).filter((kind) => !notEnds.some((other) => other === kind));
    expect(ends.filter((kind) => !rows.some((row) => row[3] === kind))).toEqual([]);
  });
});
