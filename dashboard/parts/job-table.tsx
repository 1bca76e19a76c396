import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { jobQuery } from "../api/queries.ts";
import { isOver, stepNow } from "../words/jobs.ts";
import { jobLooks, reasonWords } from "../words/looks.ts";
import { jobWords } from "../words/steps.ts";
import { Age, State, Took } from "./small.tsx";

/** Jobs in a row each, the newest first. The newest that runs is watched. */
export const JobTable = (props: {
  readonly jobs: readonly Job[];
  /** What a job is about, by the id of its site or node; absent: it is not said. */
  nameOf?(job: Job): string | undefined;
}): JSX.Element => {
  const watched = createMemo(() => props.jobs.find(({ status }) => !isOver(status))?.id ?? null);
  const closer = createQuery(() => ({ ...jobQuery(watched() ?? ""), enabled: watched() !== null }));
  const newest = (job: Job): Job => (closer.data && closer.data.id === job.id ? closer.data : job);
  return (
    <div class="table-wrap">
      <table class="jobs" aria-label="Jobs">
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="number">
              Asked for
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.jobs}>{(job) => <Row job={newest(job)} name={props.nameOf?.(job)} />}</For>
        </tbody>
      </table>
    </div>
  );
};

const Row = (props: { readonly job: Job; readonly name: string | undefined }): JSX.Element => (
  <tr>
    <td class="at-name">
      <A class="name" href={`/jobs/${props.job.id}`}>
        {jobWords[props.job.job_type]}
      </A>
      <Show when={props.name}>{(name) => <span class="of"> {name()}</span>}</Show>
    </td>
    <td class="at-state">
      <State look={jobLooks[props.job.status]} />
      <Show when={props.job.error_reason}>{(reason) => <div class="why">{reasonWords[reason()]}.</div>}</Show>
      <Show when={!isOver(props.job.status) && stepNow(props.job)}>
        {(step) => (
          <>
            <div class="why">{step()}</div>
            <progress
              class="bar"
              max={100}
              value={props.job.progress}
              aria-label={`Progress of ${jobWords[props.job.job_type].toLowerCase()}`}
            />
          </>
        )}
      </Show>
    </td>
    <td class="at-took number dim">
      <Took from={props.job.started_at} to={props.job.finished_at} />
    </td>
    <td class="at-age number dim">
      <Age at={props.job.created_at} />
    </td>
  </tr>
);
