/** Which sites there are, and which need somebody. */
import { A, useSearchParams } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Site } from "../../contracts/site-models.ts";
import type { Listed } from "../api/long-list.ts";
import { nodesQuery, sitesQuery } from "../api/queries.ts";
import { Answered, beforeAnswer, Loading } from "../parts/answers.tsx";
import { Empty, Page } from "../parts/page.tsx";
import { Age, State } from "../parts/small.tsx";
import { numberWord } from "../words/amounts.ts";
import { extentWord } from "../words/lists.ts";
import { siteLooks } from "../words/looks.ts";
import {
  answerOf,
  chooseSites,
  countSites,
  type SiteGroup,
  type SiteWish,
  siteGroups,
  siteQueryOf,
  siteWishOf,
} from "../words/sites.ts";

const Create = (props: { readonly words: string }): JSX.Element => (
  <A class="button primary" href="/sites/new">
    {props.words}
  </A>
);

export const Sites = (): JSX.Element => {
  const sites = createQuery(() => sitesQuery());
  return (
    <Page
      title="Sites"
      answer={sites.data ? answerOf(sites.data.items, sites.data.isWhole) : beforeAnswer(sites)}
      actions={<Create words="Create site" />}
    >
      <Answered query={sites} loading={<Loading what="sites" />}>
        {(listed) => (
          <Show when={listed().items.length > 0} fallback={<None />}>
            <List list={listed()} />
          </Show>
        )}
      </Answered>
    </Page>
  );
};

const None = (): JSX.Element => (
  <Empty title="No site yet">
    <p>A site is WordPress on one of your nodes, with as many clones as you like to try things out.</p>
    <Create words="Create the first site" />
  </Empty>
);

const List = (props: { readonly list: Listed<Site> }): JSX.Element => {
  const [query, setQuery] = useSearchParams();
  const wish = createMemo(() => siteWishOf(query));
  // Each letter is no step of its own on the way back.
  const setWish = (next: SiteWish, replace = false) => setQuery(siteQueryOf(next), { replace, scroll: false });
  const shown = createMemo(() => chooseSites(props.list.items, wish()));
  return (
    <>
      <search class="tools">
        <input
          type="search"
          aria-label="Filter sites"
          placeholder="Filter by name"
          value={wish().text}
          onInput={(event) => setWish({ ...wish(), text: event.currentTarget.value }, true)}
        />
        <Groups sites={props.list.items} value={wish().group} onChange={(group) => setWish({ ...wish(), group })} />
      </search>
      <Show when={extentWord({ read: props.list.items.length, thing: "site", tools: "Filter" }, props.list)}>
        {(words) => (
          <p class="dim" role="status">
            {words()}
          </p>
        )}
      </Show>
      <Show
        when={shown().length > 0}
        fallback={
          <p class="dim" role="status">
            No site fits.
          </p>
        }
      >
        <Table sites={shown()} />
      </Show>
    </>
  );
};

const groupWords: Readonly<Record<SiteGroup, string>> = {
  all: "All",
  active: "Active",
  working: "Working",
  "needs you": "Needs you",
};

const Groups = (props: {
  readonly sites: readonly Site[];
  readonly value: SiteGroup;
  onChange(group: SiteGroup): void;
}): JSX.Element => {
  const counts = createMemo(() => countSites(props.sites));
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Which sites</legend>
      <For each={siteGroups}>
        {(group) => (
          <label>
            <input
              class="visually-hidden"
              type="radio"
              name="site-group"
              checked={props.value === group}
              onChange={() => props.onChange(group)}
            />
            {groupWords[group]} {numberWord(counts()[group])}
          </label>
        )}
      </For>
    </fieldset>
  );
};

const Table = (props: { readonly sites: readonly Site[] }): JSX.Element => {
  const nodes = createQuery(() => nodesQuery());
  const names = createMemo(() => new Map(nodes.data?.items.map(({ id, name }) => [id, name])));
  return (
    <div class="table-wrap">
      <table class="cards" aria-label="Sites">
        <thead>
          <tr>
            <th>Name</th>
            <th>State</th>
            <th>Node</th>
            <th class="number">Age</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.sites}>
            {(site) => <Row site={site} nodeName={names().get(site.node_id) ?? "its node"} />}
          </For>
        </tbody>
      </table>
    </div>
  );
};

/** Under a state that is not well stands where the story is told. */
const lastJobWords: Partial<Record<Site["status"], string>> = {
  failed: "See what went wrong",
  cloning: "Watch it",
  deploying: "Watch it",
  restoring: "Watch it",
};

const Row = (props: { readonly site: Site; readonly nodeName: string }): JSX.Element => (
  <tr>
    <td>
      <A class="name" href={`/sites/${props.site.id}`}>
        {props.site.name}
      </A>
      <div class="why mono">{props.site.slug}</div>
    </td>
    <td data-label="State">
      <State look={siteLooks[props.site.status]} />
      <Show when={lastJobWords[props.site.status]}>
        {(words) => (
          <div class="why">
            <A href={`/jobs/${props.site.last_job_id}`}>{words()}</A>
          </div>
        )}
      </Show>
    </td>
    <td data-label="Node">
      <A href={`/nodes/${props.site.node_id}`}>{props.nodeName}</A>
    </td>
    <td class="number dim" data-label="Age">
      <Age at={props.site.created_at} ago={false} />
    </td>
  </tr>
);
