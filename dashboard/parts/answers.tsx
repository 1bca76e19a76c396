/** What a question shows: nothing yet, an answer, an older answer while the newest one fails, or why there is none. */
import type { CreateQueryResult } from "@tanstack/solid-query";
import { type JSX, Match, Show, Switch } from "solid-js";
import { ApiFailure } from "../api/failure.ts";
import { Age, Guidance, Notice } from "./small.tsx";

/** A refusal in the API's words, with what to do and the id that its log knows it by. */
export const Failure = (props: { readonly failure: unknown; readonly title?: string }): JSX.Element => {
  const said = () => (props.failure instanceof ApiFailure ? props.failure : null);
  return (
    <Notice tone={said()?.kind === "offline" ? "warn" : "bad"} title={props.title ?? "That did not work."}>
      <p>{said()?.message ?? "Something in this page is broken. Reload it."}</p>
      <Guidance steps={said()?.error?.guidance ?? []} />
      <Show when={said()?.error}>
        {(error) => (
          <p class="dim">
            <code>{error().code}</code> <Show when={error().request_id}>{(id) => <code>{id()}</code>}</Show>
          </p>
        )}
      </Show>
    </Notice>
  );
};

/** The last answer stays on the screen while a newer one is asked for or fails: then it says from when it is. */
export function Answered<T>(props: {
  readonly query: CreateQueryResult<T, Error>;
  readonly loading: JSX.Element;
  readonly children: (answer: () => NonNullable<T>) => JSX.Element;
}): JSX.Element {
  return (
    <Switch fallback={props.loading}>
      <Match when={props.query.data}>
        {(answer) => (
          <>
            <Show when={props.query.error}>
              <Notice tone="warn" title="This is not up to date.">
                <p>{props.query.error?.message}</p>
                <p class="dim">
                  Last seen <Age at={new Date(props.query.dataUpdatedAt).toISOString()} />. It is asked again by itself.
                </p>
              </Notice>
            </Show>
            {props.children(answer)}
          </>
        )}
      </Match>
      <Match when={props.query.error}>
        <Failure failure={props.query.error} title="This could not be loaded." />
      </Match>
    </Switch>
  );
}

/** Holds the place of what is on its way, so that nothing jumps. */
export const Loading = (props: { readonly what: string }): JSX.Element => (
  <p class="dim" role="status">
    Loading {props.what} …
  </p>
);
