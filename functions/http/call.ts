/** What a handler is told and what it answers, typed by the contract's table. */
import type * as z from "zod";
import type { ApiFunction, OperationId, Operations, OperationsOf } from "../../contracts/operations.ts";
import type { Actor } from "./caller.ts";
import { parseInput, readIdempotencyKey } from "./input.ts";
import type { HttpRequest } from "./request.ts";
import type { Route } from "./route.ts";

type Parsed<K extends OperationId, Part extends "params" | "query" | "body"> = Operations[K] extends {
  readonly [P in Part]: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;

/** All of it parsed; undefined where the operation takes nothing. */
export interface Call<K extends OperationId> {
  readonly params: Parsed<K, "params">;
  readonly query: Parsed<K, "query">;
  readonly body: Parsed<K, "body">;
  /** Null where the operation is public. */
  readonly actor: Operations[K] extends { readonly public: true } ? null : Actor;
  /** Epoch milliseconds when the request came in. */
  readonly nowMs: number;
  readonly requestId: string;
  /** On a POST that answers 202, if the client sent one. */
  readonly idempotencyKey: string | null;
}

export interface Answer<K extends OperationId> {
  readonly body: z.input<Operations[K]["answer"]>;
  /** Not for a 202: that one's job is found by itself. */
  readonly location?: string | undefined;
  /** Of a paged list: there is a next page. */
  readonly nextCursor?: string | undefined;
  /** Whole Set-Cookie values. */
  readonly cookies?: readonly string[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** One for each operation of the function: a missing or an extra one does not compile. */
export type Handlers<F extends ApiFunction> = {
  readonly [K in OperationsOf<F>]: (call: Call<K>) => Promise<Answer<K>>;
};

export interface Received {
  readonly route: Route;
  readonly request: HttpRequest;
  readonly actor: Actor | null;
  readonly nowMs: number;
  readonly requestId: string;
}

/**
 * Throws the problems of `input.ts`. `route` was found under `id`, so its schemas are those that `Call` is made of: that
 * makes the type of the answer true, which no compiler can see.
 */
export function readCall<K extends OperationId>(id: K, received: Received): Call<K>;
export function readCall(_id: OperationId, { route, request, ...known }: Received): unknown {
  return { ...parseInput(route, request), ...known, idempotencyKey: readIdempotencyKey(route, request) };
}
