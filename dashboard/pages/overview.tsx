/** Is all well, what needs me, what does it cost? */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, For, Index, type JSX, Show } from "solid-js";
import type { Job, ProviderConnection } from "../../contracts/models.ts";
import { jobsQuery, metricsQuery, providersQuery } from "../api/queries.ts";
import { Answered, Loading } from "../parts/answers.tsx";
import { nowMs } from "../parts/clock.ts";
import { JobTable } from "../parts/job-table.tsx";
import { createNames } from "../parts/names.ts";
import { Page } from "../parts/page.tsx";
import { Age, Guidance, State } from "../parts/small.tsx";
import { countWord, inSentence, numberWord } from "../words/amounts.ts";
import { isOver } from "../words/jobs.ts";
import { providerLooks, reasonWords } from "../words/looks.ts";
import { firstSteps, needsOf, overviewAnswer, type Step, type Thing } from "../words/overview.ts";
import { jobWords } from "../words/steps.ts";

const LATEST = 8;
const FAILURES = 4;
const MINUTE_MS = 60_000;

export const Overview = (): JSX.Element => {
  const metrics = createQuery(() => metricsQuery());
  const providers = createQuery(() => providersQuery());
  const jobs = createQuery(() => jobsQuery());
  const known = createMemo(() => ({ metrics: metrics.data, providers: providers.data, jobs: jobs.data?.items }));
  // An answer that the newest one has failed to renew is not known to be so still.
  const isAllKnown = () => metrics.isSuccess && providers.isSuccess && jobs.isSuccess;
  // To the minute: a day's end is not worth a second's work.
  const minute = createMemo(() => Math.floor(nowMs() / MINUTE_MS) * MINUTE_MS);
  const needs = createMemo(() => needsOf(known(), minute()));
  const steps = createMemo(() => firstSteps(known()));
  return (
    <Page
      title="Overview"
      answer={
        metrics.data
          ? overviewAnswer(metrics.data, needs().count, isAllKnown())
          : metrics.error
            ? "The figures are not known just now. They are asked for again by themselves."
            : "Counting …"
      }
    >
      <Show when={needs().count > 0}>
        <section class="stack tight" aria-label="What needs you">
          <Index each={needs().things}>{(thing) => <Needed thing={thing()} />}</Index>
          <Show when={needs().failures.length > 0}>
            <Failures jobs={needs().failures} />
          </Show>
        </section>
      </Show>
      <Show when={steps()}>{(found) => <FirstSteps steps={found()} />}</Show>
      <div class="columns">
        <section class="card">
          <h2>Jobs</h2>
          <Answered query={jobs} loading={<Loading what="jobs" />}>
            {(page) => <Latest jobs={page().items} />}
          </Answered>
        </section>
        <Answered query={providers} loading={<Loading what="providers" />}>
          {(found) => <For each={found()}>{(provider) => <Provider provider={provider} />}</For>}
        </Answered>
      </div>
    </Page>
  );
};

const Needed = (props: { readonly thing: Thing }): JSX.Element => (
  <div class="notice" data-tone={props.thing.tone}>
    <p>
      <strong>{props.thing.title}</strong> <A href={props.thing.link.href}>{props.thing.link.words}</A>
    </p>
    <Guidance steps={props.thing.guidance} />
  </div>
);

/** What failed since yesterday, each with what to do in the API's words. */
const Failures = (props: { readonly jobs: readonly Job[] }): JSX.Element => (
  <div class="notice" data-tone="bad">
    <p>
      <strong>{countWord(props.jobs.length, "job")} failed in the last day.</strong>{" "}
      <A href="/jobs?group=failed">See all that failed</A>
    </p>
    <ul class="failures">
      <For each={props.jobs.slice(0, FAILURES)}>
        {(job) => (
          <li>
            <A href={`/jobs/${job.id}`}>{jobWords[job.job_type]}</A>
            {job.error_reason === null ? "" : `: ${inSentence(reasonWords[job.error_reason])}`}{" "}
            <span class="dim">
              <Age at={job.finished_at} />
            </span>
            <Show when={job.guidance[0]}>{(guidance) => <div class="guidance">{guidance()}</div>}</Show>
          </li>
        )}
      </For>
    </ul>
  </div>
);

/** What runs, and then what ran. */
const Latest = (props: { readonly jobs: readonly Job[] }): JSX.Element => {
  const names = createNames();
  const shown = createMemo(() => {
    const open = props.jobs.filter(({ status }) => !isOver(status));
    return [...open, ...props.jobs.filter(({ status }) => isOver(status))].slice(0, Math.max(LATEST, open.length));
  });
  return (
    <Show when={shown().length > 0} fallback={<p class="dim">Nothing was asked for yet.</p>}>
      <JobTable jobs={shown()} nameOf={(job) => names()(job)} />
      <p>
        <A href="/jobs">All jobs</A>
      </p>
    </Show>
  );
};

const Provider = (props: { readonly provider: ProviderConnection }): JSX.Element => (
  <section class="card">
    <h2>
      <A href="/providers">{props.provider.display_name}</A> <State look={providerLooks[props.provider.status]} />
    </h2>
    <p>{props.provider.last_status_message}</p>
    <dl class="pairs">
      <dt>Checked</dt>
      <dd>
        <Age at={props.provider.last_checked_at} />
      </dd>
      <Show when={props.provider.rate_limit}>
        {(limit) => (
          <>
            <dt>Requests left this hour</dt>
            <dd>
              {numberWord(limit().remaining)} of {numberWord(limit().limit)}
            </dd>
          </>
        )}
      </Show>
    </dl>
  </section>
);

const FirstSteps = (props: { readonly steps: readonly Step[] }): JSX.Element => (
  <section class="card">
    <h2>To your first site</h2>
    <ol class="first-steps">
      <Index each={props.steps}>
        {(step) => (
          <li data-state={step().state} aria-current={step().state === "now" ? "step" : undefined}>
            <strong>{step().title}</strong>
            <span class="dim">{step().state === "done" ? "Done." : step().words}</span>
            <Show when={step().state === "now"}>
              <A class="button primary" href={step().link.href}>
                {step().link.words}
              </A>
            </Show>
          </li>
        )}
      </Index>
    </ol>
  </section>
);
