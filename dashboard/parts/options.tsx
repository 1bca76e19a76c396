/** What can be chosen in a select whose choices come and go. */
import { For, type JSX, Show } from "solid-js";
import type { Choice } from "../words/options.ts";

/** What is chosen stays chosen, and says so, when something took it out of the list. */
export const Options = (props: {
  readonly choices: readonly Choice[];
  readonly chosen: string;
  /** Shown for what is chosen and is not among the choices. */
  readonly missing: string;
}): JSX.Element => (
  <>
    <Show when={!props.choices.some(({ value }) => value === props.chosen)}>
      <option value={props.chosen} selected>
        {props.missing}
      </option>
    </Show>
    <For each={props.choices}>
      {(one) => (
        <option value={one.value} selected={one.value === props.chosen} disabled={!one.isSold}>
          {one.words}
        </option>
      )}
    </For>
  </>
);
