/** The frame: where one is, where one can go, what is going on, who is logged in. */
import { A, useLocation } from "@solidjs/router";
import { createMutation, createQuery } from "@tanstack/solid-query";
import { createMemo, For, type JSX, Show } from "solid-js";
import { call } from "./api/call.ts";
import { isOnline } from "./api/presence.ts";
import { metricsQuery } from "./api/queries.ts";
import { Notice } from "./parts/small.tsx";

/** Each with what is counted behind its name. */
const places = [
  { href: "/", name: "Overview", count: () => null },
  { href: "/providers", name: "Providers", count: () => null },
  { href: "/nodes", name: "Nodes", count: (metrics: Metrics) => metrics.nodes_total },
  { href: "/sites", name: "Sites", count: (metrics: Metrics) => metrics.sites_total },
  { href: "/jobs", name: "Jobs", count: (metrics: Metrics) => metrics.jobs_running + metrics.jobs_queued },
  { href: "/settings/tokens", name: "API tokens", count: () => null },
] as const;
type Metrics = Awaited<ReturnType<ReturnType<typeof metricsQuery>["queryFn"]>>;

export const Shell = (props: {
  readonly email: string;
  onLoggedOut(): void;
  readonly children?: JSX.Element;
}): JSX.Element => {
  const metrics = createQuery(() => metricsQuery());
  const logout = createMutation(() => ({
    mutationFn: () => call("logout", {}),
    onSuccess: () => props.onLoggedOut(),
  }));
  return (
    <div class="shell">
      <a class="skip button" href="#main">
        Skip to the content
      </a>
      <header class="side">
        <div class="brand">
          <img src="/icon.svg" alt="" /> Pressluft
        </div>
        <nav aria-label="Places">
          <For each={places}>
            {(place) => (
              <Place href={place.href} name={place.name} count={metrics.data ? place.count(metrics.data) : null} />
            )}
          </For>
        </nav>
        <div class="foot">
          <div>{props.email}</div>
          <button class="button" type="button" onClick={() => logout.mutate()} disabled={logout.isPending}>
            Log out
          </button>
        </div>
      </header>
      <div>
        <Show when={!isOnline()}>
          <Notice tone="warn" title="No network.">
            <p>What you see is as it was last seen. It goes on by itself when the network is back.</p>
          </Notice>
        </Show>
        {props.children}
      </div>
    </div>
  );
};

const Place = (props: { readonly href: string; readonly name: string; readonly count: number | null }): JSX.Element => {
  const location = useLocation();
  const isHere = createMemo(() =>
    props.href === "/" ? location.pathname === "/" : location.pathname.startsWith(props.href),
  );
  return (
    <A href={props.href} aria-current={isHere() ? "page" : undefined}>
      {props.name}
      <Show when={props.count}>{(count) => <b>{count()}</b>}</Show>
    </A>
  );
};
