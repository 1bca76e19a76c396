/** One node: is it well, what works on it, what does it cost, and how to get rid of it. */
import { A, useParams } from "@solidjs/router";
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { createEffect, createMemo, For, type JSX, on, Show } from "solid-js";
import type { Job, Node as NodeModel } from "../../contracts/models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { jobQuery, jobsQuery, nodeQuery, sitesQuery } from "../api/queries.ts";
import { Answered, Failure, Loading, NotThere } from "../parts/answers.tsx";
import { nowMs } from "../parts/clock.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Announced, CancelReceipt, WhyItFailed } from "../parts/job-story.tsx";
import { Facts, JobsOn, SitesOn } from "../parts/node-facts.tsx";
import { Page } from "../parts/page.tsx";
import { Age, Euro, Guidance, State } from "../parts/small.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { announcementOf, answerOf, isOver, openJobsByNode, typicalSteps } from "../words/jobs.ts";
import { jobLooks, nodeLook, readinessWords } from "../words/looks.ts";
import { deletionOf, isRetired, isUnready, owedOf } from "../words/nodes.ts";
import { orderAgain } from "../words/options.ts";
import { jobWords } from "../words/steps.ts";

export const Node = (): JSX.Element => {
  const params = useParams<{ id: string }>();
  const node = createQuery(() => nodeQuery(params.id));
  return (
    <Page
      title={node.data?.name ?? "Node"}
      answer={<Show when={node.data}>{(found) => <Answer node={found()} />}</Show>}
      actions={<Show when={node.data}>{(found) => <Check node={found()} />}</Show>}
    >
      <NotThere query={node} what="node" list="/nodes">
        <Answered query={node} loading={<Loading what="the node" />}>
          {(found) => <Story node={found()} />}
        </Answered>
      </NotThere>
    </Page>
  );
};

const Answer = (props: { readonly node: NodeModel }): JSX.Element => (
  <>
    <State look={nodeLook(props.node)} /> {props.node.server_type} · {props.node.location}
    <Show when={props.node.monthly_cost !== null}>
      {" · "}
      <Euro amount={props.node.monthly_cost} /> per month
    </Show>
  </>
);

const Story = (props: { readonly node: NodeModel }): JSX.Element => {
  const jobs = createQuery(() => jobsQuery());
  // The job of a site works on the node, too.
  const jobId = createMemo(
    () => openJobsByNode(jobs.data?.items ?? []).get(props.node.id)?.id ?? props.node.last_job_id,
  );
  const job = createQuery(() => jobQuery(jobId()));
  const sites = createQuery(() => sitesQuery());
  const here = createMemo(() =>
    sites.data?.isReading ? undefined : sites.data?.items.filter(({ node_id }) => node_id === props.node.id),
  );
  const isToldAbove = (last: Job) => last.job_type === "node_delete" && owedOf(props.node) !== null;
  const isBusy = () => job.data !== undefined && !isOver(job.data.status);
  return (
    <>
      <NotWell node={props.node} isBusy={isBusy()} />
      <div class="columns">
        <Answered query={job} loading={<Loading what="the last job" />}>
          {(found) => <LastJob job={found()} isToldAbove={isToldAbove(found())} />}
        </Answered>
        <div class="stack">
          <Facts node={props.node} />
          <SitesOn sites={here()} canTake={nodeLook(props.node).tone === "ok"} />
          <JobsOn nodeId={props.node.id} />
          <Delete node={props.node} sites={here()?.length ?? 0} isBusy={isBusy()} />
        </div>
      </div>
    </>
  );
};

