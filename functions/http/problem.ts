/** Errors as answers: what a handler says on purpose is shown as it is, everything else becomes a bare 500. */
import { type ApiErrorCode, apiErrorStatus } from "../../contracts/errors.ts";
import type { ApiError } from "../../contracts/models.ts";
import { scrubText } from "../../shared/log.ts";
import { BadCursor } from "../../shared/store/table.ts";

export interface ProblemParts {
  readonly guidance?: readonly string[];
  readonly details?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

/** Thrown to answer with an error of the contract. Its texts are for strangers: no secret, no provider's raw words. */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  readonly code: ApiErrorCode;
  readonly parts: ProblemParts;

  constructor(code: ApiErrorCode, message: string, parts: ProblemParts = {}) {
    super(message);
    this.code = code;
    this.parts = parts;
  }
}

/** 400 about one field; the message begins with its name. */
export const badField = (field: string, message: string, issues: readonly FieldIssue[] = [{ field, message }]) =>
  new ApiProblem("bad_request", `${field}: ${message}`, { details: { field, issues } });

export interface FieldIssue {
  readonly field: string;
  readonly message: string;
}

/** What an error is to the caller; undefined when it is a fault of ours, of which they learn nothing. */
export const toProblem = (error: unknown): ApiProblem | undefined => {
  if (error instanceof ApiProblem) return error;
  return error instanceof BadCursor ? badField("cursor", "is not a cursor of this list") : undefined;
};

export const internal = new ApiProblem(
  "internal",
  "Something went wrong on our side. The log has the details under this request_id.",
);

export interface ProblemAnswer {
  readonly status: number;
  readonly body: ApiError;
  readonly headers: Record<string, string>;
}

/** The last line of defence: even a message that quotes a token by mistake leaves without it. */
export const presentProblem = ({ code, message, parts }: ApiProblem, requestId: string): ProblemAnswer => {
  const { guidance, details, headers = {} } = parts;
  const body = {
    code,
    message: scrubText(message),
    ...(guidance && { guidance: guidance.map(scrubText) }),
    ...(details && { details }),
    request_id: requestId,
  };
  return { status: apiErrorStatus[code], body, headers };
};
