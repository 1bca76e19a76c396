/** Small things that stand everywhere: states, ages, money, guidance. */
import { For, type JSX, Show } from "solid-js";
import { durationWord, euroWord, spanWord } from "../words/amounts.ts";
import type { Look } from "../words/looks.ts";
import { nowMs } from "./clock.ts";

export const State = (props: { readonly look: Look }): JSX.Element => (
  <span class="state" data-tone={props.look.tone}>
    {props.look.word}
  </span>
);

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

const agoWord = (ms: number): string => (ms < 0 ? `in ${spanWord(-ms)}` : `${spanWord(ms)} ago`);

/** How long ago or until then, with the exact time in the reader's zone on hover. `at`: ISO-8601; null: never. `ago`: in words. */
export const Age = (props: {
  readonly at: string | null;
  readonly never?: string;
  readonly ago?: boolean;
}): JSX.Element => (
  <Show when={props.at} fallback={<span class="dim">{props.never ?? "never"}</span>}>
    {(at) => (
      <time datetime={at()} title={exact.format(new Date(at()))}>
        {(props.ago === false ? spanWord : agoWord)(nowMs() - Date.parse(at()))}
      </time>
    )}
  </Show>
);

/** How long it took, or takes until now. */
export const Took = (props: { readonly from: string | null; readonly to: string | null }): JSX.Element => (
  <Show when={props.from}>
    {(from) => (
      <span class="took">
        {durationWord((props.to === null ? nowMs() : Date.parse(props.to)) - Date.parse(from()))}
      </span>
    )}
  </Show>
);

export const Euro = (props: { readonly amount: number | null }): JSX.Element => <>{euroWord(props.amount)}</>;

/** What to do next, in the API's own words. */
export const Guidance = (props: { readonly steps: readonly string[] }): JSX.Element => (
  <Show when={props.steps.length > 0}>
    <ul class="guidance">
      <For each={props.steps}>{(step) => <li>{step}</li>}</For>
    </ul>
  </Show>
);

/** Something that needs the reader. */
export const Notice = (props: {
  readonly tone: "warn" | "bad" | "run";
  readonly title: string;
  readonly children?: JSX.Element;
}): JSX.Element => (
  <div class="notice" data-tone={props.tone} role={props.tone === "bad" ? "alert" : "status"}>
    <strong>{props.title}</strong>
    {props.children}
  </div>
);
