/** Whatever the gateway sends, and whatever it is not: the answer is one of the contract's, and never a fault of ours. */
import { expect, it } from "vitest";
import { apiErrorStatus } from "../../contracts/errors.ts";
import { apiError } from "../../contracts/models.ts";
import type { HttpResponse } from "./edge.ts";
import { makeWorld, readBody, sessionToken, withToken } from "./testing.ts";

const seeds = [1, 2, 3, 4];
const roundsASeed = 1000;
/** A world does not stay fit for surprises: a log-out ends its session. */
const roundsAWorld = 25;

/** mulberry32: small, and the same numbers for the same seed. */
const makeRandom = (state: number) => {
  let a = state;
  return (): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};
let random = makeRandom(0);
const pick = <T>(choices: readonly [T, ...T[]]): T => choices[Math.floor(random() * choices.length)] ?? choices[0];

const texts = [
  "",
  "x",
  "%",
  "%00",
  "\u0000",
  "é\ud800",
  "__proto__",
  "constructor",
  "/api/nodes",
  "/api/nodes/%",
  "/api/jobs/01999f00-9c20-7b4f-9a2e-6e7f3bad5f02",
  "limit=5&cursor=eyJ9",
  "limit=5&limit=6",
  "application/json",
  "cross-site",
  `session_token=${sessionToken}`,
  "session_token",
  "=;=;=",
  withToken.headers.authorization,
  "Bearer plt_",
  "{}",
  '{"name":"n"}',
  '{"email":"a@b.c","password":"p"}',
  '{"__proto__":{"name":"n"}}',
  "[",
  "y".repeat(70_000),
] as const;
const methods = ["GET", "GET", "POST", "POST", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "get", "", "\n"] as const;
const paths = [
  "/api/login",
  "/api/logout",
  "/api/session",
  "/api/tokens",
  "/api/tokens/1",
  "/api/nodes",
  "/api/jobs",
] as const;

const junk = (depth = 2): unknown => {
  const leaf = () => pick<unknown>([null, undefined, 0, Number.NaN, true, pick(texts), pick(texts), 1e300]);
  if (depth === 0 || random() < 0.5) return leaf();
  const entries = Array.from({ length: Math.floor(random() * 4) }, () => [pick(texts), junk(depth - 1)]);
  return random() < 0.5 ? entries.map(([, value]) => value) : Object.fromEntries(entries);
};

const maybe = (value: unknown): unknown => (random() < 0.1 ? junk() : value);

const headers = () => ({
  "content-type": maybe(pick(["application/json", "application/json", "text/plain"])),
  authorization: maybe(random() < 0.5 ? withToken.headers.authorization : undefined),
  [String(pick(["Cookie", "cookie", "x"]))]: maybe(random() < 0.3 ? `session_token=${sessionToken}` : pick(texts)),
  "sec-fetch-site": random() < 0.2 ? pick(texts) : undefined,
  "idempotency-key": random() < 0.2 ? pick(texts) : undefined,
});

const event = (): unknown => {
  if (random() < 0.05) return junk();
  return {
    rawPath: maybe(random() < 0.8 ? pick(paths) : pick(texts)),
    rawQueryString: maybe(random() < 0.7 ? "" : pick(texts)),
    cookies: maybe(random() < 0.7 ? undefined : [pick(texts), `session_token=${sessionToken}`]),
    headers: maybe(headers()),
    pathParameters: maybe(null),
    requestContext: maybe({ requestId: maybe("id="), http: maybe({ method: maybe(pick(methods)) }) }),
    body: maybe(random() < 0.4 ? undefined : pick(texts)),
    isBase64Encoded: maybe(random() < 0.2),
  };
};

const statuses = new Set([200, 201, 202, ...Object.values(apiErrorStatus)]);

const expectOfContract = (response: HttpResponse, logLine: string, note: string) => {
  expect(statuses.has(response.statusCode), note).toBe(true);
  // A handler that this test has no use for was reached: the request was fine.
  expect(response.statusCode < 500 || logLine.includes("not part of this test"), note).toBe(true);
  expect(response.headers["x-request-id"], note).toMatch(/^[\x21-\x7e]+$/);
  expect(response.statusCode < 400 || apiError.safeParse(readBody(response)).success, note).toBe(true);
};

it.each(seeds)("answers any event as the contract says (seed %i)", async (seed) => {
  random = makeRandom(seed);
  const seen = new Set<number>();
  let world = await makeWorld();
  for (let round = 1; round <= roundsASeed; round += 1) {
    if (round % roundsAWorld === 0) world = await makeWorld();
    const given = event();
    const response = await world.deliver(given);
    const line = world.logLines.pop() ?? "";
    seen.add(response.statusCode);
    expectOfContract(response, line, `round ${round}: ${JSON.stringify(given)?.slice(0, 2000)} -> ${line}`);
  }
  // A generator that only ever made nonsense would prove little.
  expect([...seen]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405, 415]));
});
