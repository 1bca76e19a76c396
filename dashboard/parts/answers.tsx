/** What a question shows: nothing yet, an answer, an older answer while the newest one fails, or why there is none. */
import type { CreateQueryResult } from "@tanstack/solid-query";
import { createMemo, For, type JSX, Match, Show, Switch } from "solid-js";
import { ApiFailure, isPassing, isUnknown } from "../api/failure.ts";
import { isOnline } from "../api/presence.ts";
import { apiErrorWords } from "../words/codes.ts";
import { jobInTheWay, type Unknown } from "../words/faults.ts";
import { Copy } from "./copy.tsx";
import { Age, Guidance, Notice } from "./small.tsx";

/** For whoever is asked for help: the code, and the id under which the API's log has it. */
const Trace = (props: { readonly error: NonNullable<ApiFailure["error"]> }): JSX.Element => {
  const text = () => [props.error.code, props.error.request_id].filter(Boolean).join(" ");
  return (
    <p class="trace">
      <span>{apiErrorWords[props.error.code]}</span> <code>{text()}</code> <Copy text={text()} what="the error" />
    </p>
  );
};

const Retry = (props: { readonly isRetrying: boolean; onRetry(): void }): JSX.Element => (
  <button
    class="button"
    type="button"
    aria-disabled={props.isRetrying ? "true" : undefined}
    onClick={() => props.isRetrying || props.onRetry()}
  >
    {props.isRetrying ? "Asking …" : "Try again"}
  </button>
);

/** A refusal in the API's words, with what to do and the id that its log knows it by. */
export const Failure = (props: {
  readonly failure: unknown;
  readonly title?: string;
  /** Of a write: what is said instead when nobody knows whether it happened. */
  readonly unknown?: Unknown;
  /** Asks again; absent: a repeat is the form's own button. */
  onRetry?(): void;
  readonly isRetrying?: boolean;
}): JSX.Element => {
  const said = () => (props.failure instanceof ApiFailure ? props.failure : null);
  const open = () => (props.unknown !== undefined && isUnknown(props.failure) ? props.unknown : null);
  return (
    <Notice
      tone={open() !== null || said()?.kind === "offline" ? "warn" : "bad"}
      title={open()?.title ?? props.title ?? "That did not work."}
      words={said()?.message ?? "Something in this page is broken. Reload it."}
    >
      <Guidance steps={[...(said()?.error?.guidance ?? []), ...(open()?.ways ?? [])]} />
      <Show when={jobInTheWay(said()?.error ?? null)}>
        {(id) => (
          <p>
            <a href={`/jobs/${id()}`}>See the job that is in the way</a>
          </p>
        )}
      </Show>
      <Show when={said()?.error}>{(error) => <Trace error={error()} />}</Show>
      <Show when={props.onRetry}>
        <div class="actions">
          <Retry isRetrying={props.isRetrying === true} onRetry={() => props.onRetry?.()} />
        </div>
      </Show>
    </Notice>
  );
};

/** What a question failed with, until it is answered: while it is asked again the library has forgotten that. */
export const createFailure = <T,>(query: CreateQueryResult<T, Error>): (() => Error | null) =>
  createMemo<Error | null>(
    (before) => query.error ?? (query.data === undefined && query.errorUpdateCount > 0 ? before : null),
    null,
  );

/** The last answer stays on the screen while a newer one is asked for or fails: then it says from when it is. */
export function Answered<T>(props: {
  readonly query: CreateQueryResult<T, Error>;
  readonly loading: JSX.Element;
  readonly children: (answer: () => NonNullable<T>) => JSX.Element;
}): JSX.Element {
  const failure = createFailure(props.query);
  return (
    <Switch fallback={props.loading}>
      <Match when={props.query.data}>
        {(answer) => (
          <>
            {/* Without a network the frame says so, once for all. */}
            <Show when={props.query.error && isOnline()}>
              <Stale query={props.query} />
            </Show>
            {props.children(answer)}
          </>
        )}
      </Match>
      <Match when={failure()}>
        <Failure
          failure={failure()}
          title="This could not be loaded."
          isRetrying={props.query.isFetching}
          onRetry={() => void props.query.refetch()}
        />
      </Match>
    </Switch>
  );
}

const Stale = <T,>(props: { readonly query: CreateQueryResult<T, Error> }): JSX.Element => (
  <Notice tone="warn" title="This is not up to date." words={props.query.error?.message}>
    <p>
      Last seen <Age at={new Date(props.query.dataUpdatedAt).toISOString()} />.{" "}
      <Show when={isPassing(props.query.error)}>It is asked again by itself.</Show>
    </p>
    <Show when={!isPassing(props.query.error)}>
      <div class="actions">
        <Retry isRetrying={props.query.isFetching} onRetry={() => void props.query.refetch()} />
      </div>
    </Show>
  </Notice>
);

/** The line of a page that has no answer yet, or none at all. */
export const beforeAnswer = <T,>(query: CreateQueryResult<T, Error>): string =>
  query.error ? "Not known: it could not be asked." : "Asking …";

const bones = [1, 2, 3] as const;

/** Holds the place of what is on its way. It shows after a moment, so that a fast answer does not flash. */
export const Loading = (props: { readonly what: string }): JSX.Element => (
  <div class="loading" role="status">
    <span class="visually-hidden">Loading {props.what} …</span>
    <For each={bones}>{() => <i aria-hidden="true" />}</For>
  </div>
);

/** The API knows nothing under this id, or not any more. */
export const isNotThere = (failure: Error | null): boolean => failure instanceof ApiFailure && failure.status === 404;

/** In place of a thing that is not there, or not any more. `list`: where the others are. */
export const NotThere = <T,>(props: {
  readonly query: CreateQueryResult<T, Error>;
  readonly what: string;
  readonly list: string;
  readonly children: JSX.Element;
}): JSX.Element => {
  const failure = createFailure(props.query);
  return (
    <Show when={isNotThere(failure())} fallback={props.children}>
      <section class="card empty">
        <h2>There is no such {props.what}</h2>
        <p>It was deleted, or its address is not complete.</p>
        <a class="button" href={props.list}>
          To the list
        </a>
      </section>
    </Show>
  );
};
