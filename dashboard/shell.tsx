/** The frame: where one is, where one can go, what is going on, who is logged in. */
import { A, useLocation } from "@solidjs/router";
import { createMutation, createQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, For, type JSX, onCleanup, Show } from "solid-js";
import type { Metrics } from "../contracts/models.ts";
import { call } from "./api/call.ts";
import { isUnknown } from "./api/failure.ts";
import { orders } from "./api/keys.ts";
import { isOnline } from "./api/presence.ts";
import { metricsQuery } from "./api/queries.ts";
import { Messages } from "./parts/messages.tsx";
import { place as titleOfPage } from "./parts/page.tsx";
import { Notice } from "./parts/small.tsx";
import { numberWord } from "./words/amounts.ts";
import { openJobsOf, openJobsWord, titleOf } from "./words/title.ts";

interface Place {
  readonly href: string;
  readonly name: string;
  /** What is counted behind its name. */
  count?(metrics: Metrics): number;
  /** What the count is of, in place of it for whoever hears it; absent: of things like the name. */
  readonly sayCount?: (metrics: Metrics) => string | null;
}

const places: readonly Place[] = [
  { href: "/", name: "Overview" },
  { href: "/providers", name: "Providers" },
  { href: "/nodes", name: "Nodes", count: (metrics) => metrics.nodes_total },
  { href: "/sites", name: "Sites", count: (metrics) => metrics.sites_total },
  { href: "/jobs", name: "Jobs", count: openJobsOf, sayCount: openJobsWord },
  { href: "/settings/tokens", name: "API tokens" },
];

const showInTab = (title: string, isBusy: boolean): void => {
  document.title = title;
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  icon?.setAttribute("href", isBusy ? "/icon-busy.svg" : "/icon.svg");
};

export const Shell = (props: {
  readonly email: string;
  onLoggedOut(): void;
  readonly children?: JSX.Element;
}): JSX.Element => {
  const metrics = createQuery(() => metricsQuery());
  const open = createMemo(() => openJobsWord(metrics.data));
  createEffect(() => showInTab(titleOf(titleOfPage(), open()), open() !== null));
  onCleanup(() => showInTab(titleOf(null, null), false));
  return (
    <div class="shell">
      {/* The target keeps the router from taking it: the browser moves the focus. */}
      <a class="skip button" href="#main" target="_self">
        Skip to the content
      </a>
      <header class="side">
        <div class="brand">
          <img src="/icon.svg" alt="" /> Pressluft
        </div>
        <nav aria-label="Places">
          <For each={places}>{(place) => <PlaceLink place={place} metrics={metrics.data} />}</For>
        </nav>
        <div class="foot">
          <div class="who">{props.email}</div>
          <LogOut onLoggedOut={() => props.onLoggedOut()} />
        </div>
      </header>
      <div>
        <Show when={!isOnline()}>
          <Notice
            tone="warn"
            title="No network."
            words="What you see is as it was last seen. It goes on by itself when the network is back."
          />
        </Show>
        {props.children}
      </div>
      <Messages />
    </div>
  );
};

const LogOut = (props: { onLoggedOut(): void }): JSX.Element => {
  const logout = createMutation(() => ({
    mutationFn: () => call("logout", {}),
    onSuccess: () => {
      orders.forget();
      props.onLoggedOut();
    },
  }));
  return (
    <>
      <button class="button" type="button" onClick={() => logout.mutate()} disabled={logout.isPending}>
        {logout.isPending ? "Logging out …" : "Log out"}
      </button>
      <Show when={logout.error}>
        {(failure) => (
          <p role="alert">
            {isUnknown(failure())
              ? "It is not known whether you are logged out. Log out again to be sure: "
              : "You are still logged in: "}
            {failure().message}
          </p>
        )}
      </Show>
    </>
  );
};

const PlaceLink = (props: { readonly place: Place; readonly metrics: Metrics | undefined }): JSX.Element => {
  const location = useLocation();
  const isHere = createMemo(() =>
    props.place.href === "/" ? location.pathname === "/" : location.pathname.startsWith(props.place.href),
  );
  const count = () => (props.metrics ? (props.place.count?.(props.metrics) ?? 0) : 0);
  const said = () => props.metrics && props.place.sayCount?.(props.metrics);
  return (
    <A href={props.place.href} aria-current={isHere() ? "page" : undefined}>
      {props.place.name}{" "}
      <Show when={count() > 0}>
        <Show when={said()} fallback={<b>{numberWord(count())}</b>}>
          {(words) => (
            <b class="badge">
              <span aria-hidden="true">{numberWord(count())}</span>
              <span class="visually-hidden">{words()}</span>
            </b>
          )}
        </Show>
      </Show>
    </A>
  );
};
