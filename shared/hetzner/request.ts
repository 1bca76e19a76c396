/** One call of the API, before any transport. */
export interface ApiRequest {
  /** The SDK's own name for it, `servers.create`: what errors say. */
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the endpoint, with the leading slash. */
  readonly path: string;
  /** Pairs in order; arrays repeat the key, undefined is left out. */
  readonly query?: Query;
  /** JSON; without it neither body nor Content-Type is sent. */
  readonly body?: unknown;
}

export type Query = Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>;

/** An answer whose body was read completely. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The token, should an answer ever quote it, is already out. */
  readonly text: string;
}

/** What bounds one attempt. */
export interface Attempt {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A link of the chain: sends one attempt through the links below it. */
export type Link = (request: ApiRequest, attempt: Attempt) => Promise<Answer>;

export function buildUrl(endpoint: string, { path, query = {} }: ApiRequest): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    const values = typeof value === "object" ? value : value === undefined ? [] : [value];
    for (const each of values) params.append(key, String(each));
  }
  const text = params.toString();
  return `${endpoint}${path}${text === "" ? "" : `?${text}`}`;
}
