/**
 * The edge of every API function, and the only place that uses middy. A request goes route, caller, cross-site rule,
 * input, one handler, answer; whatever is thrown on the way becomes an answer too, and every request is one log line.
 */
import middy from "@middy/core";
import { type ApiFunction, type OperationId, type OperationsOf, operations } from "../../contracts/operations.ts";
import type { Log } from "../../shared/log.ts";
import type { Table } from "../../shared/store/table.ts";
import { type HttpResponse, presentAnswer } from "./answer.ts";
import { type Handlers, type Received, readCall } from "./call.ts";
import { type Actor, authenticate, refuseCrossSite } from "./caller.ts";
import { internal, presentProblem, toProblem } from "./problem.ts";
import { type HttpRequest, readRequest } from "./request.ts";
import { findRoute } from "./route.ts";

export type { HttpResponse } from "./answer.ts";
export type { Answer, Call, Handlers } from "./call.ts";
export type { Actor } from "./caller.ts";
export { ApiProblem } from "./problem.ts";

export interface EdgeDeps {
  readonly table: Table;
  /** Epoch milliseconds. */
  now(): number;
  readonly log: Log;
  /** False only where the browser speaks plain http to localhost. */
  readonly cookieSecure: boolean;
}

/** What the edge needs of Lambda's context; a test may leave it empty. */
export interface LambdaContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

export type ApiHandler = (event: unknown, context: LambdaContext) => Promise<HttpResponse>;

/** One request on its way, with what its log line will say. */
interface Exchange {
  readonly request: HttpRequest;
  readonly requestId: string;
  readonly nowMs: number;
  operation: OperationId | null;
  actor: Actor | null;
}

/** Lambda is stopped without a word when its time is up; this leaves us time to answer and to log. */
const timeoutEarlyInMillis = 500;

const isOperationOf = <F extends ApiFunction>(name: F, id: OperationId): id is OperationId & OperationsOf<F> =>
  operations[id].function === name;

const makeAnswer =
  <F extends ApiFunction>(name: F, handlers: Handlers<F>, { table }: EdgeDeps) =>
  async (exchange: Exchange): Promise<HttpResponse> => {
    const { request, requestId, nowMs } = exchange;
    const route = findRoute(request.method, request.path);
    exchange.operation = route.id;
    if (!isOperationOf(name, route.id)) throw new Error(`${route.id} was routed to ${name}, which does not answer it`);
    const actor = route.operation.public ? null : await authenticate(request, table, nowMs);
    exchange.actor = actor;
    if (actor !== null) refuseCrossSite(request, actor);
    return callHandler(handlers, route.id, { route, request, actor, nowMs, requestId });
  };

const callHandler = async <F extends ApiFunction, K extends OperationId & OperationsOf<F>>(
  handlers: Handlers<F>,
  id: K,
  received: Received,
): Promise<HttpResponse> => {
  const call = readCall(id, received);
  const answer = await handlers[id](call);
  return presentAnswer(received.route, { path: received.request.path, query: call.query, answer });
};

/** Answers are one caller's alone, and are what they say they are. */
const commonHeaders = (requestId: string) => ({
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-request-id": requestId,
});

const presentError = (error: unknown, requestId: string): HttpResponse => {
  const { status, headers, body } = presentProblem(toProblem(error) ?? internal, requestId);
  return { statusCode: status, headers, body: JSON.stringify(body) };
};

/** Which operation, how it went, who asked: no body, no header, no cookie, no value of a query. */
const logRequest = ({ log, now }: EdgeDeps, exchange: Exchange, end: { status: number; error?: unknown }): void => {
  const { requestId, operation, actor, nowMs } = exchange;
  const { status, error } = end;
  const fields = { request_id: requestId, operation, status, ms: now() - nowMs, actor: actor?.id ?? null };
  if (status < 500) log.info("request", fields);
  else log.error("request", { ...fields, error });
};

const open = (event: unknown, { awsRequestId }: LambdaContext, nowMs: number): Exchange => {
  const request = readRequest(event);
  return { request, requestId: request.id || awsRequestId || "unknown", nowMs, operation: null, actor: null };
};

/**
 * The Lambda handler of one API function. Never rejects: a fault of ours is a 500 that says no more than its request_id,
 * and one log line with the error.
 */
export const serve = <F extends ApiFunction>(name: F, handlers: Handlers<F>, edge: EdgeDeps): ApiHandler => {
  const finish = (exchange: Exchange, response: HttpResponse, error?: unknown): HttpResponse => {
    logRequest(edge, exchange, { status: response.statusCode, error });
    return { ...response, headers: { ...commonHeaders(exchange.requestId), ...response.headers } };
  };
  const pipeline = middy<Exchange, HttpResponse, Error, LambdaContext>(makeAnswer(name, handlers, edge), {
    timeoutEarlyInMillis,
    timeoutEarlyResponse: () => {
      throw new Error("the function's time is up");
    },
  })
    .after((request) => {
      if (request.response) request.response = finish(request.event, request.response);
    })
    .onError((request) => {
      request.response = finish(request.event, presentError(request.error, request.event.requestId), request.error);
    });
  return async (event, context) => pipeline(open(event, context, edge.now()), context);
};
