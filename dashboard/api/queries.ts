/** What the screen asks for, and how often. One key a question: what two parts of the screen ask is asked once. */
import { focusManager, type Query, QueryClient } from "@tanstack/solid-query";
import { createEffect } from "solid-js";
import type { OperationId } from "../../contracts/operations.ts";
import { isOver } from "../words/jobs.ts";
import { type Answer, type Asked, call, callPage, type Page } from "./call.ts";
import { ApiFailure, isPassing } from "./failure.ts";
import { type Identified, type Listed, readList } from "./long-list.ts";
import { BUSY_MS, FRESH_MS, LIST_MS, pollMs, repeatMs, WATCHED_MS } from "./polling.ts";
import { isAwake } from "./presence.ts";

/** A short disturbance is not worth a word on the screen. */
const REPEATS = 1;

const retryAfterOf = (failure: unknown): number => (failure instanceof ApiFailure ? failure.retryAfterMs : 0);

/** `onLoggedOut`: the session is over. Call it where Solid's effects have an owner. */
export const makeQueryClient = (onLoggedOut: () => void): QueryClient => {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, failure) => count < REPEATS && isPassing(failure),
        retryDelay: (_, failure) => repeatMs(retryAfterOf(failure)),
        staleTime: FRESH_MS,
        refetchOnWindowFocus: true,
        networkMode: "always",
        // A row stays the same row while it changes: what is open or typed in it stays.
        reconcile: "id",
      },
      mutations: { networkMode: "always" },
    },
  });
  const watch = (failure: unknown): void => {
    if (failure instanceof ApiFailure && failure.isLoggedOut) onLoggedOut();
  };
  client.getQueryCache().config.onError = watch;
  client.getMutationCache().config.onError = watch;
  countFailures(client);
  // Whoever comes back, to the page or to the table it stands on, finds what is old asked for at once, and once.
  createEffect(() => focusManager.setFocused(isAwake()));
  return client;
};

/** Errors of each question up to its last success: the library counts them for ever. */
const errorsBefore = new WeakMap<object, number>();
const countFailures = (client: QueryClient): void => {
  client.getQueryCache().config.onSuccess = (_, query) => {
    errorsBefore.set(query, query.state.errorUpdateCount);
  };
};

/** Failures in a row; 0 as soon as one answer was good. */
const failuresOf = (query: Pick<Query, "state">): number =>
  query.state.status === "error" ? query.state.errorUpdateCount - (errorsBefore.get(query) ?? 0) : 0;

const nextMs = (query: Pick<Query, "state">, everyMs: number): number | false =>
  pollMs({
    everyMs,
    failureCount: failuresOf(query),
    isAwake: isAwake(),
    retryAfterMs: query.state.status === "error" ? retryAfterOf(query.state.error) : 0,
  });

const every =
  (everyMs: number) =>
  (query: Pick<Query, "state">): number | false =>
    nextMs(query, everyMs);

const againMs = (query: Pick<Query, "state">): number | false =>
  query.state.status === "error" && isPassing(query.state.error) && nextMs(query, LIST_MS);

/** For what is asked for once: after a failure that can pass it is asked for again until it is there. */
export const whileFailing = () => (isAwake() ? againMs : (false as const));

/** One thing, asked again and again. `everyMs`: default as often as lists. */
export const one = <K extends OperationId>(id: K, asked: Asked<K>, everyMs = LIST_MS) => ({
  queryKey: [id, asked],
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<Answer<K>> => call(id, asked, { stop: signal }),
  refetchInterval: isAwake() ? every(everyMs) : (false as const),
});

interface Called {
  readonly signal: AbortSignal;
  readonly client: QueryClient;
  readonly queryKey: readonly unknown[];
}

