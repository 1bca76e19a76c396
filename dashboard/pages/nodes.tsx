/** Which nodes there are, which need somebody, and what they cost. */
import { A, useSearchParams } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, For, type JSX, on, Show } from "solid-js";
import { unwrap } from "solid-js/store";
import type { Node } from "../../contracts/models.ts";
import type { Listed } from "../api/long-list.ts";
import { metricsQuery, nodesQuery, sitesQuery } from "../api/queries.ts";
import { Answered, Loading } from "../parts/answers.tsx";
import { NodeNeeds } from "../parts/node-needs.tsx";
import { NodeTable } from "../parts/node-table.tsx";
import { createNodeWork, type NodeWork } from "../parts/node-work.ts";
import { Empty, Page } from "../parts/page.tsx";
import { Age } from "../parts/small.tsx";
import { countWord, numberWord } from "../words/amounts.ts";
import { extentWord } from "../words/lists.ts";
import {
  answerOf,
  choose,
  countGroups,
  type Entry,
  entryOf,
  type Group,
  groups,
  needsOf,
  queryOf,
  sitesByNode,
  type Wish,
  wishOf,
} from "../words/nodes.ts";
import { openJobsOf } from "../words/title.ts";

/** Sites only stand here as numbers. */
const SITES_MS = 60_000;
/** Two pages: so many are asked for each time. */
const ALWAYS_WHOLE = 200;

export const Nodes = (): JSX.Element => {
  const nodes = createQuery(() => nodesQuery());
  const sites = createQuery(() => sitesQuery(SITES_MS));
  const metrics = createQuery(() => metricsQuery());
  const counts = createMemo(() => sitesByNode(sites.data?.items ?? []));
  // Read at once and not through the store: a thousand rows with ten fields each are too much to listen to.
  const entries = createMemo(
    on([() => nodes.dataUpdatedAt, counts], () =>
      unwrap(nodes.data?.items ?? []).map((node) => entryOf(node, counts().get(node.id))),
    ),
  );
  const work = createNodeWork(() => openJobsOf(metrics.data) > 0);
  return (
    <Page
      title="Nodes"
      answer={
        nodes.data || metrics.data ? answerOf(entries(), nodes.data?.isWhole === true, metrics.data) : "Counting …"
      }
      actions={
        <A class="button primary" href="/nodes/new">
          Create node
        </A>
      }
    >
      <Answered query={nodes} loading={<Loading what="nodes" />}>
        {(listed) => (
          <Show when={listed().items.length > 0} fallback={<NoNode />}>
            <Chosen
              entries={entries()}
              list={listed()}
              work={work}
              sitesOf={(id) => counts().get(id) ?? 0}
              sitesAreCounted={sites.data?.isWhole === true}
            />
          </Show>
        )}
      </Answered>
    </Page>
  );
};

const NoNode = (): JSX.Element => (
  <Empty title="No node yet">
    <p>A node is a server at Hetzner that carries your WordPress sites.</p>
    <A class="button primary" href="/nodes/new">
      Create the first
    </A>
  </Empty>
);

const Chosen = (props: {
  readonly entries: readonly Entry[];
  readonly list: Listed<Node>;
  readonly work: NodeWork;
  sitesOf(nodeId: string): number;
  readonly sitesAreCounted: boolean;
}): JSX.Element => {
  const [query, setQuery] = useSearchParams();
  const wish = createMemo(() => wishOf(query));
  // Each letter is no step of its own on the way back.
  const setWish = (next: Wish, replace = false) => setQuery(queryOf(next), { replace, scroll: false });
  const rows = createMemo(() => new Map(props.list.items.map((node) => [node.id, node])));
  const shown = createMemo(() => choose(props.entries, wish()).flatMap(({ node }) => rows().get(node.id) ?? []));
  const needs = createMemo(() => needsOf(props.entries));
  return (
    <>
      <NodeNeeds needs={needs()} />
      <Tools entries={props.entries} wish={wish()} onWish={setWish} />
      <Show when={extentWord({ read: props.entries.length, thing: "node", tools: "Filter and order" }, props.list)}>
        {(words) => (
          <p class="dim" role="status">
            {words()}
          </p>
        )}
      </Show>
      <NodeTable
        nodes={shown()}
        sitesOf={(id) => props.sitesOf(id)}
        wish={wish()}
        work={props.work}
        sitesAreCounted={props.sitesAreCounted}
        onWish={setWish}
      />
      <Show when={props.list.items.length > ALWAYS_WHOLE}>
        <p class="dim">
          {numberWord(shown().length)} of {countWord(props.entries.length, "node")}. They are read again a hundred at a
          time: no row is older than <Age at={new Date(props.list.sinceMs).toISOString()} ago={false} />.
        </p>
      </Show>
    </>
  );
};

const Tools = (props: {
  readonly entries: readonly Entry[];
  readonly wish: Wish;
  onWish(wish: Wish, replace?: boolean): void;
}): JSX.Element => {
  const counts = createMemo(() => countGroups(props.entries));
  return (
    <div class="tools">
      <input
        type="search"
        aria-label="Filter by name, address, type or location"
        placeholder="Filter by name, address, type"
        value={props.wish.text}
        onInput={(event) => props.onWish({ ...props.wish, text: event.currentTarget.value }, true)}
      />
      <fieldset class="segments">
        <legend class="visually-hidden">Show</legend>
        <For each={groups}>
          {(group) => (
            <Segment
              group={group}
              count={counts()[group]}
              isChosen={props.wish.group === group}
              onChoose={() => props.onWish({ ...props.wish, group })}
            />
          )}
        </For>
      </fieldset>
    </div>
  );
};

const Segment = (props: {
  readonly group: Group;
  readonly count: number;
  readonly isChosen: boolean;
  onChoose(): void;
}): JSX.Element => (
  <label>
    <input
      class="visually-hidden"
      type="radio"
      name="group"
      checked={props.isChosen}
      onChange={() => props.onChoose()}
    />
    {props.group.charAt(0).toUpperCase() + props.group.slice(1)} {numberWord(props.count)}
  </label>
);
