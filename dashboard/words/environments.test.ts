import { describe, expect, it } from "vitest";
import { backupScopes, backupStatuses, siteStatuses } from "../../contracts/site-models.ts";
import { allowedIn, backupsAnswer, drillLook, primaryFirst, replacedBy } from "./environments.ts";

const drill = (succeeded: boolean) => ({ at: "2026-11-23T12:00:00Z", succeeded, job_id: "1" });

describe("what can be begun with an environment", () => {
  it.each(siteStatuses)("that is %s", (status) => {
    expect(allowedIn({ status })).toEqual({
      isInService: status === "active",
      isRestorable: ["active", "failed"].includes(status),
      isResettable: status === "failed",
    });
  });
});

describe("a backup", () => {
  it.each(backupScopes)("of %s says what it takes the place of", (backup_scope) => {
    expect(replacedBy({ backup_scope })).toMatch(/database|files/);
  });

  it("counts when it was restored", () => {
    expect(drillLook({ last_drill: drill(true), status: "completed" })).toEqual({ word: "Works", tone: "ok" });
    expect(drillLook({ last_drill: drill(false), status: "completed" })).toEqual({ word: "Failed", tone: "bad" });
    expect(drillLook({ last_drill: null, status: "completed" })).toEqual({ word: "Not yet", tone: "off" });
  });

  it.each(backupStatuses.filter((status) => status !== "completed"))("that is %s has nothing to restore", (status) => {
    expect(drillLook({ last_drill: null, status })).toBeNull();
  });
});

describe("the backups of an environment", () => {
  const backup = (status: (typeof backupStatuses)[number], succeeded: boolean | null) => ({
    id: "b",
    environment_id: "e",
    backup_scope: "full" as const,
    status,
    storage_type: "s3" as const,
    storage_path: "",
    retention_until: "2026-12-23T12:00:00Z",
    checksum: null,
    size_bytes: null,
    last_drill: succeeded === null ? null : drill(succeeded),
    job_id: "j",
    created_at: "2026-11-23T12:00:00Z",
    completed_at: null,
  });

  it.each([
    [[], "No backup that could be restored."],
    [[backup("running", null), backup("failed", null)], "No backup that could be restored."],
    [[backup("completed", null)], "1 backup that can be restored, no restore was tried yet"],
    [[backup("completed", false), backup("completed", true)], "2 backups that can be restored, 1 proven by a restore"],
    [[backup("completed", false)], "1 backup that can be restored, no restore has worked yet"],
  ])("%# say whether one is safe", (backups, expected) => {
    expect(backupsAnswer(backups)).toBe(expected);
  });
});

it("shows the primary environment first", () => {
  const environment = (id: string) => ({ id });
  const ids = primaryFirst([environment("c"), environment("b"), environment("a")], "b").map(({ id }) => id);
  expect(ids).toEqual(["b", "c", "a"]);
});
