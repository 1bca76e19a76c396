import type * as z from "zod";
import { type ApiErrorCode, apiErrorStatus } from "../../../contracts/errors.ts";
import { apiError } from "../../../contracts/models.ts";
import type { OperationId } from "../../../contracts/operations.ts";

export interface Call {
  readonly id: OperationId;
  /** What fills the one hole of the route. */
  readonly of: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly key: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): Reply => ({ status: 200, body });

export const refuse = (code: ApiErrorCode, more: Partial<z.output<typeof apiError>> = {}): Reply => ({
  status: apiErrorStatus[code],
  body: apiError.parse({ code, message: `refused: ${code}`, ...more }),
});
