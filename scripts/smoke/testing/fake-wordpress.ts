/** As much of WordPress as the smokes touch. */
import { randomBytes } from "node:crypto";
import * as z from "zod";

export interface WebRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface WebAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly text?: string;
}

export interface Content {
  title: string;
  readonly posts: { readonly id: number; readonly title: string; readonly content: string }[];
  readonly files: { readonly id: number; readonly name: string; readonly text: string }[];
}

export interface FakeWordpress {
  content: Content;
  readonly origin: string;
  /** A one-time log-in. */
  makeLogin(): string;
  answer(request: WebRequest): WebAnswer;
}

interface Input {
  readonly origin: string;
  readonly content: Content;
  readonly isIndexed: boolean;
}

/** A copy with other addresses in it. */
export const copyContent = ({ title, posts, files }: Content, from: string, to: string): Content => ({
  title,
  posts: posts.map((post) => ({ ...post, content: post.content.replaceAll(from, to) })),
  files: [...files],
});

const postBody = z.strictObject({ title: z.string(), content: z.string(), status: z.literal("publish") });
const json = (status: number, value: unknown): WebAnswer => ({ status, text: JSON.stringify(value) });
const notFound: WebAnswer = { status: 404, text: "Not found" };

export const makeWordpress = ({ origin, content, isIndexed }: Input): FakeWordpress => {
  const cookie = `wordpress_logged_in_1a2b=${randomBytes(12).toString("hex")}`;
  const nonce = randomBytes(5).toString("hex");
  let login: string | undefined;
  const self: FakeWordpress = {
    content,
    origin,
    makeLogin: () => {
      login = randomBytes(16).toString("hex");
      return `${origin}/?pressluft_login=${login}`;
    },
    answer: (request) => {
      const { url, headers } = request;
      // As nginx: the index of a folder is found for these alone.
      if (url.pathname === "/" && !["GET", "HEAD", "POST"].includes(request.method)) return { status: 405 };
      const isIn = headers.cookie?.includes(cookie) === true;
      const token = url.searchParams.get("pressluft_login");
      if (token !== null) {
        if (token !== login) return { status: 403 };
        login = undefined;
        return { status: 302, headers: { location: `${origin}/wp-admin/`, "set-cookie": [`${cookie}; HttpOnly`] } };
      }
      if (url.pathname === "/wp-admin/admin-ajax.php") return isIn ? { status: 200, text: nonce } : { status: 400 };
      const route = url.searchParams.get("rest_route");
      if (route === null) return visit(self, isIndexed, url);
      const isAllowed = isIn && headers["x-wp-nonce"] === nonce;
      return isAllowed ? rest(self, route, request) : json(401, { code: "rest_forbidden" });
    },
  };
  return self;
};

const visit = ({ content, origin }: FakeWordpress, isIndexed: boolean, url: URL): WebAnswer => {
  const file = content.files.find(({ name }) => url.pathname === `/wp-content/uploads/${name}`);
  if (file !== undefined) return { status: 200, text: file.text };
  if (url.pathname !== "/") return notFound;
  const wanted = url.searchParams.get("p");
  const posts = content.posts.filter(({ id }) => wanted === null || String(id) === wanted);
  const robots = isIndexed ? "" : "<meta name='robots' content='noindex, nofollow' />";
  const shown = posts.map(({ title, content }) => `<h2>${title}</h2>${wanted === null ? "" : content}`);
  const page = `<title>${content.title}</title>${robots}<a href="${origin}/">home</a>${shown.join("")}`;
  return { status: 200, text: page };
};

const rest = ({ content, origin }: FakeWordpress, route: string, request: WebRequest): WebAnswer => {
  const { method, headers, body } = request;
  if (route === "/wp/v2/settings") {
    if (method === "POST") content.title = z.strictObject({ title: z.string() }).parse(JSON.parse(body)).title;
    return json(200, { title: content.title });
  }
  const id = content.posts.length + content.files.length + 10;
  if (method === "POST" && route === "/wp/v2/posts") {
    const { title, content: text } = postBody.parse(JSON.parse(body));
    content.posts.push({ id, title, content: text });
    return json(201, { id });
  }
  if (method === "POST" && route === "/wp/v2/media") {
    const name = /filename="([\w.-]+)"/.exec(headers["content-disposition"] ?? "")?.[1] ?? "";
    content.files.push({ id, name, text: body });
    return json(201, { id, source_url: `${origin}/wp-content/uploads/${name}` });
  }
  return remove(content, route, request);
};

const remove = (content: Content, route: string, { method, url }: WebRequest): WebAnswer => {
  const [, kind, id] = /^\/wp\/v2\/(posts|media)\/(\d+)$/.exec(route) ?? [];
  if (method !== "DELETE" || url.searchParams.get("force") !== "true") return notFound;
  const list: { readonly id: number }[] = kind === "posts" ? content.posts : content.files;
  const at = list.findIndex((one) => String(one.id) === id);
  if (at === -1) return notFound;
  list.splice(at, 1);
  return json(200, { deleted: true });
};
