import { securityHeaders } from "../../shared/delivery/headers.ts";

/** Headers as Node reads and writes them: lower-case names, one value a line. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

/** Meant for one connection only (RFC 9110, 7.6.1, with the older names of RFC 2616, 13.5.1). */
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * The headers of a request as the API receives them: all of the viewer's but `host` (CloudFront's managed policy
 * AllViewerExceptHostHeader) and what was for this connection only. The body is sent whole, so its length is stated anew.
 */
export function headersForOrigin(headers: Headers, bodySizeBytes: number): Record<string, string[]> {
  const passed = passOn(headers, ["host", "expect", "content-length"]);
  const hadBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  return hadBody ? { ...passed, "content-length": [String(bodySizeBytes)] } : passed;
}

/** The headers of an answer as the browser receives them: the API's, with ours over them. */
export function headersForViewer(headers: Headers): Record<string, string | string[]> {
  return { ...passOn(headers, []), ...securityHeaders };
}

/** All headers but those named and what was meant for one connection only. */
export function passOn(headers: Headers, withheld: readonly string[]): Record<string, string[]> {
  const named = (headers.connection ?? [])
    .flatMap((value) => value.split(","))
    .map((name) => name.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...named, ...withheld]);
  const kept: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(headers)) {
    if (values !== undefined && !dropped.has(name)) kept[name] = [...values];
  }
  return kept;
}
