/** A person at a running local cloud: logged in, with Hetzner connected. */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import * as models from "../../contracts/models.ts";
import * as sites from "../../contracts/site-models.ts";
import type { StackFile } from "../../local/cloud/stack-file.ts";

/** Asks until it is not false; throws after `seconds`. */
export async function until<T>(seconds: number, look: () => Promise<T | false>): Promise<T> {
  const endMs = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== false) return found;
    if (performance.now() > endMs) throw new Error(`not within ${seconds} s`);
    await pause(500);
  }
}

const accepted = z.object({ job_id: z.string() });
const choice = { provider_id: "hetzner", server_type: "cx23", location: "nbg1", image: "debian-12" };

export type Client = Awaited<ReturnType<typeof makeClient>>;

/** Throws when the login or the connection is refused. */
export async function makeClient({ base_url, operator_email, operator_password, hetzner_token }: StackFile) {
  const json = { "content-type": "application/json" };
  const send = (method: string, path: string, body?: object, headers = {}) =>
    fetch(`${base_url}/api/${path}`, {
      method,
      headers: { ...(body === undefined ? {} : json), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const login = await send("POST", "login", { email: operator_email, password: operator_password });
  const cookie = { cookie: login.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
  /** Parsed by the contract. Throws what the API said instead. */
  const call = async <T>(schema: z.ZodType<T>, method: string, path: string, body?: object): Promise<T> => {
    const answer = await send(method, path, body, cookie);
    const said: unknown = await answer.json();
    if (answer.ok) return schema.parse(said);
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(said)}`);
  };
  const connection = z.object({ status: z.literal("connected") });
  await call(connection, "POST", "providers", { provider_id: "hetzner", api_token: hetzner_token });

  const job = (id: string) => call(models.job, "GET", `jobs/${id}`);
  /** Throws how far the job is when it has not ended after `seconds`. */
  const ended = async (jobId: string, seconds = 600) => {
    const look = async () => {
      const now = await job(jobId);
      return ["succeeded", "failed", "cancelled"].includes(now.status) && now;
    };
    try {
      return await until(seconds, look);
    } catch (cause) {
      throw new Error(`not within ${seconds} s: ${JSON.stringify(await job(jobId), null, 2)}`, { cause });
    }
  };
  const start = async (method: string, path: string, body?: object) =>
    (await call(accepted, method, path, body)).job_id;
  return {
    call,
    job,
    start,
    ended,
    order: (name: string) => start("POST", "nodes", { ...choice, name }),
    nodes: () => call(z.array(models.node), "GET", "nodes"),
    /** Does what takes a job and waits for it. Throws unless it succeeds. */
    work: async (method: string, path: string, body?: object) => {
      const done = await ended(await start(method, path, body));
      if (done.status === "succeeded") return done;
      throw new Error(`${method} ${path}: ${JSON.stringify(done, null, 2)}`);
    },
    environment: (id: string) => call(sites.environment, "GET", `environments/${id}`),
    backups: (environmentId: string) => call(z.array(sites.backup), "GET", `environments/${environmentId}/backups`),
  };
}

export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a browser at this machine gets; Node itself does not resolve names below localhost. */
export function visit(url: string, cookie = ""): Promise<Seen> {
  const { host, port, pathname, search } = new URL(url);
  const headers = { host, ...(cookie === "" ? {} : { cookie }) };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: pathname + search, headers }, (answer) => {
      const { statusCode: status = 0, headers } = answer;
      text(answer).then((body) => resolve({ status, headers, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}
