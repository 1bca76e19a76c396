/** What the screen asks for, and how often. One key a question: what two parts of the screen ask is asked once. */
import { QueryClient } from "@tanstack/solid-query";
import type { jobStatuses } from "../../contracts/models.ts";
import type { OperationId } from "../../contracts/operations.ts";
import { type Answer, type Asked, call, callPage, type Page } from "./call.ts";
import { ApiFailure, isPassing } from "./failure.ts";
import { LIST_MS, pollMs, WATCHED_MS } from "./polling.ts";
import { isAwake } from "./presence.ts";

/** Pages of a list that are fetched at once, a hundred items each. */
const PAGES_MAX = 10;
const RETRIES = 2;

/** `onLoggedOut`: the session is over. */
export const makeQueryClient = (onLoggedOut: () => void): QueryClient => {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, failure) => count < RETRIES && isPassing(failure),
        staleTime: WATCHED_MS,
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
  return client;
};

interface Asking {
  readonly state: { readonly fetchFailureCount: number };
}

const every =
  (everyMs: number) =>
  ({ state }: Asking): number | false =>
    pollMs({ everyMs, failureCount: state.fetchFailureCount, isAwake: isAwake() });

/** One thing, asked again and again. `everyMs`: default as often as lists. */
export const one = <K extends OperationId>(id: K, asked: Asked<K>, everyMs = LIST_MS) => ({
  queryKey: [id, asked],
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<Answer<K>> => call(id, asked, { stop: signal }),
  refetchInterval: isAwake() ? every(everyMs) : (false as const),
});

/** A list as far as it was fetched: up to ten pages of a hundred. */
export interface Listed<T> {
  readonly items: readonly T[];
  /** False: there is more than was fetched, so filters and sums say so. */
  readonly isWhole: boolean;
}

/** Page after page. A page is asked for again only when the whole list is. */
export const readAll = async <T>(
  ask: (query: Readonly<Record<string, string>>) => Promise<Page<readonly T[]>>,
): Promise<Listed<T>> => {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const found: Page<readonly T[]> = await ask({ limit: "100", ...(cursor === null ? {} : { cursor }) });
    items.push(...found.items);
    cursor = found.cursor;
    if (cursor === null) break;
  }
  return { items, isWhole: cursor === null };
};

const list = <T>(
  key: readonly unknown[],
  ask: (query: Readonly<Record<string, string>>, stop: AbortSignal) => Promise<Page<readonly T[]>>,
  everyMs = LIST_MS,
) => ({
  queryKey: key,
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<Listed<T>> => readAll((query) => ask(query, signal)),
  refetchInterval: isAwake() ? every(everyMs) : (false as const),
});

export const nodesQuery = () => list(["listNodes"], (query, stop) => callPage("listNodes", { query }, { stop }));
export const sitesQuery = () => list(["listSites"], (query, stop) => callPage("listSites", { query }, { stop }));
export const providersQuery = () => ({ ...one("listProviders", {}), reconcile: "provider_id" });
export const metricsQuery = () => one("getMetrics", {});
export const sessionQuery = () => ({ ...one("getSession", {}), refetchInterval: false as const });

/** The newest jobs: one page, for nobody looks further back than that at a glance. */
export const jobsQuery = () => ({
  queryKey: ["listJobs"],
  queryFn: ({ signal }: { signal: AbortSignal }) => callPage("listJobs", { query: { limit: "50" } }, { stop: signal }),
  refetchInterval: isAwake() ? every(LIST_MS) : (false as const),
});

/** Nothing more happens to it. */
export const isEnded = (status: (typeof jobStatuses)[number]): boolean => !["queued", "running"].includes(status);

/** Watched while it runs; an ended job never changes, so it is not asked for again. */
export const jobQuery = (id: string) => {
  const watched = one("getJob", { params: { id } }, WATCHED_MS);
  return {
    ...watched,
    refetchInterval: (query: Asking & { state: { data?: Answer<"getJob"> | undefined } }): number | false =>
      query.state.data !== undefined && isEnded(query.state.data.status)
        ? false
        : pollMs({ everyMs: WATCHED_MS, failureCount: query.state.fetchFailureCount, isAwake: isAwake() }),
  };
};

/** Served from a stored catalogue: asked once a visit. */
export const optionsQuery = () => ({
  ...one("getProviderOptions", { params: { provider_id: "hetzner" } }),
  refetchInterval: false as const,
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
