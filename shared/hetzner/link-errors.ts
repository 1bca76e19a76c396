import { classifyAnswer, classifyTransport, classifyUnexpected } from "./classify.ts";
import { readErrorBody } from "./error-body.ts";
import { TransportFailure } from "./link-http.ts";
import type { Settings } from "./options.ts";
import type { Answer, ApiRequest, Link } from "./request.ts";
import { reportUnknownCode } from "./unknown-code.ts";

/** Third link: below it answers and transport failures, above it a 2xx answer or a `HetznerError`. */
export function errorLink(next: Link, settings: Settings): Link {
  return async (request, attempt) => {
    const answer = await next(request, attempt).catch((error: unknown) => {
      throw error instanceof TransportFailure ? classifyTransport(request, error.code) : error;
    });
    return acceptAnswer(request, answer, settings);
  };
}

function acceptAnswer(request: ApiRequest, answer: Answer, settings: Settings): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  if (answer.status < 400) {
    throw classifyUnexpected(request, answer, settings.token, "the status is neither success nor error");
  }
  const body = readErrorBody(answer, settings.token);
  if (body !== null) reportUnknownCode(settings, body);
  throw classifyAnswer(request, answer, settings.token);
}
