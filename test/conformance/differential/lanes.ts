import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Answer, canonical, type Sent } from "./outcome.ts";

/** A server with one lane for each case and client, so that they cannot disturb each other. */
export interface Lanes {
  /** Opens a lane that answers so; gives the endpoint for the client. */
  open(name: string, answers: readonly Answer[]): string;
  /** What came in on a lane. */
  sent(name: string): readonly Sent[];
  close(): Promise<void>;
}

interface Lane {
  readonly answers: readonly Answer[];
  readonly sent: Sent[];
}

/** An end for a client that would ask for ever. */
const REQUESTS_MAX = 120;
const scriptIsOver: Answer = { status: 599, raw: "the script is over" };

/** Starts the server on a free port of this machine. */
export async function openLanes(): Promise<Lanes> {
  const lanes = new Map<string, Lane>();
  const server = createServer((request, response) => void serve(lanes, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    open(name, answers) {
      lanes.set(name, { answers, sent: [] });
      return `http://127.0.0.1:${port}/${name}/v1`;
    },
    sent: (name) => lanes.get(name)?.sent ?? [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(lanes: Map<string, Lane>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request).catch(() => "");
  const url = new URL(request.url ?? "/", "http://localhost");
  const [, name = "", ...rest] = url.pathname.split("/");
  const lane = lanes.get(name);
  if (lane === undefined) return void response.writeHead(598).end();
  const answer = lane.answers[Math.min(lane.sent.length, lane.answers.length - 1)];
  lane.sent.push(sentOf(request, url, { path: `/${rest.slice(1).join("/")}`, body }));
  await give(lane.sent.length > REQUESTS_MAX ? scriptIsOver : (answer ?? scriptIsOver), response, name);
}

function sentOf(request: IncomingMessage, url: URL, { path, body }: { path: string; body: string }): Sent {
  const { accept, authorization, "content-type": type } = request.headers;
  const pairs = [...url.searchParams].map(([key, value]) => `${key}=${value}`).sort();
  return {
    method: request.method ?? "",
    path,
    query: pairs.join("&"),
    body: canonicalBody(body),
    headers: canonical({ accept, authorization, type: type ?? null, agent: request.headers["user-agent"] !== "" }),
  };
}

function canonicalBody(body: string): string {
  try {
    return canonical(JSON.parse(body));
  } catch {
    return body;
  }
}

/** Every answer closes its connection: what a client does with a used one must not depend on timing. */
async function give(answer: Answer, response: ServerResponse, lane: string): Promise<void> {
  const { status = 200, json, raw, fault, delayMs = 0 } = answer;
  if (delayMs > 0) await sleep(delayMs);
  if (fault === "hang") return;
  if (fault === "reset") return void response.socket?.resetAndDestroy();
  if (fault === "close") return void response.socket?.destroy();
  if (fault === "garbage") return void response.socket?.end("this is not HTTP\r\n\r\n");
  const body = Buffer.from(raw ?? (json === undefined ? "" : JSON.stringify(json)));
  const type = raw === undefined && json !== undefined ? { "Content-Type": "application/json" } : {};
  const own = Object.entries(answer.headers ?? {}).map(([key, value]) => [key, value.replace("{lane}", lane)]);
  const length = status === 204 || status === 304 ? {} : { "Content-Length": body.length };
  response.writeHead(status, { Connection: "close", ...type, ...Object.fromEntries(own), ...length });
  if (fault === "cut") response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy());
  else response.end(body);
}
