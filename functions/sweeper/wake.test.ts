import { describe, expect, it } from "vitest";
import type { JobMessage } from "../../contracts/messages.ts";
import { limits } from "../../shared/config.ts";
import type { JobRecord } from "../../shared/domain/job.ts";
import { jobId, makeJob, startMs } from "../../shared/domain/testing.ts";
import { jobItem } from "../../shared/store/jobs.ts";
import { makeWorld } from "../../test/harness/world.ts";
import { wakeOverdue } from "./wake.ts";

const overdueMs = limits.overdueSeconds * 1000;

const sweep = async (job: Partial<JobRecord>) => {
  const world = await makeWorld();
  const sent: { message: JobMessage; delayMs: number }[] = [];
  await world.table.write({ put: jobItem(makeJob(job)) });
  const before = world.table.dump();
  const queue = { send: async (message: JobMessage, delayMs: number) => void sent.push({ message, delayMs }) };
  const woken = await wakeOverdue({ ...world.deps, queue });
  expect(world.table.dump()).toEqual(before);
  return { woken, sent };
};

describe("the sweeper wakes a job", () => {
  const nowMs = startMs;
  const rows: [string, Partial<JobRecord>, number][] = [
    ["that is overdue by a minute", { runAfterMs: nowMs - overdueMs }, 1],
    ["that is overdue by less", { runAfterMs: nowMs - overdueMs + 1 }, 0],
    ["that waits for later", { status: "running", runAfterMs: nowMs + 1 }, 0],
    ["that somebody works on", { runAfterMs: nowMs - overdueMs, leaseId: "l", leaseUntilMs: nowMs + 1 }, 0],
    ["whose worker died", { runAfterMs: nowMs - overdueMs, leaseId: "l", leaseUntilMs: nowMs }, 1],
    ["that has ended", { status: "failed", runAfterMs: nowMs - overdueMs }, 0],
  ];
  it.each(rows)("%s: %s", async (_what, job, count) => {
    const { woken, sent } = await sweep(job);
    expect([woken, sent.length]).toEqual([count, count]);
  });

  it("by the very message whose turn it is, now, and bumps nothing", async () => {
    const { sent } = await sweep({ status: "running", wakeSeq: 7, runAfterMs: nowMs - overdueMs });
    expect(sent).toEqual([{ message: { v: 1, job_id: jobId, seq: 7 }, delayMs: 0 }]);
  });
});
