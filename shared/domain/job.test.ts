import { describe, expect, it } from "vitest";
import { job as jobSchema, jobStatuses } from "../../contracts/models.ts";
import { nodeFailure } from "./failure.ts";
import { isOpen, jobRecord, presentJob } from "./job.ts";
import { jobId, makeJob, nodeId, startMs } from "./testing.ts";

it.each(jobStatuses)("a job that is %s is open or over", (status) => {
  expect(isOpen(makeJob({ status }))).toBe(status === "queued" || status === "running");
});

describe("a job on the wire", () => {
  it.each(jobStatuses)("fits the contract when it is %s", (status) => {
    expect(jobSchema.parse(presentJob(makeJob({ status })))).toMatchObject({ id: jobId, node_id: nodeId, status });
  });

  it("says when it runs next only while it is open", () => {
    const runAfterMs = startMs + 60_000;
    expect(presentJob(makeJob({ runAfterMs })).run_after).toBe("2026-11-22T12:01:00.000Z");
    expect(presentJob(makeJob({ runAfterMs, status: "running" })).run_after).toBe("2026-11-22T12:01:00.000Z");
    for (const status of ["succeeded", "failed", "cancelled"] as const)
      expect(presentJob(makeJob({ runAfterMs, status })).run_after).toBeNull();
  });

  it("says who works on it since when", () => {
    const leased = presentJob(makeJob({ leaseId: "lease-1", lockedAtMs: startMs }));
    expect(leased).toMatchObject({ locked_by: "lease-1", locked_at: "2026-11-22T12:00:00.000Z" });
  });

  it("carries the failure's code, reason, message and guidance, or none of them", () => {
    const failed = presentJob(makeJob({ status: "failed", failure: nodeFailure("no_root", "Neither works") }));
    expect(failed).toMatchObject({
      error_code: "PROVIDER_ACQUISITION_FAILED",
      error_reason: "forbidden",
      error_message: "Neither works",
    });
    expect(failed.guidance).toHaveLength(1);
    const without = { error_code: null, error_reason: null, error_message: null, guidance: [] };
    expect(presentJob(makeJob())).toMatchObject(without);
  });

  it("shows the timeline in its order, and what belongs to the machinery not at all", () => {
    const steps = [
      { name: "managed_key", status: "succeeded", startedAtMs: startMs, finishedAtMs: startMs + 1, detail: "There" },
      { name: "create_server", status: "pending", startedAtMs: null, finishedAtMs: null, detail: null },
    ] as const;
    const shown = presentJob(makeJob({ steps: [...steps], cancelRequestedAtMs: startMs + 2 }));
    expect(shown.steps).toEqual([
      {
        name: "managed_key",
        status: "succeeded",
        started_at: "2026-11-22T12:00:00.000Z",
        finished_at: "2026-11-22T12:00:00.001Z",
        detail: "There",
      },
      { name: "create_server", status: "pending", started_at: null, finished_at: null, detail: null },
    ]);
    expect(shown.cancel_requested_at).toBe("2026-11-22T12:00:00.002Z");
    expect(Object.keys(shown).sort()).toEqual(Object.keys(jobSchema.shape).sort());
  });
});

it("is stored and read back unchanged", () => {
  const job = makeJob();
  expect(jobRecord.parse(JSON.parse(JSON.stringify(job)))).toEqual(job);
});
