/** Where the secrets of a test turned up. */
import type { Page } from "playwright-core";
import * as z from "zod";
import type { Recorded } from "./record.ts";

/** A secret and its halves: an answer may quote a part of what it refuses. */
const partsOf = (secret: string): readonly string[] => [
  secret,
  secret.slice(0, secret.length / 2),
  secret.slice(secret.length / 2),
];

export const holds = (text: string, secret: string): boolean =>
  partsOf(secret).some((part) => text.includes(part) || text.includes(encodeURIComponent(part)));

/** What a page keeps and shows: the document, what stands in its fields, storage, the databases' content. */
export interface Kept {
  readonly shown: string;
  readonly fields: string;
  readonly storage: string;
}

const texts = z.array(z.string());
const readFields = "[...document.querySelectorAll('input, textarea, select')].map(({ value }) => value)";
const readStorage = `(async () => [
  ...[localStorage, sessionStorage].map((kept) => JSON.stringify({ ...kept })),
  document.cookie, document.title, window.name, JSON.stringify(history.state),
  ...await caches.keys(),
])()`;

export async function readKept(page: Page): Promise<Kept> {
  const state = await page.context().storageState({ indexedDB: true });
  return {
    shown: await page.content(),
    fields: texts.parse(await page.evaluate(readFields)).join("\n"),
    storage: [JSON.stringify(state), ...texts.parse(await page.evaluate(readStorage))].join("\n"),
  };
}

/** Each place that has the secret, other than bodies of requests. */
export const placesOf = (secret: string, recorded: Recorded, kept: Kept): string[] => {
  const places: Readonly<Record<string, readonly string[]>> = {
    "an address": recorded.urls,
    "a request's headers": recorded.requestHeaders,
    "an answer": recorded.received,
    "the console": recorded.said,
    "the document": [kept.shown],
    "a field": [kept.fields],
    "what the browser stores": [kept.storage],
  };
  return Object.entries(places).flatMap(([place, all]) => (all.some((text) => holds(text, secret)) ? [place] : []));
};

/** Where bodies with the secret went, in order. */
export const bodiesWith = (secret: string, { sent }: Recorded): string[] =>
  sent.flatMap(({ to, body }) => (holds(body, secret) ? [to] : []));
