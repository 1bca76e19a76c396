/** The preview of an environment: what a visitor sees, and whether that is what it must be. */
import { decidePause, retryAfterMs } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { SmokeFailed } from "./failure.ts";
import { fetchPage, type Page } from "./web.ts";

export const REDIRECTS_MAX = 3;

/** For one request; a first visit starts PHP. */
const PAGE_MS = 20_000;

export type Redirect = { readonly url: URL } | { readonly refused: string };

/**
 * Where a redirect leads. Only to the same host: a preview that sends its visitors to another site is not one. Its scheme
 * may become https there.
 *
 * @param followed how many were followed before
 */
export const decideRedirect = (from: URL, location: string | undefined, followed: number): Redirect => {
  if (location === undefined || !URL.canParse(location, from.href)) return { refused: "a redirect leads nowhere" };
  if (followed >= REDIRECTS_MAX) return { refused: `more than ${REDIRECTS_MAX} redirects` };
  const url = new URL(location, from);
  const isSame = url.protocol === from.protocol && url.host === from.host;
  const isSecured = from.protocol === "http:" && url.protocol === "https:" && url.hostname === from.hostname;
  return isSame || isSecured ? { url } : { refused: `a redirect leads to another host: ${url.origin}` };
};

export interface Expected {
  /** 200 where it is not said. */
  readonly status?: number;
  readonly shows?: readonly string[];
  readonly lacks?: readonly string[];
  /** Search engines are told to leave it alone. */
  readonly noindex?: true;
}

const isNoindex = ({ headers, text }: Page): boolean => {
  const metas = text.match(/<meta\b[^>]*>/gi) ?? [];
  const inPage = metas.some((meta) => /name=["']robots["']/i.test(meta) && /\bnoindex\b/i.test(meta));
  return inPage || /\bnoindex\b/i.test(headers["x-robots-tag"] ?? "");
};

/** What is wrong with a page: one clause each. */
export const judgePage = (page: Page, { status = 200, shows = [], lacks = [], noindex }: Expected): string[] => [
  ...(page.status === status ? [] : [`it answers ${page.status} instead of ${status}`]),
  ...shows.filter((text) => !page.text.includes(text)).map((text) => `it does not show ${text}`),
  ...lacks.filter((text) => page.text.includes(text)).map((text) => `it shows ${text}`),
  ...(noindex && !isNoindex(page) ? ["it does not say noindex"] : []),
];

export interface Visit {
  readonly url: URL;
  readonly expected: Expected;
  readonly budgetSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Visits a page until it is as expected. @throws SmokeFailed at once for a redirect that must not be, else when its time is up */
export const untilShown = async (visit: Visit): Promise<Page> => {
  const { clock, signal, expected } = visit;
  const endMs = clock.nowMs() + visit.budgetSeconds * 1_000;
  for (let look = 0; ; look += 1) {
    const seen = await visitOnce(visit);
    const faults = "page" in seen ? judgePage(seen.page, expected) : [seen.fault];
    if ("page" in seen && faults.length === 0) return seen.page;
    const asked = "page" in seen ? retryAfterMs(seen.page.headers["retry-after"] ?? null, Date.now()) : null;
    const pauseMs = decidePause({ look, retryAfterMs: asked, leftMs: endMs - clock.nowMs() });
    if (pauseMs === null) throw failed(visit.url, faults, "page" in seen ? seen.page.status : null);
    await clock.pause(pauseMs, signal);
  }
};

/** The query is left out: it can hold a secret. */
const withoutQuery = (url: URL): string => url.origin + url.pathname;

const failed = (url: URL, faults: readonly string[], status: number | null): SmokeFailed =>
  new SmokeFailed(`${withoutQuery(url)}: ${faults.join("; ")}`, {
    command: { method: "GET", path: withoutQuery(url), status },
  });

type Seen = { readonly page: Page } | { readonly fault: string };

const visitOnce = async ({ url, clock, signal }: Visit): Promise<Seen> => {
  try {
    return { page: await follow(url, () => AbortSignal.any([signal, clock.timeout(PAGE_MS)])) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SmokeFailed) throw error;
    return { fault: error instanceof Error ? `it does not answer (${error.message})` : "it does not answer" };
  }
};

const follow = async (start: URL, limit: () => AbortSignal): Promise<Page> => {
  let url = start;
  for (let followed = 0; ; followed += 1) {
    const page = await fetchPage({ method: "GET", url }, limit());
    if (![301, 302, 303, 307, 308].includes(page.status)) return page;
    const next = decideRedirect(url, page.headers.location, followed);
    if ("refused" in next) throw failed(url, [next.refused], page.status);
    url = next.url;
  }
};
