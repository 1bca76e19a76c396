import { type ClientRequest, type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { securityHeaders } from "../../shared/delivery/headers.ts";
import { headersForOrigin, headersForViewer } from "./headers.ts";

/** The API behind the gateway. */
export interface Origin {
  /** Without a slash at its end; undefined while there is none. */
  readonly base: string | undefined;
  readonly timeoutMs: number;
}

export interface Forwarded {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path and query below the origin. */
  readonly target: string;
  readonly origin: Origin;
}

/** API Gateway takes no larger one (HTTP APIs, "Quotas": payload size). */
const bodyMaxBytes = 10 * 1024 * 1024;

/**
 * Sends a request on to the API and its answer back. What goes wrong in between is answered as API Gateway does itself:
 * with `message` alone. Never retried: nobody knows what a write has done that was not answered.
 */
export async function forward({ request, response, target, origin }: Forwarded): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, "Request Entity Too Large");
  if (origin.base === undefined) return refuse(response, 503, "Service Unavailable");
  const answered = await ask({
    request,
    response,
    target: `${origin.base}${target}`,
    body,
    timeoutMs: origin.timeoutMs,
  });
  if (answered === undefined) return refuse(response, 503, "Service Unavailable");
  response.writeHead(answered.statusCode ?? 502, headersForViewer(answered.headersDistinct));
  await pipeline(answered, response);
}

/** The whole body, as a function receives it; undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > bodyMaxBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

interface Question {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
  readonly body: Buffer;
  readonly timeoutMs: number;
}

/** The API's answer as soon as its headers are there; undefined when none came in time. */
async function ask({ request, response, target, body, timeoutMs }: Question): Promise<IncomingMessage | undefined> {
  // A connection each: on this machine one costs nothing, and a kept one can be closed from the other side just as a write goes out.
  const question = openRequest(target, {
    method: request.method ?? "GET",
    headers: headersForOrigin(request.headersDistinct, body.length),
    agent: false,
  });
  const end = () => question.destroy();
  const timer = setTimeout(end, timeoutMs);
  response.once("close", end);
  question.end(body);
  try {
    return await answerTo(question);
  } finally {
    clearTimeout(timer);
  }
}

function answerTo(question: ClientRequest): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    question.once("response", resolve);
    question.on("error", () => resolve(undefined));
    question.once("close", () => resolve(undefined));
  });
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const headers = { ...securityHeaders, "content-type": "application/json", connection: "close" };
  response.writeHead(status, headers).end(JSON.stringify({ message }));
}
