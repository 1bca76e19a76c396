import { expect, it } from "vitest";
import type { CreateIntent } from "../job.ts";
import { makeActiveNode, makeJob, makeNode, makeState, startMs } from "../testing.ts";
import { crashed } from "./crash.ts";

const sent: CreateIntent = {
  name: "web-1",
  candidate: 1,
  hostKeys: [],
  sends: 1,
  sentAtMs: startMs,
  outcome: "sent",
  openSends: 1,
};
const base = makeJob({ status: "running", leases: 5 });

it("a job that crashed with nothing at Hetzner ends with its node and frees the name", () => {
  const move = crashed(makeState({ job: base }));
  expect(move).toMatchObject({
    job: { status: "failed", failure: { code: "JOB_CRASHED" }, finishedAtMs: startMs },
    node: { status: "decommissioned", serverState: "none", openJobId: null },
    freeName: true,
  });
  expect(move.tombstone).toBeUndefined();
});

it.each([
  [{ serverId: 7 }, "still_billing", { serverId: 7 }],
  [{ create: sent }, "unknown", { serverId: null, sentAtMs: startMs }],
])("a job that crashed with %j leaves a tombstone and keeps the name", (work, serverState, stone) => {
  const node = "serverId" in work ? makeActiveNode() : makeNode();
  const move = crashed(makeState({ job: { ...base, work: { ...base.work, ...work } }, node }));
  expect(move.node).toMatchObject({ serverState, openJobId: null, status: node.status });
  expect(move.tombstone).toMatchObject(stone);
  expect(move.freeName).toBeUndefined();
});
