/** Several answers, and what happens below HTTP. */
import { failedWith, wireAction, wireError, wireServer } from "../../../shared/hetzner/testing/fixtures.ts";
import { callCase, calls } from "./cases-answers.ts";
import type { Answer, Case } from "./outcome.ts";

const api = (status: number, code: string): Answer => ({ status, json: wireError(code) });
const bare = (status: number): Answer => ({ status });
const fault = (name: NonNullable<Answer["fault"]>, json?: unknown): Answer => ({ fault: name, json });

/** Failures that one of the clients believes to pass. */
const passing: Readonly<Record<string, Answer>> = {
  "502": bare(502),
  "503": bare(503),
  "504": bare(504),
  "429": bare(429),
  "code conflict": api(409, "conflict"),
  "code rate_limit_exceeded": api(429, "rate_limit_exceeded"),
  "code bad_gateway": api(502, "bad_gateway"),
  "code timeout": api(504, "timeout"),
  "code unavailable": api(503, "unavailable"),
  "code locked": api(423, "locked"),
  "a reset": fault("reset"),
  "a closed connection": fault("close"),
};
const all = ["GET", "POST", "PUT", "DELETE", "DELETE without answer", "LIST"] as const;
const retryCases = all.flatMap((method) =>
  Object.entries(passing).flatMap(([name, answer]) => {
    const { good } = calls[method];
    return [
      callCase(method, `${name} once, then a success`, [answer, good]),
      callCase(method, `${name} twice, then a success`, [answer, answer, good]),
      callCase(method, `${name} five times, then a success`, [...Array<Answer>(5).fill(answer), good]),
      callCase(method, `${name} for ever`, [answer]),
      callCase(method, `${name}, then a refusal`, [answer, api(422, "invalid_input")]),
    ];
  }),
);

const mixtures: Readonly<Record<string, readonly Answer[]>> = {
  "502, 504, timeout, then a success": [bare(502), bare(504), api(504, "timeout")],
  "conflict, rate limit, conflict, then a success": [
    api(409, "conflict"),
    api(429, "rate_limit_exceeded"),
    api(409, "conflict"),
  ],
  "conflict, 502, then a success": [api(409, "conflict"), bare(502)],
  "timeout, then the name taken": [api(504, "timeout"), api(409, "uniqueness_error")],
  "conflict, then not found": [api(409, "conflict"), api(404, "not_found")],
  "502, then half of the JSON": [bare(502), { raw: '{"server": {', headers: { "Content-Type": "application/json" } }],
};
const mixtureCases = all.flatMap((method) =>
  Object.entries(mixtures).map(([name, answers]) => callCase(method, name, [...answers, calls[method].good])),
);

/** Long enough for a good answer on a busy machine. */
const TIMEOUT_MS = 400;
const brokenCases = (["GET", "POST", "DELETE", "LIST"] as const).flatMap((method): Case[] => {
  const { good } = calls[method];
  const goodJson: unknown = "json" in good ? good.json : undefined;
  return [
    callCase(method, "a body that is cut off", [fault("cut", goodJson)]),
    callCase(method, "bytes that are no HTTP", [fault("garbage")]),
    callCase(method, "a slow answer", [{ ...good, delayMs: 60 }]),
    { ...callCase(method, "no answer in time, for ever", [fault("hang")]), timeoutMs: TIMEOUT_MS },
    { ...callCase(method, "no answer in time, then a success", [fault("hang"), good]), timeoutMs: TIMEOUT_MS },
    {
      ...callCase(method, "an answer after our time limit", [{ ...good, delayMs: 3 * TIMEOUT_MS }]),
      ownTimeoutMs: TIMEOUT_MS,
    },
  ];
});

const redirectCases = (["GET", "POST", "DELETE", "LIST"] as const).flatMap((method) => {
  const { good } = calls[method];
  const to = (status: number): Answer => ({ status, headers: { Location: "/{lane}/v1/elsewhere" } });
  return [
    ...[301, 302, 303, 307, 308].map((status) => callCase(method, `redirect ${status}`, [to(status), good])),
    callCase(method, "redirects in a circle", [to(302)]),
    callCase(method, "redirect 302 to nowhere", [{ status: 302 }]),
    callCase(method, "300 with a good body", [{ ...good, status: 300 }]),
  ];
});

const page = (ids: readonly number[], meta: unknown): Answer => ({
  json: { servers: ids.map((id) => wireServer(id)), ...(meta === undefined ? {} : { meta }) },
});
const next = (number: unknown, current = 1) => ({ pagination: { page: current, per_page: 50, next_page: number } });
const longList = Array.from({ length: 105 }, (_, index) =>
  page([index + 1], next(index < 104 ? index + 2 : null, index + 1)),
);
const pageCases: readonly Case[] = Object.entries({
  "two pages": [page([1, 2], next(2)), page([3], next(null, 2))],
  "three pages": [page([1], next(2)), page([2], next(3, 2)), page([3], next(null, 3))],
  "an empty list": [page([], next(null))],
  "an empty page in the middle": [page([1], next(2)), page([], next(3, 2)), page([3], next(null, 3))],
  "no meta": [page([1], undefined)],
  "a meta that is null": [page([1], null)],
  "a meta that is empty": [page([1], {})],
  "a pagination that is null": [page([1], { pagination: null })],
  "a next page of 0": [page([1], next(0))],
  "a next page left out": [page([1], { pagination: { page: 1 } })],
  "a next page that is text": [page([1], next("2")), page([2], next(null))],
  "a next page that is half": [page([1], next(1.5)), page([2], next(null))],
  "a next page that skips": [page([1], next(4)), page([4], next(null, 4))],
  "a next page that goes back": [page([1], next(3)), page([3], next(2, 3)), page([2], next(null, 2))],
  "a next page that is this one": [page([1], next(1))],
  "a negative next page": [page([1], next(-1)), page([2], next(null))],
  "more than a hundred pages": longList,
  "a 502 on the second page": [page([1], next(2)), bare(502), page([2], next(null, 2))],
  "a refusal on the second page": [page([1], next(2)), api(401, "unauthorized")],
  "an entry that is null": [{ json: { servers: [null], meta: next(null) } }],
  "a list that is null": [{ json: { servers: null, meta: next(null) } }],
  "a list that is an object": [{ json: { servers: {}, meta: next(null) } }],
  "two pages called HTML": [
    { raw: JSON.stringify(page([1], next(2)).json), headers: { "Content-Type": "text/html" } },
    page([2], next(null, 2)),
  ],
}).map(([name, answers]) => callCase("LIST", name, answers));

