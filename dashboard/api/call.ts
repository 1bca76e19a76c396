/** One call of the API, typed and checked by the contract. */
import type * as z from "zod";
import { type OperationId, type OperationShape, type Operations, operations } from "../../contracts/operations.ts";
import { ApiFailure, failureOf, retryAfterMs, unanswered } from "./failure.ts";
import { readNewer } from "./reading.ts";

/** An answer takes 30 s at most (API Gateway's own limit). */
const TIMEOUT_MS = 35_000;

type Told<K extends OperationId, Part extends "params" | "body"> = Operations[K] extends {
  readonly [P in Part]: infer S extends z.ZodType;
}
  ? { readonly [P in Part]: z.input<S> }
  : unknown;

/** What an operation is told. */
export type Asked<K extends OperationId> = Told<K, "params"> &
  Told<K, "body"> & { readonly query?: Readonly<Record<string, string>> };
export type Answer<K extends OperationId> = z.output<Operations[K]["answer"]>;

interface Parts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface Sending {
  /** Ends a call that nobody waits for any more. */
  readonly stop?: AbortSignal;
  /** The same key is the same wish: of two calls with it, one does something. For operations that answer 202. */
  readonly idempotencyKey?: string;
}

/** `/api/nodes/{id}` with its values put in as one segment each. */
export const addressOf = ({ path }: Pick<OperationShape, "path">, { params = {}, query = {} }: Parts): string => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams(query).toString();
  return search === "" ? filled : `${filled}?${search}`;
};

/** The schemas of `id` are those that `Answer` is made of, which no compiler can see. @throws ApiFailure */
export async function call<K extends OperationId>(id: K, asked: Asked<K>, sending?: Sending): Promise<Answer<K>>;
export async function call(id: OperationId, asked: Parts, sending: Sending = {}): Promise<unknown> {
  return (await send(id, asked, sending)).answer;
}

export interface Page<T> {
  readonly items: T;
  /** Null: this is the last page. */
  readonly cursor: string | null;
}

/** A page of a list. @throws ApiFailure */
export async function callPage<K extends OperationId>(
  id: K,
  asked: Asked<K>,
  sending?: Sending,
): Promise<Page<Answer<K>>>;
export async function callPage(id: OperationId, asked: Parts, sending: Sending = {}): Promise<Page<unknown>> {
  const { answer, headers } = await send(id, asked, sending);
  return { items: answer, cursor: nextCursor(headers.get("link")) };
}

/** Of `Link: </api/nodes?cursor=...>; rel="next"`. */
export const nextCursor = (link: string | null): string | null => {
  const target = /<([^>]*)>;\s*rel="next"/.exec(link ?? "")?.[1];
  return target === undefined ? null : new URL(target, "http://here").searchParams.get("cursor");
};

const send = async (id: OperationId, parts: Parts, sending: Sending) => {
  const shape: OperationShape = operations[id];
  const response = await reach(shape, parts, sending);
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw failureOf(response.status, body, retryAfterMs(response.headers.get("retry-after"), Date.now()));
  }
  const parsed = readNewer(shape.answer, body);
  if (parsed.success) return { answer: parsed.data, headers: response.headers };
  throw new ApiFailure("garbled", "Pressluft answered what this page does not understand. Reload it.", {
    status: response.status,
  });
};

const headersOf = ({ method }: OperationShape, { idempotencyKey }: Sending): Record<string, string> => ({
  ...(method === "GET" ? {} : { "content-type": "application/json" }),
  ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
});

const reach = async (shape: OperationShape, { body, ...parts }: Parts, sending: Sending): Promise<Response> => {
  const { stop } = sending;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const init: RequestInit = {
    method: shape.method,
    headers: headersOf(shape, sending),
    signal: stop === undefined ? timeout : AbortSignal.any([stop, timeout]),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  try {
    return await fetch(addressOf(shape, parts), init);
  } catch (cause) {
    if (stop?.aborted) throw cause;
    throw unanswered(cause);
  }
};
