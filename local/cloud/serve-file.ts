/** Sends a file of the dashboard as CloudFront would: compressed where the browser takes it, or only "not changed". */
import type { IncomingMessage, ServerResponse } from "node:http";
import { securityHeaders } from "../../shared/delivery/headers.ts";
import type { DashboardFile } from "./dashboard-files.ts";

export type Encoding = "br" | "gzip";

/** Answers GET and HEAD. */
export function serveFile(request: IncomingMessage, response: ServerResponse, file: DashboardFile): void {
  const encoding = file.compressed && chooseEncoding(request.headers["accept-encoding"]);
  const body = encoding === undefined ? file.body : (file.compressed?.[encoding] ?? file.body);
  // Compressed on the way it is no longer byte for byte what the tag was made of.
  const etag = encoding === undefined ? file.etag : `W/${file.etag}`;
  const headers = {
    ...securityHeaders,
    "content-type": file.type,
    "cache-control": file.cacheControl,
    etag,
    ...(file.compressed === undefined ? {} : { vary: "accept-encoding" }),
  };
  if (isUnchanged(request.headers["if-none-match"], file.etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const encoded = encoding === undefined ? {} : { "content-encoding": encoding };
  response.writeHead(200, { ...headers, ...encoded, "content-length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** What the browser takes; Brotli when it takes both, as CloudFront does. */
export const chooseEncoding = (acceptEncoding: string | undefined): Encoding | undefined => {
  const taken = (acceptEncoding ?? "")
    .split(",")
    .map((one) => one.trim().toLowerCase())
    .filter((one) => !/;\s*q=0(\.0*)?$/.test(one))
    .map((one) => one.replace(/\s*;.*$/, ""));
  if (taken.includes("br")) return "br";
  return taken.includes("gzip") ? "gzip" : undefined;
};

/** Whether the browser already has what `etag` stands for; weak tags count (RFC 9110, 13.1.2). */
export const isUnchanged = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? "").split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);