/** Why it carries no sites, or why it is still there, and what to do. While a job makes or deletes it, the job tells. */
const NotWell = (props: { readonly node: NodeModel; readonly isBusy: boolean }): JSX.Element => (
  <>
    <Show when={owedOf(props.node)}>
      {(owed) => (
        <section class="notice" data-tone="bad">
          <strong>{owed().title}</strong>
          <p>{owed().cost}</p>
          <Guidance steps={owed().guidance} />
        </section>
      )}
    </Show>
    <Show when={isRetired(props.node)}>
      <p class="dim">
        There is no server, and nothing is billed. <A href={orderAgain(props.node)}>Order it again</A>
      </p>
    </Show>
    <Show when={isUnready(props.node, props.isBusy)}>
      <section class="notice" data-tone="warn">
        <strong>
          Not ready for sites: {props.node.readiness.reason_codes.map((reason) => readinessWords[reason]).join(". ")}.
        </strong>
        <Guidance steps={props.node.readiness.guidance} />
      </section>
    </Show>
  </>
);

/** Watched while it runs. With each of its steps the node is asked for, too. */
const LastJob = (props: { readonly job: Job; readonly isToldAbove: boolean }): JSX.Element => {
  const client = useQueryClient();
  const earlier = createQuery(() => jobsQuery());
  const typical = createMemo(() => typicalSteps(earlier.data?.items ?? [], props.job.job_type));
  const step = createMemo(() => announcementOf(props.job));
  createEffect(on(step, () => void client.invalidateQueries({ queryKey: ["getNode"] }), { defer: true }));
  const words = createMemo(() => answerOf(props.job, nowMs()));
  return (
    <div class="stack">
      <Show when={!props.isToldAbove}>
        <WhyItFailed job={props.job} />
      </Show>
      <CancelReceipt job={props.job} />
      <section class="card">
        <h2>
          <A href={`/jobs/${props.job.id}`}>{jobWords[props.job.job_type]}</A>{" "}
          <State look={jobLooks[props.job.status]} />
        </h2>
        <p class="dim">
          <Show when={isOver(props.job.status)}>
            <Age at={props.job.finished_at} />,{" "}
          </Show>
          {words()}
        </p>
        <Show when={!isOver(props.job.status)}>
          <progress class="bar wide" max={100} value={props.job.progress} aria-label="Progress" />
        </Show>
        <Announced job={props.job} />
        <Timeline job={props.job} typical={typical()} />
      </section>
    </div>
  );
};

const Check = (props: { readonly node: NodeModel }): JSX.Element => {
  const client = useQueryClient();
  const check = createMutation(() => ({
    mutationFn: () => call("checkNode", { params: { id: props.node.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["getNode"] }),
  }));
  return (
    <Show when={props.node.public_ip !== null && props.node.server_state === "present"}>
      <Show when={check.error}>{(failure) => <Failure failure={failure()} title="It could not be checked." />}</Show>
      <span class="visually-hidden" role="status">
        {check.data ? `Checked: ${nodeLook(check.data).word}.` : ""}
      </span>
      <button
        class="button"
        type="button"
        aria-disabled={check.isPending ? "true" : undefined}
        onClick={() => check.isPending || check.mutate()}
      >
        {check.isPending ? "Looking over SSH …" : "Check now"}
      </button>
    </Show>
  );
};

const Delete = (props: { readonly node: NodeModel; readonly sites: number; readonly isBusy: boolean }): JSX.Element => {
  const remove = createJobMutation(() => call("deleteNode", { params: { id: props.node.id } }));
  const deletion = createMemo(() => deletionOf(props.node, props.sites, props.isBusy));
  const possible = () => {
    const found = deletion();
    return found?.isPossible ? found : null;
  };
  const refused = () => {
    const found = deletion();
    return found?.isPossible === false ? found.why : null;
  };
  return (
    <Show when={deletion()}>
      <section class="card">
        <h2>Delete</h2>
        <Show when={refused()}>{(why) => <p class="dim">{why()}</p>}</Show>
        <Show when={possible()}>
          {(found) => (
            <Confirm
              action={found().action}
              title={`Delete ${props.node.name}`}
              name={props.node.name}
              isPending={remove.isPending}
              failure={remove.error}
              onConfirm={() => remove.mutate()}
            >
              <For each={found().loses}>{(words) => <p>{words}</p>}</For>
            </Confirm>
          )}
        </Show>
      </section>
    </Show>
  );
};
