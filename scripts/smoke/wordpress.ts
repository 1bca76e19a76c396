/**
 * WordPress as its administrator: in by the one-time log-in, then its REST API with the session's cookies. The nonce that
 * cookies need beside them comes from `admin-ajax.php?action=rest-nonce` (WordPress 5.3); `index.php?rest_route=` works
 * with every kind of permalinks. Without `index.php` nginx lets only GET, HEAD and POST through to the index of a folder.
 */
import { randomBytes } from "node:crypto";
import * as z from "zod";
import * as answers from "./answers.ts";
import type { Api } from "./api.ts";
import type { Clock } from "./clock.ts";
import { SmokeFailed } from "./failure.ts";
import { fetchPage, type Page, type PageRequest } from "./web.ts";

const ANSWER_MS = 30_000;

export interface Door {
  readonly api: Api;
  readonly environmentId: string;
  /** Of the environment, without a slash at its end. */
  readonly previewUrl: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What must never be printed. */
  hide(secret: string): void;
}

const made = z.object({ id: z.int().positive() });
const madeFile = z.object({ id: z.int().positive(), source_url: z.url() });
const settings = z.object({ title: z.string() });

/** The content of a site, as far as a smoke changes it. */
export interface Wordpress {
  readTitle(): Promise<string>;
  writeTitle(title: string): Promise<void>;
  /** Answers its id. */
  publishPost(post: { title: string; content: string }): Promise<number>;
  deletePost(id: number): Promise<void>;
  /** A text file among the uploads; answers where a visitor finds it. */
  uploadFile(name: string, text: string): Promise<{ id: number; url: URL }>;
  deleteFile(id: number): Promise<void>;
}

/** Logs in. @throws SmokeFailed when the log-in or WordPress does not do what it should */
export const openWordpress = async (door: Door): Promise<Wordpress> => {
  const session = await enter(door);
  const rest = <T>(order: Order, schema: z.ZodType<T>) => callRest(door, session, { order, schema });
  const { readTitle, writeTitle } = titleOver(rest);
  return {
    readTitle,
    writeTitle,
    publishPost: async (post) => {
      const order: Order = { method: "POST", route: "/wp/v2/posts", body: { ...post, status: "publish" } };
      return (await rest(order, made)).id;
    },
    deletePost: async (id) => void (await rest(removal(`/wp/v2/posts/${id}`), answers.anything)),
    uploadFile: async (name, text) => {
      const file = await rest({ method: "POST", route: "/wp/v2/media", file: { name, text } }, madeFile);
      return { id: file.id, url: assertOwn(door, file.source_url) };
    },
    deleteFile: async (id) => void (await rest(removal(`/wp/v2/media/${id}`), answers.anything)),
  };
};

type Rest = <T>(order: Order, schema: z.ZodType<T>) => Promise<T>;

const titleOver = (rest: Rest): Pick<Wordpress, "readTitle" | "writeTitle"> => ({
  readTitle: async () => (await rest({ method: "GET", route: "/wp/v2/settings" }, settings)).title,
  writeTitle: async (title) =>
    void (await rest({ method: "POST", route: "/wp/v2/settings", body: { title } }, settings)),
});

/** Not into the trash: from there a post could come back without a restore. */
const removal = (route: string): Order => ({ method: "DELETE", route, query: { force: "true" } });

interface Session {
  readonly cookie: string;
  readonly nonce: string;
}

const enter = async (door: Door): Promise<Session> => {
  const { login_url } = await door.api.call("loginEnvironment", answers.loginLink, { of: door.environmentId });
  const url = assertOwn(door, login_url);
  for (const value of url.searchParams.values()) door.hide(value);
  const page = await request(door, { method: "GET", url });
  const cookie = cookiesOf(page, door);
  if (page.status !== 302 || !/wordpress_logged_in_/.test(cookie)) {
    throw failed("the one-time log-in did not let us in", page, "GET");
  }
  return { cookie, nonce: await readNonce(door, cookie) };
};

const readNonce = async (door: Door, cookie: string): Promise<string> => {
  const url = new URL(`${door.previewUrl}/wp-admin/admin-ajax.php?action=rest-nonce`);
  const page = await request(door, { method: "GET", url, headers: { cookie } });
  const nonce = page.text.trim();
  if (page.status !== 200 || !/^[0-9a-f]{10}$/.test(nonce)) throw failed("WordPress gave no nonce", page, "GET");
  door.hide(nonce);
  return nonce;
};

/** All that are set, whatever their path: one of a name is enough here. */
const cookiesOf = (page: Page, door: Door): string => {
  const pairs = page.setCookies.map((line) => line.split(";")[0] ?? "").filter((pair) => /=./.test(pair));
  const byName = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair]));
  for (const [name, pair] of byName) if (name.startsWith("wordpress_")) door.hide(pair.slice(name.length + 1));
  return [...byName.values()].join("; ");
};

/** Addresses come from the site: cookies and visits must not be led elsewhere. */
const assertOwn = ({ previewUrl }: Door, text: string): URL => {
  const url = new URL(text);
  if (url.origin === new URL(previewUrl).origin) return url;
  throw new SmokeFailed(`an address of the site leads to another host: ${url.origin}`);
};

interface Order {
  readonly method: PageRequest["method"];
  readonly route: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly file?: { readonly name: string; readonly text: string };
}

interface RestCall<T> {
  readonly order: Order;
  readonly schema: z.ZodType<T>;
}

const contentOf = ({ body, file }: Order): { headers: Record<string, string>; body?: string } => {
  if (file !== undefined) {
    const disposition = `attachment; filename="${file.name}"`;
    return { headers: { "content-type": "text/plain", "content-disposition": disposition }, body: file.text };
  }
  return body === undefined
    ? { headers: {} }
    : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
};

const callRest = async <T>(door: Door, session: Session, { order, schema }: RestCall<T>): Promise<T> => {
  const url = new URL(
    `${door.previewUrl}/index.php?${new URLSearchParams({ rest_route: order.route, ...order.query })}`,
  );
  const content = contentOf(order);
  const headers = { ...content.headers, cookie: session.cookie, "x-wp-nonce": session.nonce };
  const page = await request(door, { ...content, method: order.method, url, headers });
  const parsed = schema.safeParse(page.status < 300 ? parseJson(page.text) : undefined);
  if (page.status < 300 && parsed.success) return parsed.data;
  throw failed(`WordPress refused ${order.route}${whyOf(page)}`, page, order.method);
};

const request = async ({ clock, signal }: Door, asked: PageRequest): Promise<Page> => {
  try {
    return await fetchPage(asked, AbortSignal.any([signal, clock.timeout(ANSWER_MS)]));
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : "the request failed";
    const path = asked.url.origin + asked.url.pathname;
    throw new SmokeFailed(`the site did not answer: ${why}`, { command: { method: asked.method, path, status: null } });
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** WordPress's own code, as `rest_cannot_create`. */
const whyOf = ({ text }: Page): string => {
  const parsed = z.object({ code: z.string() }).safeParse(parseJson(text));
  return parsed.success ? `: ${parsed.data.code}` : "";
};

const failed = (message: string, { url, status }: Page, method: string): SmokeFailed =>
  new SmokeFailed(message, { command: { method, path: url.origin + url.pathname, status } });

/** A word that no page shows by chance. Letters and digits alone, which WordPress leaves as they are. */
export const newMarker = (): string => `marker${randomBytes(8).toString("hex")}`;
