import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** One expected request and the answer to it. */
export interface Exchange {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** The expected JSON body; undefined: no body and no Content-Type. */
  readonly body?: unknown;
  /** Default 200. */
  readonly status?: number;
  readonly json?: unknown;
  /** Instead of `json`, as it stands. */
  readonly text?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  /** Instead of an answer. `truncate` sends half of one. */
  readonly fault?: "hang" | "reset" | "truncate";
}

export interface Received {
  readonly headers: IncomingMessage["headers"];
}

export interface ScriptedServer {
  /** Without a trailing slash. */
  readonly endpoint: string;
  readonly received: readonly Received[];
  /** Resolves when this many requests have arrived. */
  arrived(count: number): Promise<void>;
}

/**
 * Runs a test against a real HTTP server that expects exactly these requests in this order. Fails when another one comes
 * or when one is left over.
 */
export async function withServer(
  script: readonly Exchange[],
  test: (server: ScriptedServer) => Promise<void>,
): Promise<void> {
  const state = makeState(script);
  const server = createServer((request, response) => void serve(state, request, response));
  const endpoint = await listen(server);
  try {
    await test({ endpoint, received: state.received, arrived: (count) => arrived(state, count) });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  assert.deepEqual(state.problems, []);
  assert.deepEqual(
    state.left.map(({ method, path }) => `${method} ${path}`),
    [],
    "expected more requests",
  );
}

interface State {
  readonly left: Exchange[];
  readonly received: Received[];
  readonly problems: string[];
  readonly watchers: Set<() => void>;
}

function makeState(script: readonly Exchange[]): State {
  return { left: [...script], received: [], problems: [], watchers: new Set() };
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const expected = state.left.shift();
  const problem = expected ? difference(expected, request, body) : `unexpected ${request.method} ${request.url}`;
  if (problem !== null) state.problems.push(problem);
  state.received.push({ headers: request.headers });
  for (const watcher of state.watchers) watcher();
  if (expected === undefined || problem !== null) response.writeHead(599).end();
  else answer(expected, response);
}

function difference(expected: Exchange, request: IncomingMessage, body: string): string | null {
  const wanted = [expected.method, expected.path, expected.body === undefined ? "" : JSON.stringify(expected.body)];
  const got = [request.method, request.url, body];
  const type = request.headers["content-type"];
  if (type !== (expected.body === undefined ? undefined : "application/json")) return `Content-Type ${type}`;
  return wanted.join(" ") === got.join(" ") ? null : `wanted ${wanted.join(" ")}, got ${got.join(" ")}`;
}

function answer({ status = 200, json, text, headers, fault }: Exchange, response: ServerResponse): void {
  const content = text ?? (json === undefined ? "" : JSON.stringify(json));
  const type = json === undefined ? {} : { "Content-Type": "application/json; charset=utf-8" };
  if (fault === "hang") return;
  if (fault === "reset") return void response.socket?.resetAndDestroy();
  if (fault === "truncate") {
    response.writeHead(status, { ...type, ...headers, "Content-Length": content.length });
    response.write(content.slice(0, content.length / 2), () => response.socket?.destroy());
    return;
  }
  response.writeHead(status, { ...type, ...headers }).end(content);
}

function arrived(state: State, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (state.received.length < count) return;
      state.watchers.delete(look);
      resolve();
    };
    state.watchers.add(look);
    look();
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(address !== null && typeof address === "object");
  return `http://127.0.0.1:${address.port}`;
}
