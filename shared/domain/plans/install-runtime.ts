/** The step of a provision that makes a server a node: the playbook `node-provision`, run on it. */
import { playbookResults } from "../playbooks.ts";
import { serverMissing } from "./acquire-steps.ts";
import type { Facts } from "./plan.ts";
import { playbookStep } from "./playbook-step.ts";
import type { Step } from "./step.ts";

export const INSTALL_RUNTIME = "install_runtime";
/** The node itself ends a run after this time; the step waits a little longer, so that two never run side by side. */
const RUN_MINUTES = 20;
export const INSTALL_RUNTIME_MINUTES = RUN_MINUTES + 2;

const runPlaybook: Step = playbookStep({
  name: INSTALL_RUNTIME,
  result: playbookResults["node-provision"],
  order: ({ wordpress }, id) =>
    wordpress && { id, playbook: "node-provision", vars: { wordpress }, timeoutMinutes: RUN_MINUTES },
  done: (facts, { distribution, php_version: php }) => ({
    kind: "done",
    state: facts,
    detail: `The WordPress runtime is installed (PHP ${php}, ${distribution})`,
  }),
});

/** A node that does not answer may be a server that somebody deleted. */
const isGone = ({ run, server }: Facts): boolean =>
  run?.reached === false && server?.ok === true && server.value === null;

export const installRuntime: Step = (facts) => (isGone(facts) ? serverMissing(facts) : runPlaybook(facts));
