import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { bodyMaxBytes } from "./serve.ts";
import type { Simulator } from "./simulator.ts";
import { makeStateFile } from "./state-file.ts";
import { isReset } from "./wire.ts";

/** A simulator behind a socket. */
export interface ServedSimulator {
  /** Ends in /v1, without a slash. */
  readonly endpoint: string;
  /** Closes the port and every connection, and writes the state file. Rejects when that fails. */
  stop(): Promise<void>;
}

/** How much of a body that is refused is read, so that a sender who does not look before the end gets the answer. */
const drainMaxBytes = 67_108_864;

interface Body {
  readonly text: string;
  readonly isTooLong: boolean;
}

/** Reads a body to its end, and keeps of one that is too long as much as shows that it is. */
async function readBody(message: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    if (sizeBytes <= bodyMaxBytes) chunks.push(bytes.subarray(0, bodyMaxBytes + 1 - sizeBytes));
    sizeBytes += bytes.length;
    if (sizeBytes > drainMaxBytes) break;
  }
  return { text: Buffer.concat(chunks).toString(), isTooLong: sizeBytes > bodyMaxBytes };
}

/** The path as it was sent, below a host of our own: neither a strange Host header nor an absolute target matters. */
function targetOf(message: IncomingMessage): URL {
  const target = message.url ?? "/";
  if (target.startsWith("/")) return new URL(`http://localhost${target}`);
  const absolute = URL.parse(target);
  const path = absolute === null ? `/${target}` : `${absolute.pathname}${absolute.search}`;
  return new URL(`http://localhost${path}`);
}

function headersOf(message: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

async function writeResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(answer.body === null ? undefined : Buffer.from(await answer.arrayBuffer()));
}

async function handle(simulator: Simulator, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.on("close", () => left.abort());
  try {
    const { text, isTooLong } = await readBody(message);
    if (isTooLong) response.setHeader("Connection", "close");
    const { method = "GET" } = message;
    const received = { method, url: targetOf(message), headers: headersOf(message), text, signal: left.signal };
    await writeResponse(response, await simulator.receive(received));
  } catch (error) {
    if (left.signal.aborted) return;
    if (isReset(error)) message.socket.resetAndDestroy();
    else response.writeHead(500, { "Content-Type": "text/plain" }).end(`the simulator failed: ${String(error)}`);
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** Where and how a simulator is served. */
export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /**
   * Path of a file that follows the simulator's state within 200 ms of a request, and at `stop`. To go on from it, make
   * the next simulator with `snapshot: readStateFile(path)`.
   */
  readonly stateFile?: string;
  /** Hears of writes of the state file that failed; default: nobody, until `stop` rejects. */
  readonly onStateError?: (error: Error) => void;
}

/** Serves a simulator. Rejects when the port is taken or the state file cannot be written. */
export async function serveSimulator(simulator: Simulator, options: ServeOptions): Promise<ServedSimulator> {
  const { port, host = "127.0.0.1", stateFile: path, onStateError: onError = () => undefined } = options;
  const state = path === undefined ? null : makeStateFile({ path, snapshot: () => simulator.snapshot(), onError });
  const server = createServer((message, response) => {
    // The control endpoint changes things too, and tells no listener.
    void handle(simulator, message, response).finally(() => state?.touch());
  });
  if (state !== null) simulator.whenServed(() => state.touch());
  const boundPort = await listen(server, port, host);
  try {
    await state?.save();
  } catch (error) {
    await closeServer(server);
    throw error;
  }
  return {
    endpoint: `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}/v1`,
    stop: async () => {
      await closeServer(server);
      await state?.close();
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