/** Read page after page and shown as it comes, then kept up to date: see `long-list.ts`. */
const list = <T extends Identified>(
  key: readonly unknown[],
  ask: (query: Readonly<Record<string, string>>, stop: AbortSignal) => Promise<Page<readonly T[]>>,
  everyMs = LIST_MS,
) => ({
  queryKey: key,
  queryFn: ({ signal, client, queryKey }: Called): Promise<Listed<T>> =>
    readList<T>(
      {
        ask: (query) => ask(query, signal),
        now: Date.now,
        publish: (so) => !signal.aborted && client.setQueryData(queryKey, so),
      },
      client.getQueryData<Listed<T>>(queryKey),
    ),
  // What was left half read goes on when somebody comes back to it.
  staleTime: ({ state }: { state: { data?: Listed<T> | undefined } }) => (state.data?.isReading ? 0 : FRESH_MS),
  refetchInterval: isAwake() ? every(everyMs) : (false as const),
});

export const nodesQuery = () => list(["listNodes"], (query, stop) => callPage("listNodes", { query }, { stop }));
export const sitesQuery = (everyMs = LIST_MS) =>
  list(["listSites"], (query, stop) => callPage("listSites", { query }, { stop }), everyMs);
export const providersQuery = () => ({ ...one("listProviders", {}), reconcile: "provider_id" });
export const sessionQuery = () => ({ ...one("getSession", {}), refetchInterval: whileFailing() });

/** Asked more often while a job runs: the badge of every page follows them. */
export const metricsQuery = () => ({
  ...one("getMetrics", {}),
  refetchInterval: (query: Pick<Query<Answer<"getMetrics">>, "state">): number | false => {
    const { jobs_running = 0, jobs_queued = 0 } = query.state.data ?? {};
    return nextMs(query, jobs_running + jobs_queued > 0 ? BUSY_MS : LIST_MS);
  },
});

const JOBS_A_PAGE = "50";
export const askJobs = (cursor: string | null, stop?: AbortSignal) =>
  callPage(
    "listJobs",
    { query: { limit: JOBS_A_PAGE, ...(cursor === null ? {} : { cursor }) } },
    stop === undefined ? {} : { stop },
  );

/** The newest jobs: one page, for nobody looks further back than that at a glance. */
export const jobsQuery = () => ({
  queryKey: ["listJobs"],
  queryFn: ({ signal }: { signal: AbortSignal }) => askJobs(null, signal),
  refetchInterval: isAwake() ? every(LIST_MS) : (false as const),
});

/** Watched while it runs; an ended job never changes, so it is not asked for again. */
export const jobQuery = (id: string, everyMs = WATCHED_MS) => ({
  ...one("getJob", { params: { id } }),
  staleTime: ({ state }: { state: { data?: Answer<"getJob"> | undefined } }) =>
    state.data !== undefined && isOver(state.data.status) ? Number.POSITIVE_INFINITY : everyMs,
  refetchInterval: (query: Pick<Query<Answer<"getJob">>, "state">): number | false =>
    query.state.data !== undefined && isOver(query.state.data.status) ? againMs(query) : nextMs(query, everyMs),
});

/** Served from a stored catalogue: asked for until there is one, then once a visit. */
export const optionsQuery = () => ({
  ...one("getProviderOptions", { params: { provider_id: "hetzner" } }),
  refetchInterval: (query: Pick<Query<Answer<"getProviderOptions">>, "state">): number | false =>
    query.state.data?.fetched_at === null ? nextMs(query, LIST_MS) : againMs(query),
});

export const nodeQuery = (id: string) => one("getNode", { params: { id } });

export const tokensQuery = () => list(["listTokens"], (query, stop) => callPage("listTokens", { query }, { stop }));

export const siteQuery = (id: string) => one("getSite", { params: { id } });
export const environmentsQuery = (siteId: string) =>
  list(["listEnvironments", siteId], (query, stop) =>
    callPage("listEnvironments", { params: { id: siteId }, query }, { stop }),
  );
export const backupsQuery = (environmentId: string) =>
  list(["listBackups", environmentId], (query, stop) =>
    callPage("listBackups", { params: { id: environmentId }, query }, { stop }),
  );
