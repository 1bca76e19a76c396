/** One node: is it well, what works on it, what does it cost, and how to get rid of it. */
import { A, useParams } from "@solidjs/router";
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import type { Node as NodeModel } from "../../contracts/models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { isEnded, jobQuery, nodeQuery, sitesQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Page } from "../parts/page.tsx";
import { Age, Euro, Guidance, State } from "../parts/small.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { nodeLook, readinessWords, reasonWords, siteLooks } from "../words/looks.ts";
import { jobWords } from "../words/steps.ts";

export const Node = (): JSX.Element => {
  const params = useParams<{ id: string }>();
  const node = createQuery(() => nodeQuery(params.id));
  return (
    <Page
      title={node.data?.name ?? "Node"}
      answer={<Show when={node.data}>{(found) => <Answer node={found()} />}</Show>}
      actions={<Show when={node.data}>{(found) => <Actions node={found()} />}</Show>}
    >
      <Answered query={node} loading={<Loading what="the node" />}>
        {(found) => <Story node={found()} />}
      </Answered>
    </Page>
  );
};

const Answer = (props: { readonly node: NodeModel }): JSX.Element => (
  <span aria-live="polite">
    <State look={nodeLook(props.node)} /> {props.node.server_type} · {props.node.location} ·{" "}
    <Euro amount={props.node.monthly_cost} /> per month
  </span>
);

const Story = (props: { readonly node: NodeModel }): JSX.Element => (
  <>
    <Blocked node={props.node} />
    <div class="columns">
      <LastJob id={props.node.last_job_id} />
      <div class="stack">
        <section class="card">
          <h2>Server</h2>
          <Facts node={props.node} />
        </section>
        <SitesOn nodeId={props.node.id} />
      </div>
    </div>
  </>
);

/** Why it carries no sites, or why it cannot be deleted, and what to do. */
const Blocked = (props: { readonly node: NodeModel }): JSX.Element => (
  <>
    <Show when={props.node.deletion_blocked_reason}>
      {(reason) => (
        <section class="notice" data-tone="bad">
          <strong>Hetzner refuses to delete this server: {reasonWords[reason()].toLowerCase()}.</strong>
          <p>It is still billed. Pressluft tries again every hour; you may ask again at once.</p>
        </section>
      )}
    </Show>
    <Show when={props.node.status !== "decommissioned" && !props.node.readiness.is_ready}>
      <section class="notice" data-tone="warn">
        <strong>{props.node.readiness.reason_codes.map((reason) => readinessWords[reason]).join(". ")}.</strong>
        <Guidance steps={props.node.readiness.guidance} />
      </section>
    </Show>
  </>
);

const Facts = (props: { readonly node: NodeModel }): JSX.Element => (
  <dl class="pairs">
    <dt>Address</dt>
    <dd class="mono">{props.node.public_ip ?? "–"}</dd>
    <dt>IPv6</dt>
    <dd class="mono">{props.node.ipv6 ?? "–"}</dd>
    <dt>SSH</dt>
    <dd class="mono">
      {props.node.ssh_user}@{props.node.public_ip ?? "–"}:{props.node.ssh_port}
    </dd>
    <dt>Image</dt>
    <dd>{props.node.image}</dd>
    <dt>Number at Hetzner</dt>
    <dd class="mono">{props.node.provider_server_id ?? "–"}</dd>
    <dt>Last seen</dt>
    <dd>
      <Age at={props.node.last_seen_at} />
    </dd>
    <dt>Ordered</dt>
    <dd>
      <Age at={props.node.created_at} />
    </dd>
  </dl>
);

const LastJob = (props: { readonly id: string }): JSX.Element => {
  const job = createQuery(() => jobQuery(props.id));
  return (
    <section class="card">
      <Answered query={job} loading={<Loading what="the last job" />}>
        {(found) => (
          <>
            <h2>
              <A href={`/jobs/${found().id}`}>{jobWords[found().job_type]}</A>
              {isEnded(found().status) ? "" : `, ${found().progress} %`}
            </h2>
            <Timeline job={found()} />
          </>
        )}
      </Answered>
    </section>
  );
};

const SitesOn = (props: { readonly nodeId: string }): JSX.Element => {
  const sites = createQuery(() => sitesQuery());
  const here = () => sites.data?.items.filter(({ node_id }) => node_id === props.nodeId) ?? [];
  return (
    <section class="card">
      <h2>Sites</h2>
      <Answered query={sites} loading={<Loading what="sites" />}>
        {() => (
          <ul class="rows">
            <For each={here()} fallback={<li class="dim">None.</li>}>
              {(site) => (
                <li>
                  <A href={`/sites/${site.id}`}>{site.name}</A> <State look={siteLooks[site.status]} />
                </li>
              )}
            </For>
          </ul>
        )}
      </Answered>
    </section>
  );
};

const Actions = (props: { readonly node: NodeModel }): JSX.Element => {
  const client = useQueryClient();
  const params = () => ({ id: props.node.id });
  const check = createMutation(() => ({
    mutationFn: () => call("checkNode", { params: params() }),
    onSettled: () => client.invalidateQueries({ queryKey: ["getNode"] }),
  }));
  const remove = createJobMutation(() => call("deleteNode", { params: params() }));
  return (
    <Show when={props.node.server_state !== "gone"}>
      <button class="button" type="button" onClick={() => check.mutate()} disabled={check.isPending}>
        {check.isPending ? "Looking …" : "Check now"}
      </button>
      <Show when={check.error}>{(failure) => <Failure failure={failure()} title="It could not be checked." />}</Show>
      <Confirm
        action="Delete node"
        title={`Delete ${props.node.name}`}
        name={props.node.name}
        isPending={remove.isPending}
        failure={remove.error}
        onConfirm={() => remove.mutate()}
      >
        <p>The server and everything on its disk go. Hetzner stops billing it. This cannot be undone.</p>
      </Confirm>
    </Show>
  );
};
