import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { securityHeaders } from "./headers.ts";
import { homePage } from "./home-page.ts";
import { listenOn } from "./ports.ts";
import { forward, type Origin } from "./proxy.ts";

export interface GatewayInput {
  /** TCP port on 127.0.0.1; 0: any free one. */
  readonly port: number;
  /** Where `/api/*` goes, without a slash at its end; undefined while there is nothing yet. */
  origin(): string | undefined;
  /** For an answer of the API; API Gateway gives up after 30 s. */
  readonly timeoutMs?: number;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

/** What API Gateway waits for a function (HTTP APIs, "Quotas": integration time-out). */
const timeoutMsDefault = 30_000;

/**
 * CloudFront's part in the local cloud: the dashboard and the API under one origin. Rejects with EADDRINUSE when the
 * port is taken.
 */
export async function startGateway({ port, origin, timeoutMs = timeoutMsDefault }: GatewayInput): Promise<Gateway> {
  const server = createServer((request, response) => {
    response.on("error", () => {}); // A browser that leaves is its own business.
    void route(request, response, { base: origin(), timeoutMs }).catch(() => response.destroy());
  });
  const held = await listenOn(server, port, "127.0.0.1");
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${held}`, port: held, stop };
}

async function route(request: IncomingMessage, response: ServerResponse, origin: Origin): Promise<void> {
  const target = parseTarget(request.url ?? "/");
  if (target === undefined) return answer(response, { status: 400, type: "text/plain", body: "Bad request\n" });
  if (target.startsWith("/api/")) return forward({ request, response, target, origin });
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && target.split("?")[0] === "/")
    return answer(response, { status: 200, type: "text/html", body: homePage });
  return answer(response, { status: 404, type: "text/plain", body: "Not found\n" });
}

/** Path and query with dot segments resolved, so that nothing climbs out of `/api/`; undefined for what is no path. */
export function parseTarget(url: string): string | undefined {
  if (!url.startsWith("/") || !URL.canParse(`http://gateway${url}`)) return undefined;
  const { pathname, search } = new URL(`http://gateway${url}`);
  return pathname + search;
}

function answer(
  response: ServerResponse,
  { status, type, body }: { status: number; type: string; body: string },
): void {
  response.writeHead(status, { ...securityHeaders, "content-type": `${type}; charset=utf-8` }).end(body);
}
