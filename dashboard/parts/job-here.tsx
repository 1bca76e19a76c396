/** The last job of a thing, where the thing is shown: its step while it runs, and what to do if it failed. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, type JSX, Match, on, Show, Switch } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { jobQuery } from "../api/queries.ts";
import { announcementOf, isOver, nextLookWord, stepNow } from "../words/jobs.ts";
import { jobLooks, reasonWords } from "../words/looks.ts";
import { jobWords } from "../words/steps.ts";
import { nowMs } from "./clock.ts";
import { createIsNews, ErrorCode } from "./job-story.tsx";
import { Age, Guidance, Notice, State } from "./small.tsx";

export const JobHere = (props: {
  readonly id: string;
  /** It is another one, or another state of it, than a moment ago: what it changes is to be asked for again. */
  onChange(): void;
}): JSX.Element => {
  const job = createQuery(() => jobQuery(props.id));
  const isNews = createIsNews(() => job.data);
  const seen = createMemo(() => job.data && `${job.data.id} ${job.data.status}`);
  createEffect(on(seen, (_, before) => before !== undefined && props.onChange()));
  return (
    <Show when={job.data}>
      {(found) => (
        <Switch fallback={<Ended job={found()} />}>
          <Match when={!isOver(found().status)}>
            <Running job={found()} />
          </Match>
          <Match when={found().status === "failed"}>
            <Failed job={found()} isNews={isNews()} />
          </Match>
        </Switch>
      )}
    </Show>
  );
};

const Running = (props: { readonly job: Job }): JSX.Element => (
  <section class="job-here" aria-label={`Job: ${jobWords[props.job.job_type]}`}>
    <p>
      <strong>{jobWords[props.job.job_type]}</strong> <State look={jobLooks[props.job.status]} />{" "}
      <A href={`/jobs/${props.job.id}`}>Watch it</A>
    </p>
    <progress class="bar wide" max={100} value={props.job.progress} aria-label="Progress" />
    <p class="dim">
      {stepNow(props.job) ?? "Waiting for its turn"}
      <Show when={nextLookWord(props.job, nowMs())}>{(word) => <> · {word()}</>}</Show>
      <Show when={props.job.attempt_count > 1}>
        {` · attempt ${props.job.attempt_count} of ${props.job.max_attempts}`}
      </Show>
    </p>
    <p class="visually-hidden" role="status">
      {announcementOf(props.job)}
    </p>
  </section>
);

const Failed = (props: { readonly job: Job; readonly isNews: boolean }): JSX.Element => (
  <Notice
    tone="bad"
    title={`${jobWords[props.job.job_type]}: failed.`}
    words={[props.job.error_reason && `${reasonWords[props.job.error_reason]}.`, props.job.error_message]
      .filter(Boolean)
      .join(" ")}
    isOld={!props.isNews}
  >
    <Guidance steps={props.job.guidance} />
    <p class="trace">
      <Age at={props.job.finished_at} />{" "}
      <Show when={props.job.error_code}>{(code) => <ErrorCode code={code()} />}</Show>{" "}
      <A href={`/jobs/${props.job.id}`}>See the job</A>
    </p>
  </Notice>
);

const Ended = (props: { readonly job: Job }): JSX.Element => (
  <p class="dim">
    Last job: <A href={`/jobs/${props.job.id}`}>{jobWords[props.job.job_type]}</A>,{" "}
    {jobLooks[props.job.status].word.toLowerCase()} <Age at={props.job.finished_at} />
  </p>
);
