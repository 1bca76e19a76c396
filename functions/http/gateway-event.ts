/**
 * Events of API Gateway's HTTP API (payload format 2.0) as two gateways really send them, for tests: AWS, and the emulator
 * of the local cloud, which leaves cookies in the header, says null where AWS says nothing, and numbers by UUID.
 */
import { findRoute } from "./route.ts";

export type GatewayShape = "aws" | "emulator";

export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `name=value` each. */
  readonly cookies?: readonly string[];
  readonly body?: string | undefined;
}

/** Which content types both pass on as text; a body of any other comes in base64. */
const isText = (contentType: string): boolean =>
  /^(text\/.*|application\/(json|xml|javascript))$/.test(contentType.split(";")[0]?.trim() ?? "");

const bodyOf = ({ body, headers = {} }: GatewayRequest) => {
  if (body === undefined || body === "") return { isBase64Encoded: false };
  if (isText(headers["content-type"] ?? "")) return { body, isBase64Encoded: false };
  return { body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
};

const routeKeyOf = ({ method, path }: GatewayRequest): string => {
  try {
    const { operation } = findRoute(method, path);
    return `${operation.method} ${operation.path}`;
  } catch {
    return "$default";
  }
};

const queryOf = (query: string) =>
  query === "" ? {} : { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) };

export const buildGatewayEvent = (shape: GatewayShape, request: GatewayRequest): Record<string, unknown> => {
  const { method, path, query = "", headers = {}, cookies = [] } = request;
  const isAws = shape === "aws";
  const routeKey = routeKeyOf(request);
  const inHeader = cookies.length > 0 && !isAws ? { cookie: cookies.join("; ") } : {};
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(isAws && cookies.length > 0 ? { cookies } : {}),
    headers: { host: "api.example.org", "user-agent": "test", ...headers, ...inHeader },
    ...queryOf(query),
    ...(isAws ? {} : { pathParameters: null }),
    requestContext: {
      accountId: isAws ? "123456789012" : "000000000000",
      apiId: "a1b2c3d4e5",
      domainName: isAws ? "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com" : "a1b2c3d4e5.execute-api.localhost",
      ...(isAws ? { domainPrefix: "a1b2c3d4e5" } : {}),
      http: { method, path, protocol: "HTTP/1.1", sourceIp: isAws ? "203.0.113.9" : "127.0.0.1", userAgent: "test" },
      requestId: isAws ? "JKJaXmPLvHcESHA=" : "3f0c9a52-6f0e-4d6e-9d0a-0d5f6f1f2c11",
      routeKey,
      stage: "$default",
      time: "01/Oct/2026:08:00:00 +0000",
      timeEpoch: 1_790_841_600_000,
    },
    ...bodyOf(request),
  };
};
