import * as z from "zod";

/** One call, and what the scripted server answers to it. */
export interface Case {
  /** Unique; a sentence of a test's title. */
  readonly name: string;
  /** By our SDK's names: `servers.create`. */
  readonly operation: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** In order; the last one again for every further request. */
  readonly answers: readonly Answer[];
  /** For one attempt of either client; absent: hcloud-go has none, ours a minute. */
  readonly timeoutMs?: number;
  /** As `timeoutMs`, for ours alone. */
  readonly ownTimeoutMs?: number;
  readonly token?: string;
}

/** What the scripted server does with one request. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Instead of `json`, as it stands and without a Content-Type of its own. */
  readonly raw?: string | Uint8Array;
  /** Before the answer, in real time. */
  readonly delayMs?: number;
  /** Instead of an answer: reset or close the connection, never answer, half of the answer, bytes that are no HTTP. */
  readonly fault?: "reset" | "close" | "hang" | "cut" | "garbage";
}

/** How a call ended, in words that both clients can say. The Go program writes the same. */
export const outcomeSchema = z.object({
  name: z.string(),
  /** `missing`: a wait for actions that do not exist. `local`: refused before anything was sent. */
  kind: z.enum(["ok", "absent", "api", "status", "transport", "parse", "missing", "local", "panic"]),
  code: z.nullable(z.string()),
  status: z.nullable(z.int()),
  timeout: z.boolean(),
  value: z.unknown(),
  text: z.string(),
});

export type Outcome = z.infer<typeof outcomeSchema>;

/** One request as the scripted server saw it, without what must differ (host, user agent). */
export interface Sent {
  readonly method: string;
  readonly path: string;
  /** Pairs in the order of their text. */
  readonly query: string;
  /** With sorted keys when it is JSON. */
  readonly body: string;
  readonly headers: string;
}

/** All about one client and one case. */
export interface Row {
  readonly sent: readonly Sent[];
  readonly outcome: Outcome;
}

/** What two rows can differ in. */
export const aspects = ["tries", "requests", "query", "headers", "kind", "code", "status", "timeout", "value"] as const;
export type Aspect = (typeof aspects)[number];

const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** JSON that does not depend on the order of keys. */
export const canonical = (value: unknown): string => JSON.stringify(value, sortKeys) ?? "undefined";

const lookAt: Readonly<Record<Aspect, (row: Row, common: number) => unknown>> = {
  tries: ({ sent }) => sent.length,
  requests: ({ sent }, common) => sent.slice(0, common).map(({ method, path, body }) => `${method} ${path} ${body}`),
  query: ({ sent }, common) => sent.slice(0, common).map(({ query }) => query),
  headers: ({ sent }, common) => sent.slice(0, common).map(({ headers }) => headers),
  kind: ({ outcome }) => outcome.kind,
  code: ({ outcome }) => outcome.code,
  status: ({ outcome }) => outcome.status,
  timeout: ({ outcome }) => outcome.timeout,
  value: ({ outcome }) => outcome.value ?? null,
};

/** In what two rows differ. Requests are compared as far as both sent them; `tries` tells the rest. */
export function compareRows(one: Row, other: Row): Aspect[] {
  const common = Math.min(one.sent.length, other.sent.length);
  return aspects.filter(
    (aspect) => canonical(lookAt[aspect](one, common)) !== canonical(lookAt[aspect](other, common)),
  );
}
