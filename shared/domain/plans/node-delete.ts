/** `node_delete`: removes a node's server and, once Hetzner confirms that it is gone, retires the node. */
import { nodeFailure, releaseFailure } from "../failure.ts";
import { atProgress, closeSteps, moveOn, withJob, withNode } from "./moves.ts";
import type { Facts, Move, Plan, State } from "./plan.ts";
import {
  absorbDelete,
  beginRelease,
  decideRelease,
  owedTombstone,
  type ReleaseEnds,
  releaseNeeds,
  releaseSteps,
} from "./release-server.ts";

const decide = (facts: Facts): Move => decideRelease(start(facts), ends);

const start = (facts: Facts): Facts => {
  if (facts.job.work.release) return facts;
  const running = { status: "running", startedAtMs: facts.nowMs, attemptCount: 1 } as const;
  return { ...facts, ...beginRelease(atProgress(withJob(facts, running), 10)) };
};

const ends: ReleaseEnds = {
  gone: (state) => {
    const owed = owedTombstone(state);
    const done = withJob(atProgress(state, 100), { status: "succeeded", finishedAtMs: state.nowMs });
    if (owed) {
      return {
        ...moveOn(withNode(done, { ...left(state), status: "unreachable", serverState: "unknown" }), 0),
        tombstone: owed,
      };
    }
    const retired = withNode(done, {
      ...left(state),
      status: "decommissioned",
      serverState: "gone",
      deletionBlockedReason: null,
    });
    return { ...moveOn(retired, 0), tombstone: "closed", freeName: true };
  },
  blocked: (state, why, tombstone) => {
    const failure =
      isOverdue(state) && why.reason === "timeout"
        ? nodeFailure("release_timeout", why.message)
        : releaseFailure(why.reason, why.message);
    const failed = withJob(closeSteps(state, "failed", why.message), {
      status: "failed",
      finishedAtMs: state.nowMs,
      failure,
    });
    const billing = withNode(failed, {
      ...left(state),
      serverState: "still_billing",
      deletionBlockedReason: why.reason,
    });
    return { ...moveOn(billing, 0), tombstone };
  },
};

const left = (state: State) => ({ openJobId: null, updatedAtMs: state.nowMs });
const isOverdue = ({ job, nowMs }: State): boolean => nowMs >= job.deadlineAtMs;

export const nodeDelete: Plan = {
  steps: releaseSteps,
  totalMinutes: 60,
  needs: releaseNeeds,
  decide,
  absorb: (state, outcome) => absorbDelete(state, outcome, ends),
};
