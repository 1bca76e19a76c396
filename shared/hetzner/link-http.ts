import { DeadlineReached, withDeadline } from "./deadline.ts";
import { refuseLocally } from "./errors.ts";
import type { Settings } from "./options.ts";
import { type Answer, type ApiRequest, buildUrl, type Link } from "./request.ts";
import { scrubToken } from "./scrub.ts";

/** No answer, or none that could be read; `code` is a row of `transportTable` or unknown. */
export class TransportFailure extends Error {
  override readonly name = "TransportFailure";
  readonly code: string | null;

  constructor(code: string | null) {
    super(code ?? "unknown");
    this.code = code;
  }
}

/** The largest answers of the API (50 server types) stay below 200 KiB. */
export const BODY_MAX_BYTES = 5 * 1024 * 1024;

/**
 * Innermost link: one HTTP exchange within its time. Throws `TransportFailure`, the caller's abort reason, or a
 * `HetznerError` for a body that JSON cannot hold.
 */
export function httpLink(settings: Settings): Link {
  return async (request, { timeoutMs, signal }) => {
    const init = initOf(settings, request);
    try {
      return await withDeadline({ clock: settings.clock, timeoutMs, signal }, (stop) =>
        exchange(settings, buildUrl(settings.endpoint, request), { ...init, signal: stop }),
      );
    } catch (error) {
      if (signal?.aborted || error instanceof TransportFailure) throw error;
      throw new TransportFailure(error instanceof DeadlineReached ? "DEADLINE" : transportCode(error, settings.token));
    }
  };
}

async function exchange(settings: Settings, url: string, init: RequestInit): Promise<Answer> {
  const send = settings.fetch;
  const response = await send(url, init);
  const text = scrubToken(await readText(response), settings.token);
  return { status: response.status, headers: response.headers, text };
}

/** What cannot be written is refused before the connection can be blamed for it: nothing was sent. */
function initOf(settings: Settings, request: ApiRequest): RequestInit {
  const { method } = request;
  const init: RequestInit = { method, headers: headersOf(settings, request), redirect: "error" };
  if (request.body === undefined) return init;
  try {
    return { ...init, body: JSON.stringify(request.body) };
  } catch {
    throw refuseLocally(request.operation, "the input cannot be written as JSON");
  }
}

function headersOf(settings: Settings, request: ApiRequest): Record<string, string> {
  return {
    Accept: "application/json",
    Authorization: `Bearer ${settings.token}`,
    "User-Agent": settings.userAgent,
    ...(request.body === undefined ? {} : { "Content-Type": "application/json" }),
  };
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    sizeBytes += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (sizeBytes > BODY_MAX_BYTES) throw new TransportFailure("BODY_TOO_LARGE");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Deep enough for fetch -> undici -> socket; a longer or circular chain of causes has nothing to add. */
const CAUSES_MAX = 5;

/** `fetch` hides the reason in `cause`: a code of Node or undici, or, for a refused redirect, a text only. */
function transportCode(error: unknown, token: string): string | null {
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth++) {
    if ("code" in cause && isCode(cause.code, token)) return cause.code;
    if (cause.message === "unexpected redirect") return "REDIRECT";
    // undici leaves the code of this one empty for some bytes.
    if (cause.name === "HTTPParserError") return "HPE_INVALID";
    cause = cause.cause;
  }
  return null;
}

const isCode = (code: unknown, token: string): code is string =>
  typeof code === "string" && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) && scrubToken(code, token) === code;
