/** What comes back from the API instead of an answer. */
import { type ApiError, apiError } from "../../contracts/models.ts";
import { readNewer } from "./reading.ts";

/**
 * - `refused`: the API says no, in its own words.
 * - `offline`: nothing came back: no network, nobody there, or not in time.
 * - `garbled`: something came back that the contract does not know, such as an error page of a gateway.
 */
export type FailureKind = "refused" | "offline" | "garbled";

export class ApiFailure extends Error {
  readonly kind: FailureKind;
  /** HTTP status; null: there was no answer. */
  readonly status: number | null;
  /** What the API said; null unless it refused. */
  readonly error: ApiError | null;
  /** How long not to ask again, when the answer says so; 0: it does not. */
  readonly retryAfterMs: number;

  constructor(
    kind: FailureKind,
    message: string,
    { status = null, error = null, retryAfterMs = 0 }: Partial<Said> = {},
  ) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.error = error;
    this.retryAfterMs = retryAfterMs;
  }

  /** The session is over or was never there. */
  get isLoggedOut(): boolean {
    return this.status === 401;
  }

  /** The field of the request that it is about, when it is about one. */
  get field(): string | null {
    const field = this.error?.details?.field;
    return typeof field === "string" ? field : null;
  }
}

interface Said {
  readonly status: number | null;
  readonly error: ApiError | null;
  readonly retryAfterMs: number;
}

/** Of a `Retry-After`, which is in seconds or a date (RFC 9110, 10.2.3); 0 when there is none that can be read. */
export const retryAfterMs = (header: string | null, nowMs: number): number => {
  if (header === null || header.trim() === "") return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
};

const gatewayWords: Readonly<Record<number, string>> = {
  413: "That is too much for one request.",
  429: "Too many requests at once. Wait a moment, then try again.",
  502: "Pressluft does not answer just now.",
  503: "Pressluft does not answer just now.",
  504: "Pressluft took too long to answer.",
};

/** `body`: the answer's, undefined when it was not JSON. `waitMs`: what `Retry-After` asks for. */
export const failureOf = (status: number, body: unknown, waitMs = 0): ApiFailure => {
  const error = readNewer(apiError, body).data ?? null;
  const said = { status, error, retryAfterMs: waitMs };
  if (error !== null) return new ApiFailure("refused", error.message, said);
  return new ApiFailure("garbled", gatewayWords[status] ?? `Pressluft answered with an error (${status}).`, said);
};

export const offline = (): ApiFailure =>
  new ApiFailure("offline", "No connection to Pressluft. What you see is as it was last seen.");

/** `cause`: what the browser threw in place of an answer. */
export const unanswered = (cause: unknown): ApiFailure =>
  cause instanceof Error && cause.name === "TimeoutError"
    ? new ApiFailure("offline", "Pressluft did not answer in time. What you see is as it was last seen.")
    : offline();

/** May the same question be asked again by itself? Of reads only: what a write has done is not known. */
export const isPassing = (failure: unknown): boolean =>
  failure instanceof ApiFailure && (failure.status === null || failure.status === 429 || failure.status >= 500);

/** Of a write: may it have happened? Only an answer of the API, or of what stands before it and let nothing through, says no. */
export const isUnknown = (failure: unknown): boolean => {
  if (!(failure instanceof ApiFailure)) return failure instanceof Error;
  const { status } = failure;
  return status === null || status < 400 || status >= 500;
};

/** After a repeat: is it still open whether one of the tries happened? `wasOpen`: of those before. `failure`: null: it happened. */
export const isOpenAfter = (wasOpen: boolean, failure: unknown): boolean =>
  isUnknown(failure) || (wasOpen && !!failure && !isSettled(failure));

/** Answers that are given before anybody looks whether the wish was sent before. */
const unread: readonly number[] = [401, 403, 405, 413, 415, 429];

/**
 * Does it prove that a wish began nothing, neither now nor in an earlier try under the same key? The API tells an earlier
 * try's job before it refuses anything, so whatever it refuses after that was never begun.
 */
export const isSettled = (failure: unknown): boolean =>
  failure instanceof ApiFailure &&
  failure.kind === "refused" &&
  !isUnknown(failure) &&
  !unread.includes(failure.status ?? 0);
