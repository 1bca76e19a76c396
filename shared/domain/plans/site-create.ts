/** `site_create`: WordPress, installed on a ready node. A cancel takes it off again; a failure is left to be looked at. */
import { environmentVars, playbookResults } from "../playbooks.ts";
import { releaseOf } from "../site.ts";
import { moveOn } from "./moves.ts";
import type { Facts, Move, Plan, State } from "./plan.ts";
import { playbookStep, runIdOf } from "./playbook-step.ts";
import { atRest, notTakenBack, type SiteStep, sitePlan, subjectOf, withSubject } from "./site-plan.ts";
import { PLAYBOOK_MINUTES, RUN_MINUTES, removeStep, stopRunOf, withoutEnvironments } from "./site-steps.ts";

const orderOf = (facts: Facts, id: string) => {
  const { site, environment } = subjectOf(facts);
  const { wordpress } = facts;
  if (wordpress === undefined) return undefined;
  const vars = {
    environment: environmentVars(environment, releaseOf(facts.job.id)),
    wordpress,
    site: { title: site.name, admin_email: site.adminEmail },
  };
  return { id, playbook: "site-create", vars, timeoutMinutes: RUN_MINUTES } as const;
};

/** What a playbook that made a release leaves in its environment. */
export const withRelease = (facts: Facts, wordpressVersion: string): Facts => {
  const { environment } = subjectOf(facts);
  return withSubject(facts, { environment: { ...environment, release: releaseOf(facts.job.id), wordpressVersion } });
};

const deploy: SiteStep = {
  minutes: PLAYBOOK_MINUTES,
  progress: 5,
  needs: (state) => ({ run: runIdOf(state, "deploy"), wordpress: true }),
  decide: playbookStep({
    name: "deploy",
    result: playbookResults["site-create"],
    order: orderOf,
    done: (facts, { wordpress_version }) => ({
      kind: "done",
      state: withRelease(facts, wordpress_version),
      detail: `WordPress ${wordpress_version} answers at ${subjectOf(facts).environment.previewUrl}`,
    }),
  }),
};

const isCancel: SiteStep["when"] = (_state, { status }) => status === "cancelled";

/** The way back of a job that makes an environment: a failed one stays on the node, for a person to look at. */
export const takeBack = (name: string) => ({
  stop: stopRunOf(name),
  remove: {
    ...removeStep({ name: "remove", playbook: "env-delete", environments: ({ environment }) => [environment] }),
    when: isCancel,
  },
});

/** As if it had never been asked for: site, environment and slug are free again. */
export const withoutSite = (state: State): Move => ({
  ...moveOn(withoutEnvironments(state, [subjectOf(state).environment]), 0),
  removed: "site",
});

export const siteCreate: Plan = sitePlan({
  steps: { deploy },
  undo: takeBack("deploy"),
  totalMinutes: 90,
  succeeded: (state) => moveOn(atRest(state, "active"), 0),
  ended: (state, { status }, undone) => {
    if (status === "failed") return moveOn(atRest(state, "failed"), 0);
    return undone ? withoutSite(state) : moveOn(atRest(notTakenBack(state), "failed"), 0);
  },
});
