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

/** A moment in the reader's zone, in full. `at`: ISO-8601. */
export const exactWord = (at: string): string => exact.format(new Date(at));

const HOUR_MS = 3_600_000;

/** What ends in thirty days but for a moment ends in thirty days. */
const untilWord = (ms: number): string => `in ${spanWord(ms > 24 * HOUR_MS ? ms + HOUR_MS : ms)}`;

/** The server's clock may be a little ahead of the reader's. */
const SKEW_MS = 2000;

const agoWord = (ms: number): string => (ms < -SKEW_MS ? untilWord(-ms) : `${spanWord(ms)} ago`);

/** How long ago or until then, with the exact time in the reader's zone on hover. `at`: ISO-8601; null: never. `ago`: in words. */
export const Age = (props: {
  readonly at: string | null;
  readonly never?: string;
  readonly ago?: boolean;
}): JSX.Element => (
  <Show when={props.at} fallback={<span class="dim">{props.never ?? "never"}</span>}>
    {(at) => (
      <time datetime={at()} title={exactWord(at())}>
        {(props.ago === false ? spanWord : agoWord)(nowMs() - Date.parse(at()))}
      </time>
    )}
  </Show>
);

const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** "at 14:03:20, in 58 s", and "now" when it is over. `atMs`: epoch milliseconds. */
export const Until = (props: { readonly atMs: number }): JSX.Element => (
  <Show when={props.atMs > nowMs()} fallback="now">
    at <time datetime={new Date(props.atMs).toISOString()}>{clockTime.format(props.atMs)}</time>, in{" "}
    {spanWord(props.atMs - nowMs())}
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

/** What to do next, in the API's own words. `isWay`: one after the other, so they are numbered. */
export const Guidance = (props: { readonly steps: readonly string[]; readonly isWay?: boolean }): JSX.Element => (
  <Show when={props.steps.length > 0}>
    <ol class="guidance" classList={{ way: props.isWay, one: props.steps.length === 1 }}>
      <For each={props.steps}>{(step) => <li>{step}</li>}</For>
    </ol>
  </Show>
);

/**
 * Something that needs the reader. Title and words are read out when they come and when they change, so nothing in them may
 * tick; the children are read where they stand.
 */
export const Notice = (props: {
  readonly tone: "warn" | "bad" | "run";
  readonly title: string;
  readonly words?: JSX.Element;
  /** It was so before the reader came: nothing calls it out. */
  readonly isOld?: boolean;
  readonly children?: JSX.Element;
}): JSX.Element => (
  <div class="notice" data-tone={props.tone}>
    <div class="said" role={props.isOld ? undefined : props.tone === "bad" ? "alert" : "status"}>
      <strong>{props.title}</strong>
      <Show when={props.words}>{(words) => <p>{words()}</p>}</Show>
    </div>
    {props.children}
  </div>
);
