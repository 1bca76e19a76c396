/** What a job tells beside its steps: why it failed, what a cancel came to, what it is about. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, type JSX, Show } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { nodeQuery, siteQuery, whileFailing } from "../api/queries.ts";
import { jobErrorWords } from "../words/codes.ts";
import { announcementOf, isOver, nextLookWord, receiptOf } from "../words/jobs.ts";
import { reasonWords } from "../words/looks.ts";
import { orderAgain } from "../words/options.ts";
import { nowMs } from "./clock.ts";
import { Copy } from "./copy.tsx";
import { Age, Guidance, Notice, Took } from "./small.tsx";

/** Says each step to whoever cannot see it, and not each second. */
export const Announced = (props: { readonly job: Job }): JSX.Element => {
  const words = createMemo(() => announcementOf(props.job));
  return (
    <p class="visually-hidden" role="status">
      {words()}
    </p>
  );
};

/** Whether its end is news: somebody saw it while it was open. An end from before is no alarm. */
export const createIsNews = (job: () => Pick<Job, "id" | "status"> | undefined): (() => boolean) => {
  const seen = createMemo<ReadonlySet<string>>((before) => {
    const found = job();
    return found === undefined || isOver(found.status) ? before : new Set([...before, found.id]);
  }, new Set<string>());
  return () => seen().has(job()?.id ?? "");
};

/** What ended a job, for whoever is asked for help. */
export const ErrorCode = (props: { readonly code: NonNullable<Job["error_code"]> }): JSX.Element => (
  <>
    {jobErrorWords[props.code]} <code>{props.code}</code> <Copy text={props.code} what="the error code" />
  </>
);

/** Code, reason and guidance of a job that failed, in the API's words. */
export const WhyItFailed = (props: { readonly job: Job }): JSX.Element => {
  const isNews = createIsNews(() => props.job);
  return (
    <Show when={props.job.error_code}>
      {(code) => (
        <Notice
          tone="bad"
          title={props.job.error_reason ? `${reasonWords[props.job.error_reason]}.` : "It failed."}
          words={props.job.error_message}
          isOld={!isNews()}
        >
          <Guidance steps={props.job.guidance} />
          <p class="trace">
            <ErrorCode code={code()} /> <code>{props.job.error_reason}</code>
          </p>
          <Show when={props.job.job_type === "node_provision" && props.job.node_id}>{(id) => <Again id={id()} />}</Show>
        </Notice>
      )}
    </Show>
  );
};

/** The same order again, once what stopped it is mended. */
const Again = (props: { readonly id: string }): JSX.Element => {
  const node = createQuery(() => nodeQuery(props.id));
  return (
    <Show when={node.data}>
      {(found) => (
        <p>
          <A href={orderAgain(found())}>Order it again</A>
        </p>
      )}
    </Show>
  );
};

/** That a cancel was asked for, when, and what that means until it takes effect. */
export const CancelReceipt = (props: { readonly job: Job }): JSX.Element => (
  <Show when={props.job.cancel_requested_at}>
    {(at) => (
      <Notice
        tone={props.job.status === "cancelled" ? "run" : "warn"}
        title="Cancel asked for"
        words={receiptOf(props.job)}
      >
        <p class="dim">
          <Age at={at()} />
        </p>
      </Notice>
    )}
  </Show>
);

export const Facts = (props: { readonly job: Job }): JSX.Element => {
  const next = createMemo(() => nextLookWord(props.job, nowMs()));
  return (
    <dl class="pairs">
      <About job={props.job} />
      <dt>Progress</dt>
      <dd>{props.job.progress} %</dd>
      <dt>Attempt</dt>
      <dd>
        {props.job.attempt_count} of {props.job.max_attempts}
      </dd>
      <Show when={next()}>
        {(words) => (
          <>
            <dt>Goes on</dt>
            <dd>
              <time datetime={props.job.run_after ?? undefined}>{words()}</time>
            </dd>
          </>
        )}
      </Show>
      <dt>Asked for</dt>
      <dd>
        <Age at={props.job.created_at} />
      </dd>
      <dt>{isOver(props.job.status) ? "Took" : "Runs for"}</dt>
      <dd>
        <Show when={props.job.started_at} fallback={<span class="dim">not begun</span>}>
          <Took from={props.job.started_at} to={props.job.finished_at} />
        </Show>
      </dd>
      <dt>Id</dt>
      <dd>
        <code>{props.job.id}</code>
      </dd>
    </dl>
  );
};

/** What it is about, by name: asked for until it is known, for names do not change. */
const About = (props: { readonly job: Job }): JSX.Element => (
  <>
    <Show when={props.job.site_id}>
      {(id) => (
        <>
          <dt>Site</dt>
          <dd>
            <A href={`/sites/${id()}`}>
              <SiteName id={id()} />
            </A>
          </dd>
        </>
      )}
    </Show>
    <Show when={props.job.node_id}>
      {(id) => (
        <>
          <dt>Node</dt>
          <dd>
            <A href={`/nodes/${id()}`}>
              <NodeName id={id()} />
            </A>
          </dd>
        </>
      )}
    </Show>
  </>
);

const once = () => ({ refetchInterval: whileFailing(), staleTime: Number.POSITIVE_INFINITY });

const NodeName = (props: { readonly id: string }): JSX.Element => {
  const node = createQuery(() => ({ ...nodeQuery(props.id), ...once() }));
  return <>{node.data?.name ?? "Show it"}</>;
};

const SiteName = (props: { readonly id: string }): JSX.Element => {
  const site = createQuery(() => ({ ...siteQuery(props.id), ...once() }));
  return <>{site.data?.name ?? "Show it"}</>;
};
