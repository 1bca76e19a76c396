/** What a request brings, parsed by its operation's schemas. Messages name the field and never show what was in it. */
import * as z from "zod";
import { limits } from "../../shared/config.ts";
import { scrubText } from "../../shared/log.ts";
import { ApiProblem, badField, type FieldIssue } from "./problem.ts";
import type { HttpRequest } from "./request.ts";
import type { Route } from "./route.ts";

export const isJson = (headers: ReadonlyMap<string, string>): boolean =>
  /^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? "");

const empty = z.strictObject({});

/** A field's name comes from outside too. */
const showName = (path: readonly PropertyKey[], whole: string): string =>
  path.length === 0 ? whole : scrubText(path.map(String).join(".").slice(0, 100));

const readIssue = (issue: z.core.$ZodIssue, whole: string): FieldIssue[] => {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ field: showName([...issue.path, key], whole), message: "is not a known field" }));
  }
  const message = issue.input === undefined ? "is required" : issue.message;
  return [{ field: showName(issue.path, whole), message }];
};

/** Enough to mend a request by; a body of 64 KiB could otherwise ask for thousands. */
const issuesMax = 20;

const parsePart = (schema: z.ZodObject, value: unknown, whole: "query" | "body"): Record<string, unknown> => {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => readIssue(issue, whole)).slice(0, issuesMax);
  throw badField(issues[0]?.field ?? whole, issues[0]?.message ?? "is not valid", issues);
};

const parseQuery = (schema: z.ZodObject, query: string): Record<string, unknown> => {
  const given = new URLSearchParams(query);
  const values = Object.fromEntries(given);
  const twice = Object.keys(values).find((name) => given.getAll(name).length > 1);
  if (twice !== undefined) throw badField(showName([twice], "query"), "is given more than once");
  return parsePart(schema, values, "query");
};

const decodeJson = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw badField("body", "is not JSON");
  }
};

const parseBody = (schema: z.ZodObject, body: Uint8Array): Record<string, unknown> =>
  parsePart(schema, body.length === 0 ? {} : decodeJson(body), "body");

/** What is wrong with an id in the path is that nothing has it. */
const parseParams = (schema: z.ZodObject, params: Route["params"]): Record<string, unknown> => {
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw new ApiProblem("not_found", "There is nothing with this id.");
  return parsed.data;
};

const checkBody = ({ headers, body }: HttpRequest): void => {
  if (body.length === 0) return;
  if (!isJson(headers)) throw new ApiProblem("unsupported_media_type", "The body must be application/json.");
  if (body.length > limits.bodyMaxBytes) {
    throw new ApiProblem("payload_too_large", `The body is longer than ${limits.bodyMaxBytes} bytes.`);
  }
};

/** Throws `unsupported_media_type`, `payload_too_large`, `not_found` (path) and `bad_request` (query, body). */
export const parseInput = ({ operation, params }: Route, request: HttpRequest) => {
  checkBody(request);
  const inPath = operation.params && parseParams(operation.params, params);
  const query = parseQuery(operation.query ?? empty, request.query);
  const body = parseBody(operation.body ?? empty, request.body);
  return { params: inPath, query: operation.query && query, body: operation.body && body };
};

const visibleAscii = /^[\x21-\x7e]{1,255}$/;

/** The client's Idempotency-Key where it is honoured: on a POST that answers 202. Throws `bad_request`. */
export const readIdempotencyKey = ({ operation }: Route, { headers }: HttpRequest): string | null => {
  const key = headers.get("idempotency-key");
  if (key === undefined || operation.method !== "POST" || operation.status !== 202) return null;
  if (!visibleAscii.test(key)) throw badField("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
  return key;
};
