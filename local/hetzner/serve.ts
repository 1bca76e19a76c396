import { type Answer, type Outcome, playFault } from "./answer.ts";
import { ApiError, notFound } from "./api-error.ts";
import type { Call, Reply } from "./call.ts";
import type { Fault } from "./fault-kinds.ts";
import { takeFaults } from "./fault-plan.ts";
import { randomText } from "./random.ts";
import { rateLimitHeaders, takeRequest } from "./rate-limit.ts";
import type { LateCommit } from "./records.ts";
import type { RequestLog, ServedRequest } from "./request-log.ts";
import { findRoute, type Route } from "./routes/table.ts";
import { findToken, isRevoked, revoke, type Token } from "./tokens.ts";
import type { World } from "./world.ts";

/** A request as it came over the wire. */
export interface Incoming {
  readonly method: string;
  /** Below /v1. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly text: string;
}

/** What serving needs besides the request. */
export interface Serving {
  readonly world: World;
  readonly log: RequestLog;
  readonly readonlyStatus: 401 | 403;
  readonly readonlyCode: "token_readonly" | "forbidden";
}

/** What a body may hold; the provider's limit is not documented. */
export const bodyMaxBytes = 1_048_576;
const anonymousLimit = 3600;
const limitDefault = 3600;
const correlationIdLength = 32;

/** Everything known about the request under way. */
interface Visit {
  readonly serving: Serving;
  readonly incoming: Incoming;
  readonly nowMs: number;
  readonly number: number;
  readonly authorization: string;
  readonly token: Token | null;
  readonly limit: number;
  readonly headers: Readonly<Record<string, string>>;
}

function answerOf(visit: Visit, reply: Reply): Answer {
  const headers = { ...visit.headers, ...reply.headers };
  if (reply.body === undefined) return { type: "answer", status: reply.status, headers, body: null, delayMs: 0 };
  const body = JSON.stringify(reply.body);
  return {
    type: "answer",
    status: reply.status,
    headers: { ...headers, "Content-Type": "application/json" },
    body,
    delayMs: 0,
  };
}

function refusal(visit: Visit, error: ApiError): Answer {
  const { status, code, message, details } = error;
  return answerOf(visit, { status, body: { error: { code, message, details } } });
}

/** The message quotes the first 32 characters of the token, as the provider's does: what shows it must cut it out. */
function rateRefusal(visit: Visit): Answer {
  const shown = visit.authorization.slice(0, 32);
  const message = `Limit of '${visit.limit}' requests per hour for token '${shown}' reached`;
  const answer = refusal(visit, new ApiError(429, "rate_limit_exceeded", message));
  return { ...answer, headers: { ...answer.headers, ...rateLimitHeaders(visit.limit, 0, visit.nowMs) } };
}

/** hcloud-go 1 (as in Debian's hcloud-cli 1.30) names a Content-Type for the body it does not send here. */
const sloppyPaths = /^\/primary_ips\/\d+\/actions\/unassign$/;

function checkHeaders(incoming: Incoming): void {
  if (!incoming.headers.get("user-agent")) throw new ApiError(400, "invalid_input", "User-Agent header is required");
  const type = incoming.headers.get("content-type");
  if (incoming.text === "" && type !== null && !sloppyPaths.test(incoming.path)) {
    throw new ApiError(400, "invalid_input", "Content-Type is only for requests with a body");
  }
  if (incoming.text !== "" && !/^application\/json\b/.test(type ?? "")) {
    throw new ApiError(400, "json_error", "Content-Type must be application/json");
  }
}

function checkToken(visit: Visit): Token {
  const { token, incoming, serving } = visit;
  if (token === null || isRevoked(serving.world, token)) {
    throw new ApiError(401, "unauthorized", "unable to authenticate");
  }
  if (token.permission === "ro" && incoming.method !== "GET") {
    throw new ApiError(serving.readonlyStatus, serving.readonlyCode, "not allowed because token is readonly");
  }
  return token;
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "json_error", "invalid JSON input");
  }
}

/** Name of what a request is about: what it makes, what it looks for, or what stands behind its id. */
function subjectName(
  world: World,
  project: string,
  call: Pick<Call, "params" | "query" | "body">,
  route: string,
): string | null {
  const { body, params, query } = call;
  if (params.id !== undefined) {
    const { servers, sshKeys, primaryIps } = world.data;
    const items: readonly { id: number; project: string; name: string }[] = route.startsWith("/ssh_keys")
      ? sshKeys
      : route.startsWith("/primary_ips")
        ? primaryIps
        : servers;
    return items.find((item) => item.project === project && String(item.id) === params.id)?.name ?? null;
  }
  if (typeof body === "object" && body !== null && "name" in body && typeof body.name === "string") return body.name;
  return query.get("name");
}

