/** What went wrong, in sixteen words: the field to decide on. Grouping is ours; Hetzner only has codes. */
export type HetznerErrorClass =
  | "unauthorized"
  | "token_readonly"
  | "forbidden"
  | "rate_limited"
  | "quota_exceeded"
  | "capacity"
  | "invalid_request"
  | "conflict"
  | "busy"
  | "protected"
  | "not_found"
  | "unavailable"
  | "timeout"
  | "action_failed"
  | "api_changed"
  | "unexpected_response";

/** May the requested change have happened? `unknown`: look before sending again, Hetzner has no idempotency key. */
export type Effect = "none" | "unknown";

/** The parts of Hetzner's `error.details` that are passed on; everything else in it is dropped. */
export interface HetznerErrorDetails {
  /** `invalid_input` and `uniqueness_error`: the fields at fault. */
  readonly fields: readonly { readonly name: string; readonly messages: readonly string[] }[];
  /** `resource_limit_exceeded`: names of the limits that were hit. */
  readonly limits: readonly string[];
  /** `deprecated_api_endpoint`: URL of Hetzner's announcement. */
  readonly announcement: string | null;
}

/** The action behind an error of phase `action`. */
export interface FailedAction {
  readonly id: number;
  readonly command: string;
  readonly resources: readonly { readonly id: number; readonly type: string }[];
}

export interface HetznerErrorFacts {
  class: HetznerErrorClass;
  code?: string | null;
  httpStatus?: number | null;
  correlationId?: string | null;
  retryable: boolean;
  effect: Effect;
  phase?: "request" | "action";
  operation: string;
  details?: HetznerErrorDetails;
  action?: FailedAction | null;
  /** Already scrubbed. */
  text: string;
}

export const noDetails: HetznerErrorDetails = { fields: [], limits: [], announcement: null };

/**
 * The one error of this SDK. It holds neither the request nor its headers nor a `cause`, so it can be logged and stored.
 *
 * Decide on `class` and `effect`, never on `message`: Hetzner changes its texts.
 */
export class HetznerError extends Error {
  override readonly name = "HetznerError";
  readonly class: HetznerErrorClass;
  /** Hetzner's code (lower case, known or not), the transport's code (upper case: `ECONNREFUSED`, `DEADLINE`), or null. */
  readonly code: string | null;
  readonly httpStatus: number | null;
  /** `X-Correlation-Id` of the answer: what Hetzner's support asks for. */
  readonly correlationId: string | null;
  /** True when the same call may work later. With effect `unknown` on a write, read back first. */
  readonly retryable: boolean;
  /** Always `none` on a read; of a look of `createOrAdopt` it is that of the create. */
  readonly effect: Effect;
  /** `request`: the call was refused or lost. `action`: it was accepted and failed afterwards. */
  readonly phase: "request" | "action";
  /** The function that failed: `servers.create`, also when `createOrAdopt` called it; `client` for wrong options. */
  readonly operation: string;
  readonly details: HetznerErrorDetails;
  /** Only in phase `action`. */
  readonly action: FailedAction | null;
  /** Hetzner's words or ours, scrubbed: `message` without operation, code and ids. */
  readonly text: string;

  constructor(facts: HetznerErrorFacts) {
    const origin = [facts.code, facts.httpStatus, facts.correlationId].filter((part) => part != null).join(", ");
    super(`${facts.operation}: ${facts.text}${origin === "" ? "" : ` (${origin})`}`);
    this.class = facts.class;
    this.code = facts.code ?? null;
    this.httpStatus = facts.httpStatus ?? null;
    this.correlationId = facts.correlationId ?? null;
    this.retryable = facts.retryable;
    this.effect = facts.effect;
    this.phase = facts.phase ?? "request";
    this.operation = facts.operation;
    this.details = facts.details ?? noDetails;
    this.action = facts.action ?? null;
    this.text = facts.text;
  }
}

/** A call that was refused here, before anything was sent. */
export function refuseLocally(operation: string, text: string): HetznerError {
  return new HetznerError({ class: "invalid_request", retryable: false, effect: "none", operation, text });
}
