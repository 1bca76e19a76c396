/** All that a browser's context sends, receives and says, as text, so that it can be searched when a test has ended. */
import type { BrowserContext, ConsoleMessage, Request, Response } from "playwright-core";

export interface Recorded {
  /** `GET http://...` */
  readonly urls: readonly string[];
  readonly requestHeaders: readonly string[];
  /** Bodies that were sent, each with where to. */
  readonly sent: readonly { readonly to: string; readonly body: string }[];
  /** Headers and bodies that came back. */
  readonly received: readonly string[];
  /** What was answered in full, but could not be read any more, such as `POST /api/login`: a page that is left takes it along. */
  readonly unread: readonly string[];
  /** All lines of the console. */
  readonly said: readonly string[];
  /** Lines that are errors, errors nobody caught, and what the content security policy refused. */
  readonly complaints: readonly string[];
  /** Answers with an error status, such as `422 POST /api/providers`. */
  readonly refusals: readonly string[];
}

export interface Recorder {
  /** When requests of the API left: epoch milliseconds and `GET /api/nodes`. */
  readonly asked: readonly { readonly atMs: number; readonly what: string }[];
  /** For how long nothing has been under way. */
  quietMs(): number;
  /** Waits for bodies that are still on their way. */
  finish(): Promise<Recorded>;
}

const isText = /json|text|javascript|css|svg|html/;
const whatOf = (request: Request): string => `${request.method()} ${new URL(request.url()).pathname}`;
const lines = (headers: Record<string, string>): string =>
  Object.entries(headers)
    .map((pair) => pair.join(": "))
    .join("\n");

/** A failed request is also an error in the console; it is known by its status already. */
const isEcho = (message: ConsoleMessage): boolean => message.text().startsWith("Failed to load resource");

/** Looks on; nothing is intercepted. */
export function record(context: BrowserContext): Recorder {
  const urls: string[] = [];
  const requestHeaders: string[] = [];
  const sent: { to: string; body: string }[] = [];
  const received: string[] = [];
  const unread: string[] = [];
  const said: string[] = [];
  const complaints: string[] = [];
  const refusals: string[] = [];
  const asked: { atMs: number; what: string }[] = [];
  const readings: Promise<void>[] = [];
  const unanswered = new Set<Request>();
  let changedMs = Date.now();

  const takeRequest = async (request: Request): Promise<void> => {
    const headers = await request.allHeaders().catch(() => request.headers());
    requestHeaders.push(lines(headers));
  };
  const takeResponse = async (response: Response): Promise<void> => {
    // Only all of them have Set-Cookie.
    received.push(lines(await response.allHeaders().catch(() => response.headers())));
    if (!isText.test(response.headers()["content-type"] ?? "")) return;
    const body = await response.text().catch(() => null);
    if (body !== null) received.push(body);
    else if (response.request().failure() === null) unread.push(whatOf(response.request()));
  };
  const takeEnd = (request: Request): void => {
    unanswered.delete(request);
    changedMs = Date.now();
  };
  context.on("request", (request) => {
    urls.push(`${request.method()} ${request.url()}`);
    const body = request.postData();
    if (body !== null) sent.push({ to: whatOf(request), body });
    if (new URL(request.url()).pathname.startsWith("/api/")) asked.push({ atMs: Date.now(), what: whatOf(request) });
    unanswered.add(request);
    readings.push(takeRequest(request));
  });
  context.on("requestfinished", takeEnd);
  context.on("requestfailed", takeEnd);
  context.on("response", (response) => {
    if (response.status() >= 400) refusals.push(`${response.status()} ${whatOf(response.request())}`);
    readings.push(takeResponse(response));
  });
  context.on("console", (message) => {
    said.push(message.text());
    if (["error", "warning"].includes(message.type()) && !isEcho(message)) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));

  const finish = async (): Promise<Recorded> => {
    await Promise.all(readings);
    return { urls, requestHeaders, sent, received, unread, said, complaints, refusals };
  };
  const quietMs = (): number => (unanswered.size > 0 ? 0 : Date.now() - changedMs);
  return { asked, quietMs, finish };
}