/** Runs a handler; an ApiError becomes its answer. */
function runHandler(visit: Visit, route: Route, call: Call): Answer {
  try {
    return answerOf(visit, route.handle(call));
  } catch (error) {
    if (error instanceof ApiError) return refusal(visit, error);
    throw error;
  }
}

function playOut(visit: Visit, route: Route, call: Call, fault: Fault): Outcome {
  const { world } = visit.serving;
  return playFault({
    fault,
    run: () => runHandler(visit, route, call),
    refuse: (error) => refusal(visit, error),
    refuseRate: () => rateRefusal(visit),
    runLater: (delayMs) => {
      const { path, body, faults } = call;
      const { method } = visit.incoming;
      const dueMs = visit.nowMs + delayMs;
      const request = visit.number;
      world.data.lateCommits.push({
        dueMs,
        request,
        project: call.project.name,
        method,
        path,
        body,
        faults: [...faults],
      });
    },
  });
}

/** Authenticates, routes, reads and runs; throws ApiError for what is refused on the way. */
function serveRoute(visit: Visit): Outcome {
  const { incoming, serving, nowMs } = visit;
  const { world, log } = serving;
  if (Buffer.byteLength(incoming.text) > bodyMaxBytes) {
    throw new ApiError(413, "invalid_input", "request body is too large");
  }
  checkHeaders(incoming);
  const token = checkToken(visit);
  const { route, params } = findRoute(incoming.method, incoming.path);
  const body = parseJson(incoming.text);
  const found = { params, query: incoming.query, body };
  const name = subjectName(world, token.project.name, found, route.route);
  const chosen = takeFaults(world.data, {
    project: token.project.name,
    method: incoming.method,
    route: route.route,
    name,
  });
  const kinds = [chosen.answer, ...chosen.effects].flatMap((fault) => fault?.kind ?? []);
  log.note(visit.number, { route: route.route, faults: kinds });
  if (kinds.includes("token_revoked")) revoke(world, token);
  checkToken(visit);
  const call = { world, project: token.project, nowMs, path: incoming.path, ...found, faults: chosen.effects };
  return chosen.answer === null ? runHandler(visit, route, call) : playOut(visit, route, call, chosen.answer);
}

function visitOf(serving: Serving, incoming: Incoming, nowMs: number): { visit: Visit; allowed: boolean } {
  const { world, log } = serving;
  const authorization = /^Bearer (.+)$/.exec(incoming.headers.get("authorization") ?? "")?.[1] ?? "";
  const token = findToken(world.projects, authorization);
  const limit = token === null ? anonymousLimit : (token.project.rateLimitPerHour ?? limitDefault);
  const bucketName = token === null ? "" : token.project.name;
  const taken = takeRequest(world.data.buckets[bucketName], limit, nowMs);
  world.data.buckets[bucketName] = taken.bucket;
  const correlationId = randomText(world.data, "0123456789abcdef", correlationIdLength);
  const number = log.add({ atMs: nowMs, incoming, token, correlationId });
  const headers = { ...taken.headers, "X-Correlation-Id": correlationId };
  return { visit: { serving, incoming, nowMs, number, authorization, token, limit, headers }, allowed: taken.allowed };
}

/** Serves one request at an instant. All that is due by then must have happened before. */
export function serve(serving: Serving, incoming: Incoming, nowMs: number): Outcome {
  const { visit, allowed } = visitOf(serving, incoming, nowMs);
  let noted: Pick<ServedRequest, "outcome" | "status"> = { outcome: "failure", status: null };
  try {
    const outcome = allowed ? serveOrRefuse(visit) : rateRefusal(visit);
    noted = { outcome: outcome.type, status: outcome.type === "answer" ? outcome.status : null };
    return outcome;
  } finally {
    serving.log.note(visit.number, noted);
  }
}

function serveOrRefuse(visit: Visit): Outcome {
  try {
    return serveRoute(visit);
  } catch (error) {
    if (error instanceof ApiError) return refusal(visit, error);
    throw error;
  }
}

/** Does a write whose answer was given before; whether it succeeds then shows in the log only. */
export function commitLate(serving: Serving, late: LateCommit): void {
  const { world, log } = serving;
  try {
    const project = world.projects.find((candidate) => candidate.name === late.project);
    if (project === undefined) throw notFound("project");
    const { route, params } = findRoute(late.method, late.path);
    const { path, body, faults, dueMs: nowMs } = late;
    const reply = route.handle({ world, project, nowMs, path, params, query: new URLSearchParams(), body, faults });
    log.note(late.request, { lateCommit: { atMs: nowMs, status: reply.status } });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    log.note(late.request, { lateCommit: { atMs: late.dueMs, status: error.status } });
  }
}
