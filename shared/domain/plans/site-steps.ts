/** Steps that several plans of sites share: an environment is taken off its node, a run that may still go on is ended. */
import { playbookResults, removedVars } from "../playbooks.ts";
import type { EnvironmentRecord } from "../site.ts";
import { withNode } from "./moves.ts";
import type { State, Subject } from "./plan.ts";
import { playbookStep, runIdOf, stopStep } from "./playbook-step.ts";
import { type SiteStep, subjectOf, withSubject } from "./site-plan.ts";

/** Time of one attempt of a playbook that installs, copies or removes; design value. */
export const PLAYBOOK_MINUTES = 20;
/** The node itself ends a run a little earlier, so that no attempt begins beside the one before. */
export const RUN_MINUTES = 18;

interface Removal {
  /** The step's name in its plan. */
  readonly name: string;
  readonly playbook: "env-delete" | "site-delete";
  environments(subject: Subject): readonly EnvironmentRecord[];
}

/** Takes environments off the node, with all that is theirs. Fine with what is gone already. */
export const removeStep = ({ name, playbook, environments }: Removal): SiteStep => ({
  minutes: PLAYBOOK_MINUTES,
  progress: 50,
  needs: (state) => ({ run: runIdOf(state, name) }),
  decide: playbookStep({
    name,
    result: playbookResults[playbook],
    order: (facts, id) => ({
      id,
      playbook,
      vars: removedVars(environments(subjectOf(facts))),
      timeoutMinutes: RUN_MINUTES,
    }),
    done: (facts) => ({ kind: "done", state: facts, detail: "Nothing of it is on the node any more" }),
  }),
});

/** On the way back: ends what may still run of the step `name`. A node that does not answer is waited for. */
export const stopRunOf = (name: string): SiteStep => ({
  minutes: 10,
  progress: 0,
  needs: (state) => ({ run: runIdOf(state, name) }),
  decide: stopStep(name),
});

/** The environments of the site that are, or may be, on the node. */
export const presentOf = ({ environment, others }: Subject): EnvironmentRecord[] =>
  [environment, ...others].filter(({ removedAtMs }) => removedAtMs === null);

/** Environments are gone for good. What is known of them stays, for their backups. */
export const withoutEnvironments = <S extends State>(state: S, gone: readonly EnvironmentRecord[]): S => {
  const { site, environment, others } = subjectOf(state);
  const isGone = ({ id, removedAtMs }: EnvironmentRecord) => removedAtMs === null && gone.some((one) => one.id === id);
  const retire = (one: EnvironmentRecord): EnvironmentRecord =>
    isGone(one) ? { ...one, removedAtMs: state.nowMs, updatedAtMs: state.nowMs } : one;
  const count = [environment, ...others].filter(isGone).length;
  const environmentIds = site.environmentIds.filter((id) => !gone.some((one) => one.id === id));
  const fewer = withNode(state, { environmentCount: state.node.environmentCount - count });
  return withSubject(fewer, {
    site: { ...site, environmentIds },
    environment: retire(environment),
    others: others.map(retire),
  });
};
