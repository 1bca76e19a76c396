import type { Outcome } from "./answer.ts";

const redirectsMax = 20;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** What a runtime's `fetch` rejects with when the connection breaks: a TypeError whose cause has a code. */
export function networkError(code: string, detail: string): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(detail), { code }) });
}

/** A refused redirect's cause has a text and no code (undici, seen on Node 24). */
const redirectError = (detail: string): TypeError => new TypeError("fetch failed", { cause: new Error(detail) });

/** Whether an error is the reset that a fault asked for. */
export function isReset(error: unknown): boolean {
  const cause = error instanceof TypeError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNRESET";
}

/** An outcome as `fetch` shows it: a response, a rejection, or a promise that stays open. */
export function toResponse(outcome: Outcome): Promise<Response> {
  if (outcome.type === "silence") return new Promise(() => undefined);
  if (outcome.type === "reset") return Promise.reject(networkError("ECONNRESET", "read ECONNRESET"));
  return Promise.resolve(new Response(outcome.body, { status: outcome.status, headers: { ...outcome.headers } }));
}

/** Work, or the signal's reason as soon as it is aborted; the work goes on, as a server's does. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) {
      work.catch(() => undefined);
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

async function follow(serve: (request: Request) => Promise<Response>, request: Request): Promise<Response> {
  const response = await serve(request);
  const location = response.headers.get("location");
  if (!redirectStatuses.includes(response.status) || location === null || request.redirect === "manual")
    return response;
  if (request.redirect === "error") throw redirectError("unexpected redirect");
  const next = new URL(location, request.url);
  if (next.host !== new URL(request.url).host)
    throw networkError("ENOTFOUND", `getaddrinfo ENOTFOUND ${next.hostname}`);
  return follow(limited(serve), new Request(next, { headers: request.headers, signal: request.signal }));
}

/** Counts redirects down, so that a circle ends. */
function limited(serve: (request: Request) => Promise<Response>): (request: Request) => Promise<Response> {
  let left = redirectsMax;
  return (request) => {
    left -= 1;
    return left < 0 ? Promise.reject(redirectError("redirect count exceeded")) : serve(request);
  };
}

/** A `fetch` that reaches nothing but `serve`, and treats redirects as its `init` says. */
export function makeWireFetch(serve: (request: Request) => Promise<Response>): typeof fetch {
  return (input, init) => follow(serve, new Request(input, init));
}
