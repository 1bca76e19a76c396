/** The steps of a provision that meet the new server itself: SSH with its own host key, first boot, hand-over. */
import { nodeFailure, runFailure } from "../failure.ts";
import { serverMissing, tooSlow } from "./acquire-steps.ts";
import { noteStep, pollWaitMs, sinceStepMs, withNode, withWork } from "./moves.ts";
import type { Facts, HostFacts } from "./plan.ts";
import type { Step, StepResult } from "./step.ts";

type Reached = Extract<HostFacts, { reached: true }>;

/** A step that goes by what a look over SSH shows; a host that does not answer is waited for in each of them. */
export const onHost =
  (judge: (facts: Facts, host: Reached) => StepResult): Step =>
  (facts) => {
    const { host } = facts;
    if (host === undefined) return { kind: "unread", state: facts };
    return host.reached ? judge(facts, host) : silent(facts, host.reason);
  };

const silent = (facts: Facts, reason: string): StepResult => {
  if (facts.server?.ok && facts.server.value === null) return serverMissing(facts);
  const failure = nodeFailure("host_silent", `SSH to ${facts.node.publicIp} does not answer yet (${reason})`);
  const missed = withWork(facts, { misses: facts.job.work.misses + 1, lastFailure: failure });
  const state = noteStep(missed, failure.message);
  return { kind: "wait", state, waitMs: pollWaitMs(sinceStepMs(state)), overdue: failure };
};

export const connectSsh: Step = onHost((facts) => ({
  kind: "done",
  state: facts,
  detail: "SSH answers with the node's own host key",
}));

const bootedStatuses: readonly string[] = ["done", "degraded_done", "disabled"];

export const firstBoot: Step = onHost((facts, { cloudInit }) => {
  const { status, detail } = cloudInit;
  if (status === "error") {
    const message = `cloud-init ended with an error${detail ? `: ${detail}` : ""}`;
    return { kind: "failed", state: facts, failure: nodeFailure("cloud_init_failed", message) };
  }
  if (bootedStatuses.includes(status)) {
    return { kind: "done", state: facts, detail: `First boot has finished (${status})` };
  }
  return { kind: "wait", state: facts, waitMs: pollWaitMs(sinceStepMs(facts)), overdue: tooSlow("The first boot") };
});

export const handOver: Step = onHost((facts, host) => {
  const { nowMs } = facts;
  if (!host.sudo) {
    return { kind: "failed", state: facts, failure: nodeFailure("no_root", "Neither root nor sudo works over SSH") };
  }
  if (!host.runtimePresent) {
    const failure = runFailure("unexpected_error", "The playbook succeeded but has not left the mark of a ready node");
    return { kind: "failed", state: facts, failure };
  }
  const state = withNode(facts, {
    status: "active",
    serverState: "present",
    lastSeenAtMs: nowMs,
    probe: { checkedAtMs: nowMs, reached: true, sudo: true, runtime: true },
  });
  return { kind: "done", state, detail: "The node is active" };
});
