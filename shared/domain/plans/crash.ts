/** How a job ends that took five leases and gave no result: by this code alone, which calls no plan. */
import { nodeFailure, runFailure } from "../failure.ts";
import { closeSteps, moveOn, withJob, withNode } from "./moves.ts";
import type { Move, State } from "./plan.ts";
import { hasServer, tombstoneOf } from "./release-server.ts";
import { atRest, freed } from "./site-plan.ts";

export const crashed = (state: State): Move => {
  if (state.subject !== undefined) return crashedOnSite(state);
  const failure = nodeFailure("job_crashed", `The job stopped ${state.job.leases} times without a result`);
  const closed = closeSteps(state, "failed", failure.message);
  const ended = withJob(closed, { status: "failed", finishedAtMs: state.nowMs, failure });
  const left = { openJobId: null, updatedAtMs: state.nowMs };
  if (hasServer(state.job)) {
    const serverState = state.job.work.serverId === null ? "unknown" : "still_billing";
    return { ...moveOn(withNode(ended, { ...left, serverState }), 0), tombstone: tombstoneOf(state, "action_failed") };
  }
  const gone = withNode(ended, { ...left, status: "decommissioned", serverState: "none" });
  return { ...moveOn(gone, 0), freeName: true };
};

/** Nobody knows how far it came on the node: what it was changing is `failed` until somebody looks. */
const crashedOnSite = (state: State): Move => {
  const failure = runFailure("site_crashed", `The job stopped ${state.job.leases} times without a result`);
  const closed = closeSteps(state, "failed", failure.message);
  const ended = withJob(closed, { status: "failed", finishedAtMs: state.nowMs, failure });
  return moveOn(atRest(freed(ended), "failed"), 0);
};
