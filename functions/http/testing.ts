/** The whole edge over a table in memory, for tests: requests go to functions as the gateway would send them. */
import { randomBytes } from "node:crypto";
import { type ApiFunction, operations } from "../../contracts/operations.ts";
import { makeLog } from "../../shared/log.ts";
import { apiTokenValue, findOperator, openSession, putApiToken, putOperator } from "../../shared/store/auth.ts";
import { makeMemoryTable } from "../../shared/store/memory-table.ts";
import type { Table } from "../../shared/store/table.ts";
import { makeAuthHandlers } from "../auth/handlers.ts";
import { type ApiHandler, type EdgeDeps, type Handlers, type HttpResponse, serve } from "./edge.ts";
import { buildGatewayEvent, type GatewayRequest, type GatewayShape } from "./gateway-event.ts";
import { type HttpRequest, readRequest } from "./request.ts";
import { findRoute } from "./route.ts";

const notPartOfThisTest = async (): Promise<never> => {
  throw new Error("this handler is not part of this test");
};

const providers: Handlers<"providers"> = {
  listProviders: notPartOfThisTest,
  getProvider: notPartOfThisTest,
  connectProvider: notPartOfThisTest,
  checkProvider: notPartOfThisTest,
  getProviderOptions: notPartOfThisTest,
  disconnectProvider: notPartOfThisTest,
};
const nodes: Handlers<"nodes"> = {
  listNodes: notPartOfThisTest,
  createNode: notPartOfThisTest,
  getNode: notPartOfThisTest,
  deleteNode: notPartOfThisTest,
};
const nodeCheck: Handlers<"node-check"> = {
  checkNode: notPartOfThisTest,
  loginEnvironment: notPartOfThisTest,
  resetSite: notPartOfThisTest,
  resetEnvironment: notPartOfThisTest,
};
const sites: Handlers<"sites"> = {
  listSites: notPartOfThisTest,
  createSite: notPartOfThisTest,
  getSite: notPartOfThisTest,
  deleteSite: notPartOfThisTest,
  listEnvironments: notPartOfThisTest,
  createEnvironment: notPartOfThisTest,
  getEnvironment: notPartOfThisTest,
  deleteEnvironment: notPartOfThisTest,
  listBackups: notPartOfThisTest,
  createBackup: notPartOfThisTest,
  restoreEnvironment: notPartOfThisTest,
  startRestoreDrill: notPartOfThisTest,
};
const jobs: Handlers<"jobs"> = {
  listJobs: notPartOfThisTest,
  getJob: notPartOfThisTest,
  cancelJob: notPartOfThisTest,
  getMetrics: notPartOfThisTest,
};

export interface StubbedHandlers {
  readonly providers?: Partial<Handlers<"providers">>;
  readonly nodes?: Partial<Handlers<"nodes">>;
  readonly jobs?: Partial<Handlers<"jobs">>;
}

const serveAll = (edge: EdgeDeps, stubs: StubbedHandlers): Record<ApiFunction, ApiHandler> => ({
  auth: serve("auth", makeAuthHandlers({ ...edge, random: randomBytes }), edge),
  providers: serve("providers", { ...providers, ...stubs.providers }, edge),
  nodes: serve("nodes", { ...nodes, ...stubs.nodes }, edge),
  "node-check": serve("node-check", nodeCheck, edge),
  sites: serve("sites", sites, edge),
  jobs: serve("jobs", { ...jobs, ...stubs.jobs }, edge),
});

/** Where the gateway sends a request: to its operation's function, else along `$default`. */
const functionFor = ({ method, path }: Pick<HttpRequest, "method" | "path">): ApiFunction => {
  try {
    return operations[findRoute(method, path).id].function;
  } catch {
    return "auth";
  }
};

export const operatorEmail = "ada@example.org";
const tokenId = "01999f00-7a10-7c3e-8b1d-5d6f2a9c4e01";
export const sessionToken = `${"S".repeat(42)}1`;
export const apiToken = apiTokenValue(tokenId, `${"T".repeat(42)}2`);

/** An operator whose password nobody knows, one session and one API token that does not expire. */
const seed = async (table: Table, nowMs: number): Promise<void> => {
  await putOperator(table, { before: undefined, email: operatorEmail, passwordHash: "none", nowMs });
  const operator = await findOperator(table);
  if (operator === undefined) throw new Error("the operator was not stored");
  await openSession(table, { token: sessionToken, operator, nowMs });
  const token = { id: tokenId, name: "ci", email: operatorEmail, createdAtMs: nowMs, expiresAtMs: null };
  await putApiToken(table, { ...token, value: apiToken });
};

export interface World {
  readonly table: ReturnType<typeof makeMemoryTable>;
  readonly startMs: number;
  readonly logLines: string[];
  advance(ms: number): void;
  send(request: GatewayRequest, shape?: GatewayShape): Promise<HttpResponse>;
  /** Any event at all, to the function of its method and path. */
  deliver(event: unknown): Promise<HttpResponse>;
}

export const makeWorld = async (stubs: StubbedHandlers = {}, cookieSecure = true): Promise<World> => {
  const table = makeMemoryTable();
  const startMs = Date.UTC(2026, 9, 1, 8);
  let nowMs = startMs;
  const logLines: string[] = [];
  const now = () => nowMs;
  const log = makeLog("test", now, (line) => logLines.push(line));
  const functions = serveAll({ table, now, log, cookieSecure }, stubs);
  const deliver = (event: unknown) => functions[functionFor(readRequest(event))](event, {});
  await seed(table, nowMs);
  return {
    table,
    startMs,
    logLines,
    advance: (ms) => {
      nowMs += ms;
    },
    send: (request, shape = "aws") => deliver(buildGatewayEvent(shape, request)),
    deliver,
  };
};

export const withSession = { cookies: [`theme=dark`, `session_token=${sessionToken}`] } as const;
export const withToken = { headers: { authorization: `Bearer ${apiToken}` } } as const;

/** A request with a JSON body, with an API token unless `headers` say otherwise. */
export const jsonRequest = (
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = withToken.headers,
): GatewayRequest => ({
  method,
  path,
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify(body),
});

export const readBody = (response: HttpResponse): unknown => JSON.parse(response.body);
