/** One job, watched while it runs: its steps, why it failed and what to do, and a way to cancel it. */
import { A, useParams } from "@solidjs/router";
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { type JSX, Show } from "solid-js";
import type { Job as JobModel } from "../../contracts/models.ts";
import { call } from "../api/call.ts";
import { isEnded, jobQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { stepNow } from "../parts/job-table.tsx";
import { Page } from "../parts/page.tsx";
import { Age, Guidance, Notice, State, Took } from "../parts/small.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { jobLooks, reasonWords } from "../words/looks.ts";
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
      <Answered query={job} loading={<Loading what="the job" />}>
        {(found) => <Story job={found()} />}
      </Answered>
    </Page>
  );
};

const Answer = (props: { readonly job: JobModel }): JSX.Element => (
  <span aria-live="polite">
    <State look={jobLooks[props.job.status]} /> {isEnded(props.job.status) ? "" : stepNow(props.job)}
  </span>
);

const Story = (props: { readonly job: JobModel }): JSX.Element => (
  <div class="columns">
    <section class="card">
      <h2>Steps</h2>
      <Timeline job={props.job} />
    </section>
    <div>
      <Show when={props.job.error_code}>
        {(code) => (
          <Notice tone="bad" title={props.job.error_reason ? reasonWords[props.job.error_reason] : "It failed."}>
            <p>{props.job.error_message}</p>
            <Guidance steps={props.job.guidance} />
            <p class="dim">
              <code>{code()}</code> <code>{props.job.error_reason}</code>
            </p>
          </Notice>
        )}
      </Show>
      <section class="card">
        <h2>About this job</h2>
        <Facts job={props.job} />
      </section>
      <Show when={props.job.log_tail.length > 0}>
        <section class="card">
          <h2>End of the playbook's output</h2>
          {/* What scrolls must be reachable by keyboard. */}
          <textarea
            class="log"
            readOnly
            rows={16}
            aria-label="End of the playbook's output"
            value={props.job.log_tail.join("\n")}
          />
        </section>
      </Show>
    </div>
  </div>
);

const Facts = (props: { readonly job: JobModel }): JSX.Element => (
  <dl class="pairs">
    <dt>Progress</dt>
    <dd>{props.job.progress} %</dd>
    <dt>Attempt</dt>
    <dd>
      {props.job.attempt_count} of {props.job.max_attempts}
    </dd>
    <Show when={props.job.run_after !== null && !isEnded(props.job.status)}>
      <dt>Next look</dt>
      <dd>
        <Age at={props.job.run_after} />
      </dd>
    </Show>
    <dt>Asked for</dt>
    <dd>
      <Age at={props.job.created_at} />
    </dd>
    <dt>Took</dt>
    <dd>
      <Took from={props.job.started_at} to={props.job.finished_at} />
    </dd>
    <About job={props.job} />
    <dt>Id</dt>
    <dd>
      <code>{props.job.id}</code>
    </dd>
  </dl>
);

/** What it is about, a link each. */
const About = (props: { readonly job: JobModel }): JSX.Element => (
  <>
    <Show when={props.job.node_id}>
      {(id) => (
        <>
          <dt>Node</dt>
          <dd>
            <A href={`/nodes/${id()}`}>Show it</A>
          </dd>
        </>
      )}
    </Show>
    <Show when={props.job.site_id}>
      {(id) => (
        <>
          <dt>Site</dt>
          <dd>
            <A href={`/sites/${id()}`}>Show it</A>
          </dd>
        </>
      )}
    </Show>
  </>
);

const Cancel = (props: { readonly job: JobModel }): JSX.Element => {
  const client = useQueryClient();
  const cancel = createMutation(() => ({
    mutationFn: () => call("cancelJob", { params: { id: props.job.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["getJob"] }),
  }));
  return (
    <Show when={!isEnded(props.job.status)}>
      <Show when={cancel.error}>{(failure) => <Failure failure={failure()} title="It is not cancelled." />}</Show>
      <Show
        when={props.job.cancel_requested_at === null}
        fallback={<span role="status">Cancelling: what was made is being removed.</span>}
      >
        <button class="button danger" type="button" onClick={() => cancel.mutate()} disabled={cancel.isPending}>
          Cancel job
        </button>
      </Show>
    </Show>
  );
};
