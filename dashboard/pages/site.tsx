/** One site: its environments, each with its backups, and what can be done with them. */
import { A, useParams } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import type { Environment, Site as SiteModel } from "../../contracts/site-models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { environmentsQuery, siteQuery } from "../api/queries.ts";
import { Answered, Loading } from "../parts/answers.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { EnvironmentCard } from "../parts/environment.tsx";
import { Page } from "../parts/page.tsx";
import { State } from "../parts/small.tsx";
import { countWord } from "../words/amounts.ts";
import { siteLooks } from "../words/looks.ts";

export const Site = (): JSX.Element => {
  const params = useParams<{ id: string }>();
  const site = createQuery(() => siteQuery(params.id));
  const environments = createQuery(() => environmentsQuery(params.id));
  const present = () => environments.data?.items ?? [];
  return (
    <Page
      title={site.data?.name ?? "Site"}
      answer={<Show when={site.data}>{(found) => <Answer site={found()} environments={present()} />}</Show>}
      actions={<Show when={site.data}>{(found) => <Delete site={found()} />}</Show>}
    >
      <Answered query={site} loading={<Loading what="the site" />}>
        {(found) => (
          <Answered query={environments} loading={<Loading what="environments" />}>
            {(listed) => (
              <For each={primaryFirst(listed().items, found().primary_environment_id)}>
                {(environment) => <EnvironmentCard environment={environment} siteName={found().name} />}
              </For>
            )}
          </Answered>
        )}
      </Answered>
    </Page>
  );
};

const primaryFirst = (environments: readonly Environment[], primary: string | null): Environment[] => [
  ...environments.filter(({ id }) => id === primary),
  ...environments.filter(({ id }) => id !== primary),
];

const Answer = (props: { readonly site: SiteModel; readonly environments: readonly Environment[] }): JSX.Element => (
  <span aria-live="polite">
    <State look={siteLooks[props.site.status]} /> {countWord(props.environments.length, "environment")} ·{" "}
    <A href={`/nodes/${props.site.node_id}`}>its node</A> · <A href={`/jobs/${props.site.last_job_id}`}>last job</A>
  </span>
);

const Delete = (props: { readonly site: SiteModel }): JSX.Element => {
  const remove = createJobMutation(() => call("deleteSite", { params: { id: props.site.id } }));
  return (
    <Confirm
      action="Delete site"
      title={`Delete ${props.site.name}`}
      name={props.site.slug}
      isPending={remove.isPending}
      failure={remove.error}
      onConfirm={() => remove.mutate()}
    >
      <p>
        All of its environments go, with files and databases. Before that the primary one is backed up once more; its
        backups stay for 30 days.
      </p>
    </Confirm>
  );
};
