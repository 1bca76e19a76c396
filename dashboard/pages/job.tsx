/** One job, watched while it runs: its steps, why it failed and what to do, and a way to cancel it. */
import { useParams } from "@solidjs/router";
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { createMemo, type JSX, Show } from "solid-js";
import type { Job as JobModel } from "../../contracts/models.ts";
import { call } from "../api/call.ts";
import { jobQuery, jobsQuery, whileFailing } from "../api/queries.ts";
import { Answered, Failure, Loading, NotThere } from "../parts/answers.tsx";
import { nowMs } from "../parts/clock.ts";
import { Announced, CancelReceipt, Facts, WhyItFailed } from "../parts/job-story.tsx";
import { Page } from "../parts/page.tsx";
import { State } from "../parts/small.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { unknownWords } from "../words/faults.ts";
import { answerOf, isOver, typicalSteps } from "../words/jobs.ts";
import { jobLooks } from "../words/looks.ts";
import { jobWords } from "../words/steps.ts";

export const Job = (): JSX.Element => {
  const params = useParams<{ id: string }>();
  const job = createQuery(() => jobQuery(params.id));
  return (
    <Page
      title={job.data ? jobWords[job.data.job_type] : "Job"}
      answer={<Show when={job.data}>{(found) => <Answer job={found()} />}</Show>}
      actions={<Show when={job.data}>{(found) => <Cancel job={found()} />}</Show>}
    >
      <NotThere query={job} what="job" list="/jobs">
        <Answered query={job} loading={<Loading what="the job" />}>
          {(found) => <Story job={found()} />}
        </Answered>
      </NotThere>
    </Page>
  );
};

const Answer = (props: { readonly job: JobModel }): JSX.Element => {
  const words = createMemo(() => answerOf(props.job, nowMs()));
  return (
    <>
      <State look={jobLooks[props.job.status]} /> {words()}
      <Announced job={props.job} />
    </>
  );
};

const Story = (props: { readonly job: JobModel }): JSX.Element => {
  // Asked once: how long the steps of such jobs took before.
  const earlier = createQuery(() => ({
    ...jobsQuery(),
    refetchInterval: whileFailing(),
    staleTime: Number.POSITIVE_INFINITY,
  }));
  const typical = createMemo(() => typicalSteps(earlier.data?.items ?? [], props.job.job_type));
  return (
    <>
      <Show when={!isOver(props.job.status)}>
        <progress class="bar wide" max={100} value={props.job.progress} aria-label="Progress" />
      </Show>
      <CancelReceipt job={props.job} />
      <WhyItFailed job={props.job} />
      <div class="columns">
        <section class="card">
          <h2>Steps</h2>
          <Timeline job={props.job} typical={typical()} />
        </section>
        <section class="card">
          <h2>About this job</h2>
          <Facts job={props.job} />
        </section>
      </div>
      <Log lines={props.job.log_tail} />
    </>
  );
};

const Log = (props: { readonly lines: readonly string[] }): JSX.Element => (
  <Show when={props.lines.length > 0}>
    <section class="card">
      <h2>End of the playbook's output</h2>
      {/* What scrolls must be reachable by keyboard. */}
      <textarea
        class="log"
        readOnly
        rows={Math.min(16, props.lines.length + 1)}
        aria-label="End of the playbook's output"
        value={props.lines.join("\n")}
      />
    </section>
  </Show>
);

const Cancel = (props: { readonly job: JobModel }): JSX.Element => {
  const client = useQueryClient();
  const cancel = createMutation(() => ({
    mutationFn: () => call("cancelJob", { params: { id: props.job.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["getJob"] }),
  }));
  return (
    <Show when={!isOver(props.job.status)}>
      <Show when={props.job.cancel_requested_at === null && cancel.error}>
        {(failure) => (
          <Failure
            failure={failure()}
            title="It is not cancelled."
            unknown={unknownWords("the cancel arrived", false)}
          />
        )}
      </Show>
      <Show when={props.job.cancel_requested_at === null && props.job.job_type !== "node_delete"}>
        <button class="button danger" type="button" onClick={() => cancel.mutate()} disabled={cancel.isPending}>
          {cancel.isPending ? "Cancelling …" : "Cancel job"}
        </button>
      </Show>
    </Show>
  );
};
