import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { BACKUP_FOLDER } from "../../contracts/site-models.ts";

/** What decides whether a request passes. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What is let through, and where. */
export interface Opening {
  /** Host name and port of the gate, as addresses are signed for it. */
  readonly host: string;
  /** The one bucket. */
  readonly bucket: string;
}

const shared = [
  ...["X-Amz-Algorithm", "X-Amz-Content-Sha256", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"],
  ...["X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-SignedHeaders", "x-id"],
];
/** Names that may stand in the query, by method: those of a pre-signed GetObject and of a pre-signed UploadPart. */
const allowed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["GET", new Set(shared)],
  ["PUT", new Set([...shared, "uploadId", "partNumber"])],
]);
const needed: ReadonlyMap<string, readonly string[]> = new Map([["PUT", ["uploadId", "partNumber"]]]);

/** `<key>/<date>/<region>/<service>/aws4_request`. */
const credential = /^[^/]+\/\d{8}\/[a-z0-9-]+\/s3\/aws4_request$/;
/** Keys of backups, below their folder, as they are made: nothing in them is ever encoded. */
const key = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Names and values, decoded once, as S3 reads them; undefined when one name is there twice or `;` may part them too. */
const readQuery = (query: string): ReadonlyMap<string, string> | undefined => {
  const pairs = [...new URLSearchParams(query)];
  const byName = new Map(pairs);
  return query.includes(";") || byName.size < pairs.length ? undefined : byName;
};

const isPresigned = (query: ReadonlyMap<string, string>): boolean =>
  query.get("X-Amz-Algorithm") === "AWS4-HMAC-SHA256" &&
  credential.test(query.get("X-Amz-Credential") ?? "") &&
  /^[0-9a-f]{64}$/.test(query.get("X-Amz-Signature") ?? "");

/** Headers by which the emulator would tell another service, another signature or the copy of another object. */
const isPlain = (headers: IncomingHttpHeaders): boolean =>
  headers.authorization === undefined && !Object.keys(headers).some((name) => name.startsWith("x-amz-"));

/**
 * Whether a request is one that a pre-signed address of a backup is for, and nothing else that an AWS emulator serves at
 * the same port: a backup is read, or a part of an open upload is sent. The emulator checks the signature, not the gate.
 */
export function isForBackups({ method, url, headers }: RequestHead, { host, bucket }: Opening): boolean {
  const [path = "", queryText = "", ...more] = url.split("?");
  const query = readQuery(queryText);
  const names = allowed.get(method);
  if (headers.host !== host || more.length > 0 || query === undefined || names === undefined) return false;
  if (!isPlain(headers) || !isPresigned(query)) return false;
  if (![...query.keys()].every((name) => names.has(name))) return false;
  if (!(needed.get(method) ?? []).every((name) => query.get(name))) return false;
  const folder = `/${bucket}/${BACKUP_FOLDER}/`;
  return path.startsWith(folder) && key.test(path.slice(folder.length));
}

export interface GateInput {
  readonly address: string;
  readonly port: number;
  readonly bucket: string;
}

export interface Gate {
  close(): Promise<void>;
}

/**
 * Lets hosts reach the backups in the S3 of an AWS emulator that listens on 127.0.0.1, at the same port of `address`. The emulator has no
 * authentication of its own and holds the provider's token: nothing but the backups of `bucket` may pass.
 *
 * @throws the operating system's error when the port cannot be opened
 */
export async function openS3Gate({ address, port, bucket }: GateInput): Promise<Gate> {
  const opening = { host: `${address}:${port}`, bucket };
  const server = createServer((incoming, response) => {
    const head = { method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.headers };
    if (isForBackups(head, opening)) return void pass(incoming, response, port);
    incoming.resume();
    response.writeHead(403, { connection: "close" }).end("Only backups can be reached from here.\n");
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
