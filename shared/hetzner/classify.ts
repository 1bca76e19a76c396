import { cleanText, readCode, readErrorBody } from "./error-body.ts";
import { findErrorRow } from "./error-table.ts";
import { type Effect, HetznerError } from "./errors.ts";
import type { Answer, ApiRequest } from "./request.ts";
import type { Action } from "./schemas/action.ts";
import { scrub, scrubToken } from "./scrub.ts";
import { statusRow, unexpectedRow } from "./status-table.ts";
import { transportRow } from "./transport-table.ts";

/**
 * The error of a failed action; null while it runs and when it succeeded.
 *
 * The status alone decides: Hetzner's own examples show a non-null `error` on running actions. A known code gives its
 * class, any other `action_failed`. The effect is always `unknown`: an action may fail half-way.
 */
export function classifyAction(action: Action): HetznerError | null {
  if (action.status !== "error") return null;
  const code = readCode(action.error?.code ?? "");
  const command = readCode(action.command) ?? "unknown";
  const row = findErrorRow(code);
  return new HetznerError({
    class: row?.actionClass ?? row?.class ?? "action_failed",
    code,
    retryable: row?.actionClass === undefined && row?.retryable === true,
    effect: "unknown",
    phase: "action",
    operation: `actions.${command}`,
    action: { id: action.id, command, resources: action.resources.map(cleanResource) },
    text: cleanText(action.error?.message ?? "") || "the action failed without a reason",
  });
}

const cleanResource = ({ id, type }: Action["resources"][number]) => ({ id, type: cleanText(type) });

/**
 * The error of an answer with status 400 to 599: by Hetzner's code first (403, 412 and 422 each carry several causes), by
 * status when the code is unknown or missing.
 */
export function classifyAnswer(request: ApiRequest, answer: Answer, token: string): HetznerError {
  const body = readErrorBody(answer, token);
  const row = findErrorRow(body?.code ?? null) ?? statusRow(answer.status, body !== null);
  return new HetznerError({
    class: row.class,
    code: body?.code ?? null,
    httpStatus: answer.status,
    correlationId: correlationIdOf(answer, token),
    retryable: row.retryable,
    effect: effectOf(request, row.effect),
    operation: request.operation,
    ...(body === null ? {} : { details: body.details }),
    text: body?.text ?? row.reason,
  });
}

/** The error of an answer that is no error by status but cannot be used. */
export function classifyUnexpected(request: ApiRequest, answer: Answer, token: string, text: string): HetznerError {
  return new HetznerError({
    class: unexpectedRow.class,
    httpStatus: answer.status,
    correlationId: correlationIdOf(answer, token),
    retryable: unexpectedRow.retryable,
    effect: effectOf(request, unexpectedRow.effect),
    operation: request.operation,
    text: scrub(text, token),
  });
}

/** The error of a call that got no answer. */
export function classifyTransport(request: ApiRequest, code: string | null): HetznerError {
  const row = transportRow(code);
  return new HetznerError({
    class: row.class,
    code,
    retryable: row.retryable,
    effect: effectOf(request, row.effect),
    operation: request.operation,
    text: row.reason,
  });
}

/** A read changes nothing, whatever became of it. */
function effectOf(request: ApiRequest, effect: Effect): Effect {
  return request.method === "GET" ? "none" : effect;
}

/** Seen as UUID and as 16 or 32 hex digits; anything of another alphabet is not repeated. */
function correlationIdOf(answer: Answer, token: string): string | null {
  const id = answer.headers.get("x-correlation-id");
  return id !== null && /^[A-Za-z0-9-]{1,64}$/.test(id) && scrubToken(id, token) === id ? id : null;
}
