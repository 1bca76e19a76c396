import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Simulator } from "./simulator.ts";
import { isReset } from "./wire.ts";

/** A simulator behind a socket. */
export interface ServedSimulator {
  /** Ends in /v1, without a slash. */
  readonly endpoint: string;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

const bodyMaxBytes = 1_048_576;

async function readBody(message: IncomingMessage): Promise<Buffer<ArrayBuffer> | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > bodyMaxBytes) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function toRequest(message: IncomingMessage, body: Buffer<ArrayBuffer>, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headersDistinct)) {
    for (const one of value ?? []) headers.append(name, one);
  }
  const method = message.method ?? "GET";
  const url = `http://${message.headers.host ?? "localhost"}${message.url ?? "/"}`;
  const canHaveBody = method !== "GET" && method !== "HEAD" && body.length > 0;
  return new Request(url, { method, headers, signal, ...(canHaveBody ? { body } : {}) });
}

async function writeResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(answer.body === null ? undefined : Buffer.from(await answer.arrayBuffer()));
}

async function handle(simulator: Simulator, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.on("close", () => left.abort());
  try {
    const body = await readBody(message);
    if (body === null) response.writeHead(413).end();
    else await writeResponse(response, await simulator.fetch(toRequest(message, body, left.signal)));
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

/** Serves a simulator at a port (0: any free one) of an address (default 127.0.0.1). Rejects when the port is taken. */
export async function serveSimulator(
  simulator: Simulator,
  { port, host = "127.0.0.1" }: { port: number; host?: string },
): Promise<ServedSimulator> {
  const server = createServer((message, response) => {
    void handle(simulator, message, response);
  });
  const boundPort = await listen(server, port, host);
  return {
    endpoint: `http://${host}:${boundPort}/v1`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
