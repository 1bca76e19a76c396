import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

/** What decides whether a request passes. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** `/<date>/<region>/<service>/aws4_request`, in the header or in a presigned address. */
const scope = /Credential=[^/,&]+(?:\/|%2F)\d{8}(?:\/|%2F)[a-z0-9-]+(?:\/|%2F)([a-z0-9-]+)(?:\/|%2F)aws4_request/i;
/** A bucket's name as AWS allows it, and never a version of an API (`/2015-03-31/functions/`). */
const bucketPath = /^\/(?!\d{4}-\d{2}-\d{2}(?:\/|$))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/|$)/;

/**
 * Whether a request is for S3 and nothing else that an AWS emulator serves at the same port: signed for S3, addressed by
 * path, at the gate's own host name, without the marks by which other services are told apart.
 */
export function isForS3({ method, url, headers }: RequestHead, host: string): boolean {
  const [path = "", query = ""] = url.split("?");
  if (headers.host !== host || headers["x-amz-target"] !== undefined || /(^|&)Action=/.test(query)) return false;
  const signedFor = (scope.exec(headers.authorization ?? "") ?? scope.exec(query))?.[1];
  if (signedFor !== "s3") return false;
  return bucketPath.test(path) || (path === "/" && method === "GET");
}

export interface Gate {
  close(): Promise<void>;
}

/**
 * Lets hosts reach the S3 of an AWS emulator that listens on 127.0.0.1, at the same port of `address`. The emulator has no
 * authentication and holds the provider's token: nothing but S3 may pass.
 *
 * @throws the operating system's error when the port cannot be opened
 */
export async function openS3Gate(address: string, port: number): Promise<Gate> {
  const server = createServer((incoming, response) => {
    const head = { method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.headers };
    if (isForS3(head, `${address}:${port}`)) return void pass(incoming, response, port);
    incoming.resume();
    response.writeHead(403, { connection: "close" }).end("Only S3 can be reached from here.\n");
  });
  server.listen(port, address);
  await once(server, "listening");
  return {
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function pass(incoming: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port, method, path, headers });
  try {
    const answered = once(onward, "response");
    const [, [answer]] = await Promise.all([pipeline(incoming, onward), answered]);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    await pipeline(answer, response);
  } catch {
    // Either side has gone: there is nobody to tell, or nothing to tell it from.
    onward.destroy();
    response.destroy();
  }
}
