/**
 * A deployment behind HTTP, as the contract describes it: every body that comes in and every answer that goes out passes
 * the contract's own schemas, so a test cannot be green for an API that does not exist.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { type OperationId, type OperationShape, operations } from "../../../contracts/operations.ts";
import { type Call, type Reply, refuse } from "./fake-answers.ts";
import { answerOperation, session } from "./fake-operations.ts";
import type { WebAnswer, WebRequest } from "./fake-wordpress.ts";
import { type Ending, makeWorld, type World } from "./fake-world.ts";

/** What a test bends. */
export interface Behaviour {
  /** Instead of the usual answer. Told of each request. */
  before?(call: Call, world: World): Reply | undefined;
  /** Instead of the site's answer; `hang`: none at all. */
  page?(request: WebRequest, world: World): WebAnswer | "hang" | undefined;
  /** How a job ends that does not succeed. */
  ending?: Ending;
  /** Told when a request is left without an answer. */
  onHang?(): void;
}

export interface FakePressluft extends AsyncDisposable {
  readonly baseUrl: string;
  readonly world: World;
  /** In their order. */
  readonly calls: readonly Call[];
}

export const email = "operator@example.org";
export const password = "a-password-that-nobody-sees";
export const apiToken = "an-api-token-that-nobody-sees";
export const providerToken = "a-provider-token-that-nobody-sees";

export const startFake = async (behaviour: Behaviour = {}): Promise<FakePressluft> => {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    // 599 is no status of the contract: whatever goes wrong in here fails the test.
    void serve({ request, response, world, behaviour, calls }).catch((error: unknown) => {
      response.writeHead(599).end(JSON.stringify({ message: String(error) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const world = makeWorld(port, behaviour.ending ?? (() => undefined));
  const end = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { baseUrl: `http://127.0.0.1:${port}`, world, calls, [Symbol.asyncDispose]: end };
};

interface Served {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly world: World;
  readonly behaviour: Behaviour;
  readonly calls: Call[];
}

const serve = async (served: Served): Promise<void> => {
  const { request, response, world, behaviour } = served;
  const body = await text(request);
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
  if (url.hostname === "127.0.0.1") return sendReply(response, answerCall(served, url, body));
  const asked: WebRequest = { method: request.method ?? "", url, headers: flat(request), body };
  const page = behaviour.page?.(asked, world) ?? world.sites.get(url.host)?.answer(asked) ?? { status: 404 };
  if (page === "hang") return behaviour.onHang?.();
  sendPage(response, page);
};

const flat = ({ headers }: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));

const sendPage = (response: ServerResponse, { status, headers = {}, text }: WebAnswer): void => {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(text);
};

const sendReply = (response: ServerResponse, { status, body, headers }: Reply): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
};

const answerCall = ({ request, world, behaviour, calls }: Served, url: URL, body: string): Reply => {
  const found = findOperation(request.method ?? "", url.pathname);
  if (found === undefined) return refuse("not_found");
  const { id, shape, of } = found;
  if (shape.public !== true && !isKnown(request)) return refuse("unauthorized");
  const query = Object.fromEntries(url.searchParams);
  const given: unknown = body === "" ? undefined : JSON.parse(body);
  const fault = [shape.body?.safeParse(given), shape.query?.safeParse(query)].find((one) => one?.success === false);
  if (fault?.error) return refuse("bad_request", { message: z.prettifyError(fault.error) });
  const call: Call = { id, of, query, body: given, key: request.headers["idempotency-key"]?.toString() };
  calls.push(call);
  const reply = behaviour.before?.(call, world) ?? answerOperation(world, call);
  if (reply.status === shape.status) shape.answer.parse(reply.body);
  return reply;
};

const isKnown = ({ headers }: IncomingMessage): boolean =>
  headers.cookie === `session_token=${session}` || headers.authorization === `Bearer ${apiToken}`;

const isOperation = (id: string): id is OperationId => Object.hasOwn(operations, id);
const ids = Object.keys(operations).filter(isOperation);

const findOperation = (
  method: string,
  path: string,
): { id: OperationId; shape: OperationShape; of: string } | undefined => {
  for (const id of ids) {
    const shape: OperationShape = operations[id];
    const match = new RegExp(`^${shape.path.replace(/\{\w+\}/, "([^/]+)")}$`).exec(path);
    if (match !== null && shape.method === method) return { id, shape, of: match[1] ?? "" };
  }
  return undefined;
};
