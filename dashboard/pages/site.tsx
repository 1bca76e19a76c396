/** One site: its environments, each with its backups, and what can be done with them. */
import { A, useParams } from "@solidjs/router";
import { createQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import type { Environment, Site as SiteModel } from "../../contracts/site-models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { environmentsQuery, jobQuery, nodeQuery, siteQuery, whileFailing } from "../api/queries.ts";
import { Answered, isNotThere, Loading, NotThere } from "../parts/answers.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { EnvironmentCard } from "../parts/environment.tsx";
import { Choices } from "../parts/fields.tsx";
import { JobHere } from "../parts/job-here.tsx";
import { Page } from "../parts/page.tsx";
import { Reset } from "../parts/reset.tsx";
import { Age, State } from "../parts/small.tsx";
import { countWord } from "../words/amounts.ts";
import { primaryFirst } from "../words/environments.ts";
import { isOver } from "../words/jobs.ts";
import { siteLooks } from "../words/looks.ts";

export const Site = (): JSX.Element => {
  const params = useParams<{ id: string }>();
  const site = createQuery(() => siteQuery(params.id));
  const environments = createQuery(() => environmentsQuery(params.id));
  // What was read of it stays known after it was deleted, and is told of nowhere.
  const known = () => (isNotThere(site.error) ? undefined : site.data);
  return (
    <Page
      title={known()?.name ?? "Site"}
      answer={
        <Show when={known()}>{(found) => <Answer site={found()} count={environments.data?.items.length} />}</Show>
      }
      actions={
        <Show when={known()}>{(found) => <Actions site={found()} count={environments.data?.items.length} />}</Show>
      }
    >
      <NotThere query={site} what="site" list="/sites">
        <Answered query={site} loading={<Loading what="the site" />}>
          {(found) => (
            <Answered query={environments} loading={<Loading what="environments" />}>
              {(listed) => <Environments site={found()} environments={listed().items} />}
            </Answered>
          )}
        </Answered>
      </NotThere>
    </Page>
  );
};

/** A site has one job at a time: while it runs nothing else can be begun here. */
const useIsBusy = (site: () => SiteModel): (() => boolean) => {
  const job = createQuery(() => jobQuery(site().last_job_id));
  const before = site().last_job_id;
  // Until it is known how the job is: one that was not there when the page opened has just begun.
  const isNew = () => site().last_job_id !== before;
  const isAtWork = () => site().status !== "active" && site().status !== "failed";
  return () => (job.data === undefined ? isNew() || isAtWork() : !isOver(job.data.status));
};

const Answer = (props: { readonly site: SiteModel; readonly count: number | undefined }): JSX.Element => (
  <span class="facts">
    <State look={siteLooks[props.site.status]} />
    <Show when={props.count}>{(count) => <span>{countWord(count(), "environment")}</span>}</Show>
    <span>
      on <NodeLink id={props.site.node_id} />
    </span>
    <span>
      made <Age at={props.site.created_at} />
    </span>
  </span>
);

const NodeLink = (props: { readonly id: string }): JSX.Element => {
  const node = createQuery(() => ({ ...nodeQuery(props.id), refetchInterval: whileFailing() }));
  return <A href={`/nodes/${props.id}`}>{node.data?.name ?? "its node"}</A>;
};

const Environments = (props: {
  readonly site: SiteModel;
  readonly environments: readonly Environment[];
}): JSX.Element => {
  const client = useQueryClient();
  const isBusy = useIsBusy(() => props.site);
  const isTold = () => props.environments.some(({ last_job_id }) => last_job_id === props.site.last_job_id);
  const sourceOf = ({ source_environment_id }: Environment) =>
    props.environments.find(({ id }) => id === source_environment_id);
  return (
    <>
      {/* A job of the whole site, or of an environment that is not there. */}
      <Show when={!isTold()}>
        <JobHere id={props.site.last_job_id} onChange={() => void client.invalidateQueries()} />
      </Show>
      <For each={primaryFirst(props.environments, props.site.primary_environment_id)}>
        {(environment) => (
          <EnvironmentCard
            environment={environment}
            source={sourceOf(environment)}
            isPrimary={environment.id === props.site.primary_environment_id}
            isBusy={isBusy()}
          />
        )}
      </For>
    </>
  );
};

const Actions = (props: { readonly site: SiteModel; readonly count: number | undefined }): JSX.Element => {
  const isBusy = useIsBusy(() => props.site);
  return (
    <>
      {/* The only environment has a button of its own, which does the same. */}
      <Show when={props.site.status === "failed" && props.count !== 1 && !isBusy()}>
        <Reset
          ask={() => call("resetSite", { params: { id: props.site.id } })}
          word="Take the site into service again"
        />
      </Show>
      <Delete site={props.site} isBusy={isBusy()} />
    </>
  );
};

const ways = [
  {
    value: "true",
    word: "Back up the primary environment first",
    hint: "In full. If that fails, nothing is deleted.",
  },
  {
    value: "false",
    word: "Without a backup",
    hint: "What was not backed up before is lost. On a node that no longer answers the site is then only forgotten: nothing is touched on its server.",
  },
] as const;

const Delete = (props: { readonly site: SiteModel; readonly isBusy: boolean }): JSX.Element => {
  const [final_backup, setFinalBackup] = createSignal<"true" | "false">("true");
  const remove = createJobMutation(() =>
    call("deleteSite", { params: { id: props.site.id }, query: { final_backup: final_backup() } }),
  );
  return (
    <Confirm
      action="Delete site"
      title={`Delete ${props.site.name}`}
      name={props.site.slug}
      isOff={props.isBusy}
      isPending={remove.isPending}
      failure={remove.error}
      onOpen={() => setFinalBackup("true")}
      onConfirm={() => remove.mutate()}
    >
      <p>
        All of its environments go, with files and databases, and their addresses stop to answer. Backups stay until
        their 30 days are over. The node stays, and is billed as before.
      </p>
      <Choices
        id="final-backup"
        label="Before it is deleted"
        choices={ways}
        value={final_backup()}
        onChange={setFinalBackup}
      />
    </Confirm>
  );
};
