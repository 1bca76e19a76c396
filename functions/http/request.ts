/**
 * API Gateway's event (payload format 2.0) as a request. Nothing in it is taken for granted: AWS sends cookies as an
 * array and header names in lower case, other gateways leave cookies in the header and send null for what is absent.
 */
import * as z from "zod";

const texts = z.record(z.string(), z.string().optional().catch(undefined)).catch({});
const http = z.object({ method: z.string().catch("") }).catch({ method: "" });
const nothing = { rawPath: "", rawQueryString: "", cookies: [], headers: {}, body: "", isBase64Encoded: false };
const noContext = { requestId: "", http: { method: "" } };

const eventSchema = z
  .object({
    rawPath: z.string().catch(""),
    rawQueryString: z.string().catch(""),
    cookies: z.array(z.string()).catch([]),
    headers: texts,
    requestContext: z.object({ requestId: z.string().catch(""), http }).catch(noContext),
    body: z.string().catch(""),
    isBase64Encoded: z.boolean().catch(false),
  })
  .catch({ ...nothing, requestContext: noContext });

export interface HttpRequest {
  /** As the gateway's access log has it; "" when it gave none that fits a header. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Raw, without the question mark. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly cookies: ReadonlyMap<string, string>;
  /** Empty when none was sent. */
  readonly body: Uint8Array;
}

const readHeaders = (headers: Record<string, string | undefined>): Map<string, string> =>
  new Map(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), value]])),
  );

/** Of two cookies with one name the first counts: browsers send the more specific one first (RFC 6265, 5.4). */
const readCookies = (pairs: readonly string[]): Map<string, string> => {
  const named = pairs.flatMap((pair) => {
    const at = pair.indexOf("=");
    return at < 1 ? [] : [{ name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim() }];
  });
  return new Map(named.reverse().map(({ name, value }) => [name, value]));
};

const fitsHeader = /^[\x21-\x7e]{1,128}$/;

/** Never throws: an event that makes no sense becomes a request for nowhere. */
export const readRequest = (event: unknown): HttpRequest => {
  const { rawPath, rawQueryString, cookies, requestContext, body, isBase64Encoded, ...rest } = eventSchema.parse(event);
  const headers = readHeaders(rest.headers);
  return {
    id: fitsHeader.test(requestContext.requestId) ? requestContext.requestId : "",
    method: requestContext.http.method,
    path: rawPath,
    query: rawQueryString,
    headers,
    cookies: readCookies([...cookies, ...(headers.get("cookie")?.split(";") ?? [])]),
    body: Buffer.from(body, isBase64Encoded ? "base64" : "utf8"),
  };
};
