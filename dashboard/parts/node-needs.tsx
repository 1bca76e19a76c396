/** What needs the reader, above the list of nodes: each trouble once, with the nodes it is about. */
import { A } from "@solidjs/router";
import { Index, type JSX, Show } from "solid-js";
import type { Need } from "../words/nodes.ts";

/** More are in the list below, one click away. */
const NAMES_MAX = 6;

export const NodeNeeds = (props: { readonly needs: readonly Need[] }): JSX.Element => (
  <Show when={props.needs.length > 0}>
    <section class="stack tight" aria-label="What needs you">
      <Index each={props.needs}>{(need) => <Needed need={need()} />}</Index>
    </section>
  </Show>
);

const Needed = (props: { readonly need: Need }): JSX.Element => {
  const more = () => props.need.nodes.length - NAMES_MAX;
  return (
    <div class="notice" data-tone={props.need.tone}>
      <p>
        <strong>{props.need.title}</strong>{" "}
        <Index each={props.need.nodes.slice(0, NAMES_MAX)}>
          {(node, at) => (
            <>
              {at > 0 ? ", " : ""}
              <A href={`/nodes/${node().id}`}>{node().name}</A>
            </>
          )}
        </Index>
        <Show when={more() > 0}>
          {" and "}
          <A href="/nodes?group=needs+you">{more()} more</A>
        </Show>
      </p>
      <Show when={props.need.guidance}>{(guidance) => <p class="guidance">{guidance()}</p>}</Show>
    </div>
  );
};
