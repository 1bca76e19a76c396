import { describe, expect, it } from "vitest";
import { backup as contract, RETENTION_DAYS } from "../../contracts/site-models.ts";
import { type BackupRecord, isRestorable, latestRestorable, presentBackup } from "./backup.ts";
import { environmentId, makeBackup, restoredId } from "./testing/backups.ts";
import { startMs } from "./testing.ts";

const DAY_MS = 86_400_000;

describe("a backup that can be restored", () => {
  it.each([
    ["completed and kept", {}, true],
    ["pending", { status: "pending" }, false],
    ["running", { status: "running" }, false],
    ["failed", { status: "failed" }, false],
    ["of unknown checksum", { checksum: null }, false],
    ["of unknown size", { sizeBytes: null }, false],
    ["kept for one more millisecond", { retentionUntilMs: startMs + 1 }, true],
    ["over", { retentionUntilMs: startMs }, false],
  ] as const)("%s: %j", (_, change: Partial<BackupRecord>, expected) => {
    expect(isRestorable(makeBackup(change), startMs)).toBe(expected);
  });
});

describe("the backup that a drill tries out", () => {
  const at = (id: string, completedAtMs: number, change: Partial<BackupRecord> = {}) =>
    makeBackup({ id, completedAtMs, ...change });

  it("is the latest that can be restored, whatever its scope", () => {
    const backups = [
      at("old", 1),
      at("latest", 3, { scope: "db" }),
      at("middle", 2),
      at("broken", 4, { status: "failed" }),
    ];
    expect(latestRestorable(backups, startMs)?.id).toBe("latest");
  });

  it("is none when there is none", () => {
    expect(latestRestorable([at("over", 1, { retentionUntilMs: 0 })], startMs)).toBeUndefined();
  });
});

describe("what the API shows", () => {
  it("is what the contract says", () => {
    expect(contract.parse(presentBackup(makeBackup(), startMs))).toEqual({
      id: restoredId,
      environment_id: environmentId,
      backup_scope: "full",
      status: "completed",
      storage_type: "s3",
      storage_path: `backups/${environmentId}/${restoredId}.tar.zst`,
      retention_until: new Date(startMs + RETENTION_DAYS * DAY_MS).toISOString(),
      checksum: "ab".repeat(32),
      size_bytes: 1000,
      last_drill: null,
      job_id: makeBackup().jobId,
      created_at: new Date(startMs).toISOString(),
      completed_at: new Date(startMs - 3_600_000).toISOString(),
    });
  });

  it("calls a completed backup expired when its time is over, and a failed one failed", () => {
    const laterMs = startMs + RETENTION_DAYS * DAY_MS;
    expect(presentBackup(makeBackup(), laterMs).status).toBe("expired");
    expect(presentBackup(makeBackup({ status: "failed" }), laterMs).status).toBe("failed");
  });

  it("tells of the last drill", () => {
    const drill = { atMs: startMs, succeeded: false, jobId: restoredId };
    expect(presentBackup(makeBackup({ drill }), startMs).last_drill).toEqual({
      at: new Date(startMs).toISOString(),
      succeeded: false,
      job_id: restoredId,
    });
  });
});
