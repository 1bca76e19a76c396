import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { securityHeaders } from "../../shared/delivery/headers.ts";
import { type DashboardFiles, findFile } from "./dashboard-files.ts";
import { listenOn } from "./ports.ts";
import { findPreview, type PreviewNetwork } from "./preview-host.ts";
import { forwardPreview, saySentence } from "./preview-proxy.ts";
import { type Forwarded, forward, type Origin } from "./proxy.ts";
import { serveFile } from "./serve-file.ts";

export interface GatewayInput {
  /** TCP port on 127.0.0.1; 0: any free one. */
  readonly port: number;
  /** Where `/api/*` goes, without a slash at its end; undefined while there is nothing yet. */
  origin(): string | undefined;
  /** What stands at every other address. Default: nothing. */
  readonly dashboard?: DashboardFiles;
  /** Where previews of sites are served; undefined while, or where, there are no machines for that. */
  previews?(): PreviewGround | undefined;
  /** For an answer of the API; API Gateway gives up after 30 s. */
  readonly timeoutMs?: number;
}

/** The nodes that previews may reach. */
export interface PreviewGround extends PreviewNetwork {
  /** Where every node serves its sites. */
  readonly port: number;
  /** Without a byte for so long a node is given up. */
  readonly timeoutMs: number;
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
 * CloudFront's part in the local cloud, the dashboard and the API under one origin; and that of DNS for previews, which are
 * told apart by their host name. Rejects with EADDRINUSE when the port is taken.
 */
export async function startGateway(input: GatewayInput): Promise<Gateway> {
  const { port, origin, dashboard = new Map(), previews = () => undefined, timeoutMs = timeoutMsDefault } = input;
  const server = createServer((request, response) => {
    response.on("error", () => {}); // A browser that leaves is its own business.
    const towards = { api: { base: origin(), timeoutMs }, dashboard, previews: previews() };
    void route(request, response, towards).catch(() => response.destroy());
  });
  const held = await listenOn(server, port, "127.0.0.1");
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${held}`, port: held, stop };
}

interface Towards {
  readonly api: Origin;
  readonly dashboard: DashboardFiles;
  readonly previews: PreviewGround | undefined;
}

async function route(request: IncomingMessage, response: ServerResponse, towards: Towards): Promise<void> {
  const target = parseTarget(request.url ?? "/");
  if (target === undefined) return answer(response, 400, "Bad request");
  const preview = findPreview(request.headers.host, towards.previews);
  if (preview.kind === "unknown") return saySentence(response, 404, preview.why);
  if (preview.kind === "node") return routePreview({ request, response, target, ...preview });
  if (target.startsWith("/api/")) return forward({ request, response, target, origin: towards.api });
  return routeDashboard(request, response, towards.dashboard);
}

/** CloudFront chooses by the resolved path, but looks for a file by the path as it was sent. */
function routeDashboard(request: IncomingMessage, response: ServerResponse, files: DashboardFiles): void {
  const [path = "/"] = (request.url ?? "/").split("?");
  const isRead = request.method === "GET" || request.method === "HEAD";
  const file = isRead ? findFile(files, path) : undefined;
  if (!isRead) answer(response, 403, "Only GET and HEAD outside /api/");
  else if (file === undefined) answer(response, 404, "Not found");
  else serveFile(request, response, file);
}

interface PreviewRoute extends Omit<Forwarded, "origin"> {
  readonly ipv4: string;
  readonly network: PreviewGround;
}

/** The API is not met under the name of a site, not even by mistake. */
async function routePreview({ request, response, target, ipv4, network }: PreviewRoute): Promise<void> {
  if (/^\/api(?:[/?]|$)/.test(target))
    return saySentence(response, 404, "The API is not here: this is the name of a site.");
  return forwardPreview({ request, response, ipv4, port: network.port, timeoutMs: network.timeoutMs });
}

/** Path and query with dot segments resolved, so that nothing climbs out of `/api/`; undefined for what is no path. */
export function parseTarget(url: string): string | undefined {
  if (!url.startsWith("/") || !URL.canParse(`http://gateway${url}`)) return undefined;
  const { pathname, search } = new URL(`http://gateway${url}`);
  return pathname + search;
}

function answer(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...securityHeaders, "content-type": "text/plain; charset=utf-8" }).end(`${sentence}\n`);
}
