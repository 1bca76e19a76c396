/**
 * `test` of the dashboard: gives a test a desk, which is a page in a browser context of its own, and at its end holds what the
 * page sent, received, said and kept against what no page may do. `desk.logIn()` and the rest are in `steps.ts`.
 */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { test as base, expect, inject } from "vitest";
import { bodiesWith, placesOf, readKept } from "./canary.ts";
import { type Recorder, record } from "./record.ts";

/** For anything that a page does by itself; jobs have their own. */
export const PAGE_MS = 15_000;

export interface Look {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

export interface Desk {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly asked: Recorder["asked"];
  readonly quietMs: Recorder["quietMs"];
  /** Says that this secret goes once more into the body of this operation, and nowhere else: `POST /api/login`. */
  gives(secret: string, to: string): void;
  /** Says that the API refuses something in this test: `422 POST /api/providers`. */
  refuses(...refusals: readonly (string | RegExp)[]): void;
  /** Takes off what a test itself did to the page, such as a network that is gone. */
  forgives(complaint: RegExp): void;
}

let browser: Promise<Browser> | undefined;

/** The project's one browser. */
const connectBrowser = (): Promise<Browser> => {
  browser ??= chromium.connect(inject("chromium").wsEndpoint ?? "");
  return browser;
};

export async function openContext({ theme = "light", width = 1440, height = 900 }: Look = {}): Promise<BrowserContext> {
  const context = await (await connectBrowser()).newContext({
    baseURL: inject("stack").base_url,
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
  context.setDefaultTimeout(PAGE_MS);
  return context;
}

interface Expected {
  readonly gifts: { secret: string; to: string }[];
  readonly refusals: (string | RegExp)[];
  readonly forgiven: RegExp[];
}

/** What no page may do, in any test. */
export async function judge(page: Page, recorder: Recorder, expected: Expected): Promise<void> {
  const kept = await readKept(page);
  await page.close();
  const recorded = await recorder.finish();
  const origin = inject("stack").base_url;
  const secrets = new Set([
    inject("stack").hetzner_token,
    inject("stack").hetzner_readonly_token,
    inject("stack").operator_password,
    ...expected.gifts.map(({ secret }) => secret),
  ]);
  for (const secret of secrets) {
    expect(placesOf(secret, recorded, kept), "places that show a secret").toEqual([]);
    const given = expected.gifts.filter((gift) => gift.secret === secret).map(({ to }) => to);
    expect(bodiesWith(secret, recorded), "bodies that carry a secret").toEqual(given);
  }
  const told = new Set(expected.gifts.map(({ to }) => to));
  expect(
    recorded.unread.filter((what) => told.has(what)),
    "answers to a secret that nobody could read",
  ).toEqual([]);
  const foreign = recorded.urls.filter((url) => !new RegExp(`^\\w+ (${origin}/|data:|blob:${origin})`).test(url));
  expect(foreign, "requests to others").toEqual([]);
  const complaints = recorded.complaints.filter((text) => !expected.forgiven.some((pattern) => pattern.test(text)));
  expect(complaints, "errors of the page").toEqual([]);
  const usual = ["401 GET /api/session", ...expected.refusals];
  const isUsual = (refusal: string) =>
    usual.some((known) => (typeof known === "string" ? known === refusal : known.test(refusal)));
  expect(
    recorded.refusals.filter((refusal) => !isUsual(refusal)),
    "refusals that nobody expects",
  ).toEqual([]);
}

const { missing } = inject("chromium");

/** Skipped without a browser, which `chromium.browser.test.ts` reports. */
export const test = base.extend<{ desk: Desk }>({
  desk: async ({ skip, task }, use) => {
    skip(missing !== null, missing ?? "");
    const context = await openContext();
    const recorder = record(context);
    const page = await context.newPage();
    const expected: Expected = { gifts: [], refusals: [], forgiven: [] };
    await use({
      page,
      context,
      asked: recorder.asked,
      quietMs: recorder.quietMs,
      gives: (secret, to) => void expected.gifts.push({ secret, to }),
      refuses: (...refusals) => void expected.refusals.push(...refusals),
      forgives: (complaint) => void expected.forgiven.push(complaint),
    });
    try {
      if (task.result?.state === "fail") await keepPicture(page, task.name);
      else await judge(page, recorder, expected);
    } finally {
      await context.close();
    }
  },
});

/** What was on the screen when a test failed. */
async function keepPicture(page: Page, name: string): Promise<void> {
  const path = `.local/browser/failed/${name.replaceAll(/\W+/g, "-").slice(0, 80)}.png`;
  await page.screenshot({ path }).catch(() => undefined);
}
