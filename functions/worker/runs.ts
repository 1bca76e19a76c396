/** Runs of playbooks on nodes: what a look shows of one, and what is changed of it. */
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { OutsideWrite, RunFacts, RunWrite, WriteOutcome } from "../../shared/domain/plans/plan.ts";
import {
  giveRunCommands,
  lookAtRunCommands,
  readRunChange,
  readRunLook,
  type SshCommand,
  startRunCommands,
  stopRunCommands,
} from "../../shared/node/index.ts";
import type { WorkerDeps } from "./deps.ts";
import { hasAddress, type Key, keyUnread, targetOf } from "./host.ts";

type RunDeps = Pick<WorkerDeps, "readSecret" | "runOnHost" | "playbooks" | "log">;

export const isRunWrite = (write: OutsideWrite): write is RunWrite =>
  write.kind === "start_run" || write.kind === "give_run" || write.kind === "stop_run";

/** Undefined: there is no address to look at yet. */
export const lookAtRun = async (
  deps: RunDeps,
  key: Key,
  { node, runId }: { node: NodeRecord; runId: string },
): Promise<RunFacts | undefined> => {
  if (!hasAddress(node)) return undefined;
  const target = await targetOf(deps, key, node);
  if (target === null) return { reached: false, reason: keyUnread };
  return readRunLook(await deps.runOnHost(target, lookAtRunCommands(target.user, runId)));
};

const commandsOf = ({ playbooks }: RunDeps, user: string, write: RunWrite): readonly SshCommand[] => {
  switch (write.kind) {
    case "start_run":
      return startRunCommands(user, write.order, playbooks);
    case "give_run":
      return giveRunCommands(user, write);
    case "stop_run":
      return stopRunCommands(user, write.runId);
  }
};

/** A change that fails is told as a complaint, and the next look sees what is. */
export const changeRun = async (
  deps: RunDeps,
  key: Key,
  { node, write }: { node: NodeRecord; write: RunWrite },
): Promise<WriteOutcome> => {
  const target = hasAddress(node) ? await targetOf(deps, key, node) : null;
  const complaint =
    target === null ? keyUnread : readRunChange(await deps.runOnHost(target, commandsOf(deps, target.user, write)));
  if (complaint !== null) deps.log.warn("run_not_changed", { change: write.kind, complaint });
  return { ok: true, value: { kind: "change_run", complaint } };
};
