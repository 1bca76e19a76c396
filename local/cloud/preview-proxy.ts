/** Carries a request to a site on a node and its answer back, as a plain reverse proxy: nothing of ours is put on it. */
import { type ClientRequest, type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { passOn } from "./headers.ts";

export interface PreviewRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the node, and where it serves sites. */
  readonly ipv4: string;
  readonly port: number;
  /** Without a byte either way for so long it is given up. */
  readonly timeoutMs: number;
}

/** More than any upload to a site or download from it; a bound for what a mistake can cost. */
export const previewBodyMaxBytes = 1024 ** 3;

type Failure = "failed" | "timeout" | "too_large";

const sentences: Readonly<Record<Failure, readonly [status: number, sentence: string]>> = {
  failed: [502, "The node does not take requests for sites: it is off, still being set up, or its web server is down."],
  timeout: [504, "The node did not answer in time."],
  too_large: [413, "The request is too large."],
};

/** Answers 502, 504 or 413 with a sentence when the node does not. Never retried. */
export async function forwardPreview(preview: PreviewRequest): Promise<void> {
  const { request, response } = preview;
  if (Number(request.headers["content-length"] ?? 0) > previewBodyMaxBytes) return fail(response, "too_large");
  const question = ask(preview);
  response.once("close", () => question.destroy());
  const answer = await answerTo(question, request);
  if (typeof answer === "string") return fail(response, answer);
  response.writeHead(answer.statusCode ?? 502, passOn(answer.headersDistinct, []));
  await pipeline(answer, limitTo(previewBodyMaxBytes), response);
}

function ask({ request, ipv4, port, timeoutMs }: PreviewRequest): ClientRequest {
  return openRequest({
    host: ipv4,
    port,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: headersForNode(request),
    timeout: timeoutMs,
    agent: false,
  });
}

/** A body without a length is sent on in chunks: Node would send one of a GET or DELETE without any frame. */
function headersForNode({ headers, headersDistinct }: IncomingMessage): Record<string, string | string[]> {
  const passed = { ...passOn(headersDistinct, ["host", "expect"]), host: headers.host ?? "" };
  return headers["transfer-encoding"] === undefined ? passed : { ...passed, "transfer-encoding": "chunked" };
}

/** Piped by hand: a pipeline would end the client's connection with the node's, and nobody could be told why. */
function answerTo(question: ClientRequest, request: IncomingMessage): Promise<IncomingMessage | Failure> {
  return new Promise((resolve) => {
    const giveUp = (why: Failure) => {
      resolve(why);
      question.destroy();
    };
    question.once("response", resolve);
    question.once("timeout", () => giveUp("timeout"));
    question.on("error", () => giveUp("failed"));
    question.once("close", () => giveUp("failed"));
    const limit = limitTo(previewBodyMaxBytes).on("error", () => giveUp("too_large"));
    request.once("error", () => giveUp("failed"));
    request.pipe(limit).pipe(question);
  });
}

function limitTo(bytesMax: number): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > bytesMax) done(new Error("too large"));
      else done(null, chunk);
    },
  });
}

function fail(response: ServerResponse, why: Failure): void {
  const [status, sentence] = sentences[why];
  saySentence(response, status, sentence);
}

/** A page of one sentence, without anything of the dashboard's on it. */
export function saySentence(response: ServerResponse, status: number, sentence: string): void {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    connection: "close",
  };
  response.writeHead(status, headers).end(`${sentence}\n`);
}
