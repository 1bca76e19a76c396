/** `env_delete`: an environment taken off its node for good. Its backups stay until their time is over. */
import { moveOn } from "./moves.ts";
import type { Plan } from "./plan.ts";
import { atRest, sitePlan, subjectOf } from "./site-plan.ts";
import { removeStep, stopRunOf, withoutEnvironments } from "./site-steps.ts";

const remove = removeStep({
  name: "remove",
  playbook: "env-delete",
  environments: ({ environment }) => [environment],
});

export const envDelete: Plan = sitePlan({
  steps: { remove: { ...remove, final: true } },
  undo: { stop: { ...stopRunOf("remove"), when: ({ job }) => job.finalAtMs !== null } },
  totalMinutes: 90,
  succeeded: (state) => {
    const rested = atRest(state, "active");
    return moveOn(withoutEnvironments(rested, [subjectOf(rested).environment]), 0);
  },
  ended: (state) => moveOn(atRest(state, state.job.finalAtMs === null ? "unchanged" : "failed"), 0),
});
