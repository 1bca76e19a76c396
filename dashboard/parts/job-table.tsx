import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { isEnded } from "../api/queries.ts";
import { jobLooks, reasonWords } from "../words/looks.ts";
import { jobWords, stepWord } from "../words/steps.ts";
import { Age, State, Took } from "./small.tsx";

/** The step that a job is at. */
export const stepNow = ({ steps }: Job): string | null => {
  const at = steps.findIndex(({ status }) => status === "running");
  const step = steps[at];
  return step === undefined ? null : `${stepWord(step.name)}, step ${at + 1} of ${steps.length}`;
};

/** Jobs in a row each, the newest first. */
export const JobTable = (props: { readonly jobs: readonly Job[] }): JSX.Element => (
  <div class="table-wrap">
    <table>
      <thead>
        <tr>
          <th>Job</th>
          <th>State</th>
          <th class="number">Took</th>
          <th class="number">Asked for</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.jobs}>
          {(job) => (
            <tr>
              <td>
                <A class="name" href={`/jobs/${job.id}`}>
                  {jobWords[job.job_type]}
                </A>
              </td>
              <td>
                <State look={jobLooks[job.status]} />
                <Show when={job.error_reason}>{(reason) => <div class="why">{reasonWords[reason()]}</div>}</Show>
                <Show when={!isEnded(job.status) && stepNow(job)}>
                  {(step) => (
                    <>
                      <div class="why">{step()}</div>
                      <progress class="bar" max={100} value={job.progress} aria-label="Progress" />
                    </>
                  )}
                </Show>
              </td>
              <td class="number dim">
                <Took from={job.started_at} to={job.finished_at} />
              </td>
              <td class="number dim">
                <Age at={job.created_at} />
              </td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  </div>
);
