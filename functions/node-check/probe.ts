/** One look at a node over SSH, by whoever asks for it. */
import type { NodeRecord, Probe } from "../../shared/domain/node.ts";
import type { HostLook, SshTarget } from "../../shared/node/index.ts";
import { loginKeyOf, type TargetDeps, targetOf } from "./target.ts";

export interface ProbeDeps extends TargetDeps {
  /** Epoch milliseconds. */
  now(): number;
  lookAtHost(target: SshTarget): Promise<HostLook>;
}

/** Null: there is nothing to connect to, or no key to do it with; that says nothing of the node. */
export const probeNode = async (deps: ProbeDeps, node: NodeRecord): Promise<Probe | null> => {
  const target = await targetOf(node, (providerId) => loginKeyOf(deps, providerId));
  return target === undefined ? null : probeTarget(deps, target);
};

/** What the look shows. A server that does not answer is an answer, too. */
export const probeTarget = async (deps: Omit<ProbeDeps, keyof TargetDeps>, target: SshTarget): Promise<Probe> => {
  const host = await deps.lookAtHost(target);
  const checkedAtMs = deps.now();
  if (!host.reached) return { checkedAtMs, reached: false, sudo: false, runtime: false };
  return { checkedAtMs, reached: true, sudo: host.sudo, runtime: host.runtimePresent };
};
