/** A plain HTTP client of the API: routes from the contract, one session, repetitions where they do no harm. */
import type * as z from "zod";
import { type OperationId, type OperationShape, operations } from "../../contracts/operations.ts";
import * as answers from "./answers.ts";
import { canRepeat, decidePause, retryAfterMs } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { type Command, SmokeFailed } from "./failure.ts";

export interface Input {
  /** Fills `{id}` or `{provider_id}` of the route. */
  readonly of?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as Idempotency-Key. */
  readonly key?: string;
}

/** An answer outside of 2xx, or none. */
export class CallFailed extends SmokeFailed {
  override name = "CallFailed";
  readonly code: string | null;
  readonly answer: answers.ErrorAnswer | undefined;
  constructor(command: Command, answer: answers.ErrorAnswer | undefined, why: string) {
    super(why, { command, answer });
    this.code = answer?.code ?? null;
    this.answer = answer;
  }
}

export interface Api {
  /** @throws CallFailed when the answer is no success, SmokeFailed when it is not what the contract says */
  call<T>(id: OperationId, schema: z.ZodType<T>, input?: Input): Promise<T>;
}

export interface ApiInput {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Who calls: a cookie or a bearer token. */
  readonly headers: Readonly<Record<string, string>>;
  /** For one request with its repetitions. */
  readonly budgetSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** API Gateway gives up after 30 s; this is a little more. */
const ANSWER_MS = 35_000;

interface Reply {
  /** null: no answer came. */
  readonly status: number | null;
  readonly headers: Headers;
  readonly text: string;
}

/** What is sent, ready for any number of repetitions. */
interface Sent {
  readonly url: URL;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly hasKey: boolean;
}

export const makeApi = (input: ApiInput): Api => ({
  call: async (id, schema, given = {}) => {
    const sent = prepare(input, operations[id], given);
    const reply = await sendUntilAnswered(input, sent);
    return parseAnswer(schema, sent, reply);
  },
});

/** Logs in and answers the cookie. */
export const logIn = async (input: ApiInput, credentials: { email: string; password: string }): Promise<string> => {
  const sent = prepare(input, operations.login, { body: credentials });
  const reply = await sendUntilAnswered(input, sent);
  assertSuccess(sent, reply);
  const cookie = reply.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
  const session = cookie.find((pair) => /^session_token=./.test(pair));
  if (session === undefined) throw new SmokeFailed("the log-in set no cookie session_token", facts(sent, reply));
  return session;
};

const prepare = (input: ApiInput, operation: OperationShape, given: Input): Sent => {
  const path = operation.path.replace(/\{\w+\}/, encodeURIComponent(given.of ?? ""));
  const query = given.query === undefined ? "" : `?${new URLSearchParams(given.query)}`;
  return {
    url: new URL(`${input.baseUrl}${path}${query}`),
    path,
    method: operation.method,
    headers: {
      ...input.headers,
      ...(given.body === undefined ? {} : { "content-type": "application/json" }),
      ...(given.key === undefined ? {} : { "idempotency-key": given.key }),
    },
    body: given.body === undefined ? undefined : JSON.stringify(given.body),
    hasKey: given.key !== undefined,
  };
};

const sendUntilAnswered = async ({ clock, signal, budgetSeconds }: ApiInput, sent: Sent): Promise<Reply> => {
  const endMs = clock.nowMs() + budgetSeconds * 1_000;
  for (let look = 0; ; look += 1) {
    const reply = await send(sent, AbortSignal.any([signal, clock.timeout(ANSWER_MS)]));
    signal.throwIfAborted();
    const { method, hasKey } = sent;
    if (!canRepeat({ method, hasKey, status: reply.status, code: errorOf(reply).code })) return reply;
    const asked = retryAfterMs(reply.headers.get("retry-after"), Date.now());
    const pauseMs = decidePause({ look, retryAfterMs: asked, leftMs: endMs - clock.nowMs() });
    if (pauseMs === null) return reply;
    await clock.pause(pauseMs, signal);
  }
};

/** Never follows a redirect: it would take the session elsewhere. */
const send = async ({ url, method, headers, body }: Sent, signal: AbortSignal): Promise<Reply> => {
  try {
    const response = await fetch(url, { method, headers, signal, redirect: "manual", ...(body && { body }) });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    return { status: null, headers: new Headers(), text: JSON.stringify({ message: reasonOf(error) }) };
  }
};

/** `fetch` keeps the system's own words in the cause. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "the request failed";
  if (error.name === "TimeoutError") return "no answer in time";
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

const noAnswer: answers.ErrorAnswer = { code: null, message: "", guidance: [], request_id: null, details: {} };

const errorOf = ({ text }: Reply): answers.ErrorAnswer => answers.error.safeParse(parseJson(text)).data ?? noAnswer;

const facts = ({ method, path }: Sent, { status }: Reply) => ({ command: { method, path, status } });

const assertSuccess = (sent: Sent, reply: Reply): void => {
  if (reply.status !== null && reply.status >= 200 && reply.status < 300) return;
  const why = reply.status === null ? "the API did not answer" : `the API answered ${reply.status}`;
  throw new CallFailed(facts(sent, reply).command, errorOf(reply), why);
};

const parseAnswer = <T>(schema: z.ZodType<T>, sent: Sent, reply: Reply): T => {
  assertSuccess(sent, reply);
  const parsed = schema.safeParse(parseJson(reply.text));
  if (parsed.success) return parsed.data;
  const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "the whole"))];
  throw new SmokeFailed(`the answer is not what the contract says: ${fields.join(", ")}`, facts(sent, reply));
};