const look = (...actions: Record<string, unknown>[]): Answer => ({ json: { actions, meta: next(null) } });
const done = (id: number) =>
  wireAction(id, { status: "success", progress: 100, finished: "2026-11-01T10:00:05+00:00" });
const failed = (id: number, code: string) => wireAction(id, failedWith(code));
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const wait = (name: string, ids: readonly number[], answers: readonly Answer[]): Case => ({
  name: `WAIT: ${name}`,
  operation: "actions.wait",
  args: { ids },
  answers,
});
const waitCases: readonly Case[] = [
  wait("nothing to wait for", [], [look()]),
  wait("one that succeeds at once", [1], [look(done(1))]),
  wait("one that takes three looks", [1], [look(wireAction(1)), look(wireAction(1, { progress: 50 })), look(done(1))]),
  wait("one that fails", [1], [look(failed(1, "action_failed"))]),
  wait("one that fails after a look", [1], [look(wireAction(1)), look(failed(1, "resource_unavailable"))]),
  wait("one that fails with a code nobody knows", [1], [look(failed(1, "brand_new_code"))]),
  wait("one that fails without a reason", [1], [look(wireAction(1, { status: "error", error: null }))]),
  ...Object.entries<unknown>({
    "a reason without a code": { message: "Action failed" },
    "a reason without a text": { code: "action_failed" },
    "a reason that is empty": {},
    "a reason of nulls": { code: null, message: null },
    "a reason whose code is a number": { code: 5, message: "Action failed" },
    "a reason whose text is an object": { code: "action_failed", message: {} },
    "a reason that is text": "Action failed",
    "a reason whose code is no word": { code: "BrandNew", message: "Action failed" },
  }).map(([name, error]) =>
    wait(`one that fails with ${name}`, [1], [look(wireAction(1, { status: "error", error }))]),
  ),
  wait("one without progress", [1], [look(wireAction(1, { progress: null })), look(done(1))]),
  wait("one without resources", [1], [look({ ...done(1), resources: null })]),
  wait(
    "a running one with an error",
    [1],
    [look(wireAction(1, { error: { code: "action_failed", message: "Action failed" } })), look(done(1))],
  ),
  wait(
    "a success with an error",
    [1],
    [look({ ...done(1), error: { code: "action_failed", message: "Action failed" } })],
  ),
  wait("two that end in different looks", [1, 2], [look(done(1), wireAction(2)), look(done(2))]),
  wait("one fails, one succeeds later", [1, 2], [look(failed(1, "action_failed"), wireAction(2)), look(done(2))]),
  wait("both fail", [1, 2], [look(failed(1, "action_failed"), failed(2, "placement_error"))]),
  wait("ids out of order", [9, 3, 5], [look(done(3), done(5), done(9))]),
  wait("the only one is missing", [1], [look()]),
  wait("one of two is missing", [1, 2], [look(done(1)), look(done(1))]),
  wait("one goes missing later", [1, 2], [look(wireAction(1), wireAction(2)), look(done(1)), look()]),
  wait("25 in one request", range(25), [look(...range(25).map(done))]),
  wait("26 in two requests", range(26), [look(...range(25).map(done)), look(done(26))]),
  wait("60 in three requests", range(60), [
    look(...range(25).map(done)),
    look(...range(50).slice(25).map(done)),
    look(...range(60).slice(50).map(done)),
  ]),
  wait("a 502 in between", [1], [look(wireAction(1)), bare(502), look(done(1))]),
  wait("a rate limit in between", [1], [look(wireAction(1)), api(429, "rate_limit_exceeded"), look(done(1))]),
  wait(
    "a rate limit for seven requests",
    [1],
    [...Array<Answer>(7).fill(api(429, "rate_limit_exceeded")), look(done(1))],
  ),
  wait("an internal error in between", [1], [look(wireAction(1)), api(500, "server_error"), look(done(1))]),
  wait("a reset in between", [1], [look(wireAction(1)), fault("reset"), look(done(1))]),
  wait("the token deleted in between", [1], [look(wireAction(1)), api(401, "unauthorized")]),
  wait("an answer of another form", [1], [{ json: { actions: 5 } }, look(done(1))]),
  wait("an action of a status nobody knows", [1], [look(wireAction(1, { status: "paused" })), look(done(1))]),
];

/** Every code as the reason of a failed action. */
export const actionCodeCases = (codes: readonly string[]): Case[] =>
  codes.map((code) => wait(`an action that fails with ${code}`, [1], [look(failed(1, code))]));

export const sequenceCases: readonly Case[] = [
  ...retryCases,
  ...mixtureCases,
  ...brokenCases,
  ...redirectCases,
  ...pageCases,
  ...waitCases,
];
