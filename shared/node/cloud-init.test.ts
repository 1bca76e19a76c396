import { describe, expect, it } from "vitest";
import { readCloudInit } from "./cloud-init.ts";

/** The members in which the versions differ; the rest as cloud-init prints it. */
function report(members: object): string {
  return JSON.stringify({
    boot_status_code: "enabled-by-generator",
    datasource: "hetzner",
    detail: "DataSourceHetzner",
    errors: [],
    last_update: "Mon, 23 Nov 2026 10:00:00 +0000",
    ...members,
  });
}

const degraded = { WARNING: ["Failed to update locale"], DEPRECATED: ["later"] };

describe("readCloudInit", () => {
  it.each([
    ["22: not run", 0, { status: "not run" }, "not_run", null],
    ["22: running", 0, { status: "running", detail: "Running in stage: init" }, "running", "Running in stage: init"],
    ["22: done", 0, { status: "done" }, "done", null],
    ["22: error", 1, { status: "error", errors: ["first", "second"] }, "error", "first"],
    ["22: disabled", 0, { status: "disabled" }, "disabled", null],
    ["24: not started", 0, { status: "not started", extended_status: "not started" }, "not_run", null],
    ["24: running", 0, { status: "running", extended_status: "running" }, "running", "DataSourceHetzner"],
    ["24: done", 0, { status: "done", extended_status: "done", recoverable_errors: {} }, "done", null],
    [
      "24: degraded while running",
      2,
      { status: "running", extended_status: "degraded running", recoverable_errors: degraded },
      "running",
      "Failed to update locale",
    ],
    [
      "24: degraded and done",
      2,
      { status: "done", extended_status: "degraded done", recoverable_errors: degraded },
      "degraded_done",
      "Failed to update locale",
    ],
    [
      "24, exit code patched back to 0 by the distribution",
      0,
      { status: "done", extended_status: "degraded done", recoverable_errors: degraded },
      "degraded_done",
      "Failed to update locale",
    ],
    [
      "24: an error, but not finished",
      1,
      { status: "error", extended_status: "error - running", errors: ["no network"] },
      "running",
      "no network",
    ],
    ["24: an error, finished", 1, { status: "error", extended_status: "error - done", errors: ["x"] }, "error", "x"],
    ["a new extended status", 0, { status: "done", extended_status: "splendid" }, "done", null],
    ["done with exit code 2 and no more words", 2, { status: "done" }, "degraded_done", null],
    ["a new status", 0, { status: "pondering" }, "unknown", null],
    ["a status that is a JavaScript property", 0, { status: "constructor" }, "unknown", null],
    ["members of another type", 0, { status: "done", errors: "none", recoverable_errors: 7 }, "done", null],
  ])("%s", (_name, exitCode, members, status, detail) => {
    expect(readCloudInit({ exitCode, stdout: report(members), stderr: "" })).toEqual({ status, detail });
  });

  it.each([
    ["no cloud-init", 127, "", "cloud-init is not installed"],
    ["an option it does not know", 2, "", null],
    ["text", 0, "status: done", null],
    ["an array", 0, "[]", null],
    ["no status", 0, "{}", null],
    ["a cut report", 0, report({ status: "done" }).slice(0, 50), null],
  ])("does not guess from %s", (_name, exitCode, stdout, detail) => {
    expect(readCloudInit({ exitCode, stdout, stderr: "usage" })).toEqual({ status: "unknown", detail });
  });

  it("keeps the server's words short and free of control characters", () => {
    const errors = [`\u001b[31mbad\r\n\u202e${"x".repeat(5_000)}`];
    const { detail } = readCloudInit({ exitCode: 1, stdout: report({ status: "error", errors }), stderr: "" });
    expect(detail).toBe(` [31mbad ${"x".repeat(5_000)}`.trim().slice(0, 200));
  });
});
