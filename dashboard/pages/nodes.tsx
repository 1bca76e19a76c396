/** Which nodes there are, which need somebody, and what they cost. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import type { Node } from "../../contracts/models.ts";
import { nodesQuery } from "../api/queries.ts";
import { Answered, Loading } from "../parts/answers.tsx";
import { Empty, Page } from "../parts/page.tsx";
import { Age, Euro, State } from "../parts/small.tsx";
import { nodeLook } from "../words/looks.ts";
import { answerOf, choose, countGroups, type Group, groups, type Wish, whyOf } from "../words/nodes.ts";

export const Nodes = (): JSX.Element => {
  const nodes = createQuery(() => nodesQuery());
  return (
    <Page
      title="Nodes"
      answer={nodes.data ? answerOf(nodes.data.items, nodes.data.isWhole) : "Counting …"}
      actions={
        <A class="button primary" href="/nodes/new">
          Create node
        </A>
      }
    >
      <Answered query={nodes} loading={<Loading what="nodes" />}>
        {(listed) => (
          <Show
            when={listed().items.length > 0}
            fallback={
              <Empty title="No node yet">
                <p>A node is a server at Hetzner that carries your WordPress sites.</p>
                <A class="button primary" href="/nodes/new">
                  Create the first
                </A>
              </Empty>
            }
          >
            <Chosen nodes={listed().items} isWhole={listed().isWhole} />
          </Show>
        )}
      </Answered>
    </Page>
  );
};

const Chosen = (props: { readonly nodes: readonly Node[]; readonly isWhole: boolean }): JSX.Element => {
  const [wish, setWish] = createSignal<Wish>({ group: "all", text: "", by: "name" });
  const shown = createMemo(() => choose(props.nodes, wish()));
  const counts = createMemo(() => countGroups(props.nodes));
  return (
    <>
      <div class="tools">
        <input
          type="search"
          aria-label="Filter by name, address, type or location"
          placeholder="Filter by name, address, type"
          value={wish().text}
          onInput={(event) => setWish({ ...wish(), text: event.currentTarget.value })}
        />
        <fieldset class="segments">
          <legend class="visually-hidden">Show</legend>
          <For each={groups}>
            {(group) => (
              <Segment
                group={group}
                count={counts()[group]}
                isChosen={wish().group === group}
                onChoose={() => setWish({ ...wish(), group })}
              />
            )}
          </For>
        </fieldset>
      </div>
      <Show when={!props.isWhole}>
        <p class="dim">There are more nodes than these {props.nodes.length}: filter and sums are of the newest.</p>
      </Show>
      <Table nodes={shown()} by={wish().by} onSort={(by) => setWish({ ...wish(), by })} />
    </>
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
    {props.group.charAt(0).toUpperCase() + props.group.slice(1)} {props.count}
  </label>
);

const Table = (props: {
  readonly nodes: readonly Node[];
  readonly by: Wish["by"];
  onSort(by: Wish["by"]): void;
}): JSX.Element => {
  const Sorted = (column: { readonly by: Wish["by"]; readonly name: string; readonly isNumber?: boolean }) => (
    <th
      classList={{ number: column.isNumber === true }}
      aria-sort={props.by === column.by ? (column.by === "name" ? "ascending" : "descending") : undefined}
    >
      <button class="sort" type="button" onClick={() => props.onSort(column.by)}>
        {column.name}
      </button>
    </th>
  );
  return (
    <div class="table-wrap">
      <table>
        <thead>
          <tr>
            <Sorted by="name" name="Name" />
            <th>State</th>
            <th>Address</th>
            <th>Type · location</th>
            <Sorted by="monthly_cost" name="€ / month" isNumber />
            <Sorted by="created_at" name="Age" isNumber />
          </tr>
        </thead>
        <tbody>
          <For each={props.nodes} fallback={<NoneFits />}>
            {(node) => <Row node={node} />}
          </For>
        </tbody>
      </table>
    </div>
  );
};

const NoneFits = (): JSX.Element => (
  <tr>
    <td colSpan={6} class="dim">
      None of the nodes fits.
    </td>
  </tr>
);

const Row = (props: { readonly node: Node }): JSX.Element => (
  <tr>
    <td>
      <A class="name" href={`/nodes/${props.node.id}`}>
        {props.node.name}
      </A>
    </td>
    <td>
      <State look={nodeLook(props.node)} />
      <Show when={whyOf(props.node)}>{(why) => <div class="why">{why()}</div>}</Show>
    </td>
    <td class="mono">{props.node.public_ip ?? <span class="dim">–</span>}</td>
    <td>
      {props.node.server_type} · {props.node.location}
    </td>
    <td class="number">
      <Euro amount={props.node.monthly_cost} />
    </td>
    <td class="number dim">
      <Age at={props.node.created_at} ago={false} />
    </td>
  </tr>
);
