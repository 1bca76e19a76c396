/**
 * One HTTP request to a site. Not `fetch`: names below `localhost` mean this machine (RFC 6761, 6.3), but not every
 * system resolves them, and `fetch` cannot be told.
 */
import { type IncomingMessage, request as openHttp, type RequestOptions } from "node:http";
import { request as openHttps } from "node:https";
import type { LookupFunction } from "node:net";

export interface PageRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Page {
  readonly url: URL;
  readonly status: number;
  /** Lower-case names; several lines of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly setCookies: readonly string[];
  readonly text: string;
}

/** A page of a fresh site has some 100 kB. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

const toLoopback: LookupFunction = (_name, options, done) =>
  options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);

/** Names that need no name server. */
export const isLocalName = (hostname: string): boolean => /(^|\.)localhost$/.test(hostname);

/** Sends it and reads the whole answer. Rejects with the system's error, or the signal's reason. */
export const fetchPage = async (request: PageRequest, signal: AbortSignal): Promise<Page> => {
  const answer = await open(request, signal);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > PAGE_BYTES_MAX) throw new Error(`the page is larger than ${PAGE_BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  return {
    url: request.url,
    status: answer.statusCode ?? 0,
    headers: joinHeaders(answer),
    setCookies: answer.headers["set-cookie"] ?? [],
    text: Buffer.concat(chunks).toString("utf8"),
  };
};

const open = ({ method, url, headers, body }: PageRequest, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const options: RequestOptions = { method, headers: { ...headers, ...length }, signal, agent: false };
    if (isLocalName(url.hostname)) options.lookup = toLoopback;
    const question = (url.protocol === "https:" ? openHttps : openHttp)(url, options);
    question.once("response", resolve).once("error", reject).end(body);
  });

const joinHeaders = ({ headersDistinct }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(", ")]));
