/** `env_create`: an environment cloned from another of the same site, on the same node. The other is not touched. */
import { environmentVars, playbookResults } from "../playbooks.ts";
import { releaseOf, systemUserOf } from "../site.ts";
import { moveOn } from "./moves.ts";
import type { Facts, Move, Plan, State } from "./plan.ts";
import { playbookStep, runIdOf } from "./playbook-step.ts";
import { takeBack, withRelease } from "./site-create.ts";
import { atRest, notTakenBack, type SiteStep, sitePlan, subjectOf } from "./site-plan.ts";
import { PLAYBOOK_MINUTES, RUN_MINUTES, withoutEnvironments } from "./site-steps.ts";

/** @throws TypeError when the source is gone: nothing can remove it while this job has the site */
const sourceOf = (state: State) => {
  const { environment, others } = subjectOf(state);
  const source = others.find(({ id }) => id === environment.sourceEnvironmentId);
  if (source === undefined) throw new TypeError(`job ${state.job.id} clones an environment that is not there`);
  return { user: systemUserOf(source.id), url: source.previewUrl };
};

const orderOf = (facts: Facts, id: string) => {
  const { wordpress } = facts;
  if (wordpress === undefined) return undefined;
  const environment = environmentVars(subjectOf(facts).environment, releaseOf(facts.job.id));
  const vars = { environment, source: sourceOf(facts), wordpress };
  return { id, playbook: "env-create", vars, timeoutMinutes: RUN_MINUTES } as const;
};

const clone: SiteStep = {
  minutes: PLAYBOOK_MINUTES,
  progress: 5,
  needs: (state) => ({ run: runIdOf(state, "clone"), wordpress: true }),
  decide: playbookStep({
    name: "clone",
    result: playbookResults["env-create"],
    order: orderOf,
    done: (facts, { wordpress_version }) => ({
      kind: "done",
      state: withRelease(facts, wordpress_version),
      detail: `The copy answers at ${subjectOf(facts).environment.previewUrl}`,
    }),
  }),
};

/** As if it had never been asked for. */
export const withoutEnvironment = (state: State): Move => {
  const rested = atRest(state, "unchanged");
  return moveOn(withoutEnvironments(rested, [subjectOf(rested).environment]), 0);
};

export const envCreate: Plan = sitePlan({
  steps: { clone },
  undo: takeBack("clone"),
  totalMinutes: 90,
  succeeded: (state) => moveOn(atRest(state, "active"), 0),
  ended: (state, { status }, undone) => {
    if (status === "failed") return moveOn(atRest(state, "failed"), 0);
    return undone ? withoutEnvironment(state) : moveOn(atRest(notTakenBack(state), "failed"), 0);
  },
});
