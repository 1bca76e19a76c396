/** A job as its steps: what was done, what is being done and when it goes on, and what comes. */
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Job, JobStep } from "../../contracts/models.ts";
import { rhythmOf, usuallyWord } from "../words/jobs.ts";
import { stepLooks } from "../words/looks.ts";
import { stepWord } from "../words/steps.ts";
import { nowMs } from "./clock.ts";
import { Took } from "./small.tsx";

export const Timeline = (props: {
  readonly job: Job;
  /** How long each step usually takes, in milliseconds; absent where it is not known. */
  readonly typical?: ReadonlyMap<string, number> | undefined;
}): JSX.Element => (
  <ol class="timeline" aria-label="Steps">
    <For each={props.job.steps}>
      {(step) => <Step step={step} job={props.job} usuallyMs={props.typical?.get(step.name)} />}
    </For>
  </ol>
);

const Step = (props: {
  readonly step: JobStep;
  readonly job: Job;
  readonly usuallyMs: number | undefined;
}): JSX.Element => {
  const isNow = () => props.step.status === "running";
  const isRetry = () => isNow() && props.job.attempt_count > 1;
  const rhythm = createMemo(() => (isNow() ? rhythmOf(props.job, nowMs(), props.usuallyMs) : ""));
  return (
    <li data-tone={isRetry() ? "warn" : stepLooks[props.step.status].tone} aria-current={isNow() ? "step" : undefined}>
      <div classList={{ dim: props.step.status === "pending" || props.step.status === "skipped" }}>
        {stepWord(props.step.name)}
        <span class="visually-hidden">: {stepLooks[props.step.status].word}</span>
        <Show when={props.step.status === "skipped"}>
          <span aria-hidden="true"> · {stepLooks.skipped.word.toLowerCase()}</span>
        </Show>
        <Show when={props.step.detail}>{(detail) => <small>{detail()}</small>}</Show>
        <Show when={rhythm()}>{(words) => <small class="rhythm">{words()}</small>}</Show>
      </div>
      <Show
        when={props.step.status === "pending" && usuallyWord(props.usuallyMs)}
        fallback={<Took from={props.step.started_at} to={props.step.finished_at} />}
      >
        {(words) => (
          <span class="took" title="In the last jobs of this kind that ended well">
            {words()}
          </span>
        )}
      </Show>
    </li>
  );
};
