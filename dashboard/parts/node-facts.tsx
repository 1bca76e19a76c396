/** What is known of a node: its server, its sites, its jobs. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import type { Node } from "../../contracts/models.ts";
import type { Site } from "../../contracts/site-models.ts";
import { jobsQuery } from "../api/queries.ts";
import { jobLooks, siteLooks } from "../words/looks.ts";
import { costWord, serverWord } from "../words/nodes.ts";
import { jobWords } from "../words/steps.ts";
import { Answered, Loading } from "./answers.tsx";
import { Age, State } from "./small.tsx";

const dash = "–";

export const Facts = (props: { readonly node: Node }): JSX.Element => (
  <section class="card">
    <h2>Server</h2>
    <dl class="pairs">
      <dt>Server</dt>
      <dd>{serverWord(props.node)}</dd>
      <dt>Costs</dt>
      <dd>{costWord(props.node)}</dd>
      <dt>Address</dt>
      <dd class="mono">{props.node.public_ip ?? dash}</dd>
      <dt>IPv6</dt>
      <dd class="mono">{props.node.ipv6 ?? dash}</dd>
      <dt>SSH</dt>
      <dd class="mono">
        {props.node.public_ip === null ? dash : `${props.node.ssh_user}@${props.node.public_ip}:${props.node.ssh_port}`}
      </dd>
      <dt>Image</dt>
      <dd>{props.node.image}</dd>
      <dt>Number at Hetzner</dt>
      <dd class="mono">{props.node.provider_server_id ?? dash}</dd>
      <dt>Last seen</dt>
      <dd>
        <Age at={props.node.last_seen_at} />
      </dd>
      <dt>Last checked</dt>
      <dd>
        <Age at={props.node.readiness.checked_at} />
      </dd>
      <dt>Ordered</dt>
      <dd>
        <Age at={props.node.created_at} />
      </dd>
      <dt>Last changed</dt>
      <dd>
        <Age at={props.node.updated_at} />
      </dd>
      <dt>Id</dt>
      <dd>
        <code>{props.node.id}</code>
      </dd>
    </dl>
  </section>
);

/** `sites`: undefined while they are read. */
export const SitesOn = (props: {
  readonly sites: readonly Site[] | undefined;
  readonly canTake: boolean;
}): JSX.Element => (
  <section class="card">
    <h2>Sites</h2>
    <Show when={props.sites} fallback={<Loading what="sites" />}>
      {(sites) => (
        <ul class="rows">
          <For each={sites()} fallback={<li class="dim">None.</li>}>
            {(site) => (
              <li>
                <A href={`/sites/${site.id}`}>{site.name}</A> <State look={siteLooks[site.status]} />
              </li>
            )}
          </For>
        </ul>
      )}
    </Show>
    <Show when={props.canTake}>
      <A href="/sites/new">Create site</A>
    </Show>
  </section>
);

/** Those among the newest jobs of all: a node's own list the API has not. */
export const JobsOn = (props: { readonly nodeId: string }): JSX.Element => {
  const jobs = createQuery(() => jobsQuery());
  const here = () => jobs.data?.items.filter(({ node_id }) => node_id === props.nodeId) ?? [];
  return (
    <section class="card">
      <h2>Jobs</h2>
      <Answered query={jobs} loading={<Loading what="jobs" />}>
        {(page) => (
          <>
            <ul class="rows">
              <For each={here()} fallback={<li class="dim">None among the last {page().items.length} jobs.</li>}>
                {(job) => (
                  <li>
                    <A href={`/jobs/${job.id}`}>{jobWords[job.job_type]}</A>
                    <span>
                      <State look={jobLooks[job.status]} />{" "}
                      <span class="dim">
                        <Age at={job.created_at} />
                      </span>
                    </span>
                  </li>
                )}
              </For>
            </ul>
            <Show when={page().cursor !== null && here().length > 0}>
              <p class="dim">Of the last {page().items.length} jobs.</p>
            </Show>
          </>
        )}
      </Answered>
    </section>
  );
};
