/** A job as its steps: what was done, what is being done, and what comes. */
import { For, type JSX, Show } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { stepLooks } from "../words/looks.ts";
import { stepWord } from "../words/steps.ts";
import { Took } from "./small.tsx";

export const Timeline = (props: { readonly job: Job }): JSX.Element => (
  <ol class="timeline" aria-label="Steps">
    <For each={props.job.steps}>
      {(step) => (
        <li data-tone={stepLooks[step.status].tone}>
          <div classList={{ dim: step.status === "pending" }}>
            {stepWord(step.name)}
            <span class="visually-hidden">: {stepLooks[step.status].word}</span>
            <Show when={step.detail}>
              <small>{step.detail}</small>
            </Show>
          </div>
          <Took from={step.started_at} to={step.finished_at} />
        </li>
      )}
    </For>
  </ol>
);
