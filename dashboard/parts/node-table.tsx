/** Nodes in a row each: state and why, what runs on it, where it is, what it costs. */
import { A } from "@solidjs/router";
import { createMemo, For, type JSX, onMount, Show } from "solid-js";
import type { Job, Node } from "../../contracts/models.ts";
import { stepNow } from "../words/jobs.ts";
import { type Column, entryOf, priceWord, sortedBy, type Wish, whyOf } from "../words/nodes.ts";
import { jobWords } from "../words/steps.ts";
import type { NodeWork } from "./node-work.ts";
import { Age, State } from "./small.tsx";
import { createStretch, type Stretch } from "./stretch.ts";

export const NodeTable = (props: {
  /** Rows are kept by these: the same node is the same row, whatever changes in it. */
  readonly nodes: readonly Node[];
  sitesOf(nodeId: string): number;
  readonly wish: Wish;
  readonly work: NodeWork;
  /** False: sites are still being counted. */
  readonly sitesAreCounted: boolean;
  onWish(wish: Wish): void;
}): JSX.Element => {
  const Sorted = (column: { readonly by: Column; readonly name: string; readonly isNumber?: boolean }) => (
    <th
      scope="col"
      class={`at-${column.by}`}
      classList={{ number: column.isNumber === true }}
      aria-sort={props.wish.by === column.by ? (props.wish.isDown ? "descending" : "ascending") : undefined}
    >
      <button class="sort" type="button" onClick={() => props.onWish(sortedBy(props.wish, column.by))}>
        {column.name}
      </button>
    </th>
  );
  const stretch = createStretch(
    () => props.nodes,
    () => props.wish,
  );
  const pointAt = (event: Event & { readonly target: Element }) => {
    const id = event.target.closest("tr")?.dataset.node;
    if (id !== undefined) props.work.point(id);
  };
  return (
    <div class="table-wrap">
      <table class="nodes" aria-label="Nodes" aria-rowcount={props.nodes.length + 1}>
        <thead>
          <tr>
            <Sorted by="name" name="Name" />
            <th scope="col" class="at-state">
              State
            </th>
            <th scope="col" class="at-address">
              Address
            </th>
            <Sorted by="type" name="Type" />
            <Sorted by="location" name="Location" />
            <Sorted by="sites" name="Sites" isNumber />
            <Sorted by="cost" name="€ / month" isNumber />
            <Sorted by="age" name="Age" isNumber />
          </tr>
        </thead>
        <tbody onPointerOver={pointAt} onFocusIn={pointAt}>
          <For each={stretch.drawn()} fallback={<NoneFits />}>
            {(node) => (
              <Row
                node={node}
                sites={props.sitesOf(node.id)}
                work={props.work}
                sitesAreCounted={props.sitesAreCounted}
              />
            )}
          </For>
          <Show when={stretch.rest() > 0}>
            <More stretch={stretch} />
          </Show>
        </tbody>
      </table>
    </div>
  );
};

const More = (props: { readonly stretch: Stretch<Node> }): JSX.Element => (
  <tr ref={(row) => onMount(() => props.stretch.watchEnd(row))} class="more">
    <td colSpan={8}>
      <button class="button small" type="button" onClick={() => props.stretch.more()}>
        Show more of the {props.stretch.rest()} below
      </button>
    </td>
  </tr>
);

const NoneFits = (): JSX.Element => (
  <tr>
    <td colSpan={8} class="dim">
      None of the nodes fits.
    </td>
  </tr>
);

const Row = (props: {
  readonly node: Node;
  readonly sites: number;
  readonly work: NodeWork;
  readonly sitesAreCounted: boolean;
}): JSX.Element => {
  const node = () => props.node;
  const entry = createMemo(() => entryOf(props.node, props.sites));
  const job = createMemo(() => props.work.jobOf(props.node.id));
  return (
    <tr data-node={node().id}>
      <td class="at-name">
        <A class="name" href={`/nodes/${node().id}`}>
          {node().name}
        </A>
      </td>
      <td class="at-state">
        <State look={entry().look} />
        <Show when={job()} fallback={<Show when={whyOf(entry())}>{(why) => <div class="why">{why()}</div>}</Show>}>
          {(running) => <Running job={running()} place={(row) => props.work.place(row, node().id)} />}
        </Show>
      </td>
      <td class="at-address mono">{node().public_ip ?? <span class="dim">–</span>}</td>
      <td class="at-type">{node().server_type}</td>
      <td class="at-location">{node().location}</td>
      <td class="at-sites number" classList={{ dim: props.sites === 0 }}>
        {props.sitesAreCounted ? props.sites : "…"}
        <span class="unit"> {props.sites === 1 ? "site" : "sites"}</span>
      </td>
      <td class="at-cost number">{priceWord(node())}</td>
      <td class="at-age number dim">
        <Age at={node().created_at} ago={false} />
      </td>
    </tr>
  );
};

const Running = (props: { readonly job: Job; place(row: Element): void }): JSX.Element => {
  let row: HTMLDivElement | undefined;
  onMount(() => row && props.place(row));
  return (
    <div ref={row}>
      <div class="why">
        <A href={`/jobs/${props.job.id}`}>{jobWords[props.job.job_type]}</A>:{" "}
        {stepNow(props.job) ?? "waiting for its turn"}
      </div>
      <progress
        class="bar"
        max={100}
        value={props.job.progress}
        aria-label={`Progress of ${jobWords[props.job.job_type].toLowerCase()}`}
      />
    </div>
  );
};
