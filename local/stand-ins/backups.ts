/** Backups that a stand-in really stores and reads: small archives, sent to and read from pre-signed addresses. */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { Ending, Work, Working } from "./playbooks.ts";

const scope = z.enum(["db", "files", "full"]);
const created = z.object({
  environment: z.object({ id: z.string() }),
  backup: z.object({ id: z.string(), scope }),
  upload: z.object({ urls: z.array(z.string()) }),
});
const answer = z.object({ from: z.int(), urls: z.array(z.string()) });
const restored = z.object({
  mode: z.enum(["verify", "apply", "drill", "clean"]),
  backup: z.object({
    id: z.string(),
    environment_id: z.string(),
    scope,
    sha256: z.string(),
    size_bytes: z.int(),
    url: z.string().nullable(),
  }),
});
type Wanted = z.infer<typeof restored>["backup"];

const manifest = z.object({ environment_id: z.string(), scope });

const hash = (algorithm: "md5" | "sha256", bytes: Buffer): string => createHash(algorithm).update(bytes).digest("hex");

/** What becomes of the playbooks about backups where machines really reach a bucket. */
export const makeBackupWork = (send: typeof fetch): Readonly<Record<string, Work>> => ({
  "backup-create": (run) => store(send, run),
  "env-restore": (run) => restore(send, run),
});

/** One line of JSON a part: the same for the same backup, and another for any other. */
const partOf = ({ environment, backup }: z.infer<typeof created>, number: number): Buffer => {
  const about = { environment_id: environment.id, scope: backup.scope, backup_id: backup.id, part: number };
  return Buffer.from(`${JSON.stringify(about)}\n`);
};

/** The address of any part: one of those at hand, or the first of what is asked for. */
const makeAddresses = (urls: readonly string[], ask: Working["ask"]) => {
  const known = new Map(urls.map((url, index) => [index + 1, url]));
  return async (number: number): Promise<string> => {
    if (!known.has(number)) {
      const given = answer.parse(await ask({ kind: "part_urls", from: number }));
      for (const [index, url] of given.urls.entries()) known.set(given.from + index, url);
    }
    return known.get(number) ?? "";
  };
};

const notStored: Ending = { failedTask: "backup : Backup is stored" };

const store = async (send: typeof fetch, { vars, parts: count, ask, signal }: Working): Promise<Ending> => {
  const order = created.parse(vars);
  const addressOf = makeAddresses(order.upload.urls, ask);
  const bodies = Array.from({ length: count }, (_, index) => partOf(order, index + 1));
  const parts: { number: number; etag: string; size_bytes: number }[] = [];
  for (const [index, body] of bodies.entries()) {
    const number = index + 1;
    const etag = await put(send, await addressOf(number), { body, signal });
    if (etag !== hash("md5", body)) return notStored;
    parts.push({ number, etag, size_bytes: body.length });
  }
  const whole = Buffer.concat(bodies);
  const result = { sha256: hash("sha256", whole), size_bytes: whole.length, parts, wordpress_version: "6.1.9" };
  return { result };
};

/** Answers the ETag without its quotes: that of what is stored, and none of what is refused. */
const put = async (
  send: typeof fetch,
  address: string,
  { body, signal }: { body: Buffer; signal: AbortSignal },
): Promise<string> => {
  const sent = await send(address, { method: "PUT", body: new Uint8Array(body), signal }).catch(() => undefined);
  await sent?.body?.cancel();
  return (sent?.headers.get("etag") ?? "").replaceAll('"', "");
};

const restore = async (send: typeof fetch, { vars, archives, signal }: Working): Promise<Ending> => {
  const { mode, backup } = restored.parse(vars);
  const success: Ending = { result: { mode, ok: true, wordpress_version: "6.1.9" } };
  if (mode === "clean") {
    archives.delete(backup.id);
    return success;
  }
  const bytes = backup.url === null ? archives.get(backup.id) : await get(send, backup.url, signal);
  if (bytes === undefined) return { failedTask: `restore : Backup is ${backup.url === null ? "intact" : "fetched"}` };
  const failedTask = judgeArchive(bytes, backup);
  if (failedTask !== undefined) return { failedTask };
  if (mode === "verify") archives.set(backup.id, bytes);
  return success;
};

const get = async (send: typeof fetch, address: string, signal: AbortSignal): Promise<Buffer | undefined> => {
  const sent = await send(address, { signal }).catch(() => undefined);
  const bytes = await sent?.arrayBuffer().catch(() => undefined);
  return sent?.ok && bytes !== undefined ? Buffer.from(bytes) : undefined;
};

/** The task at which the product's playbook would refuse it; undefined: it is sound. */
const judgeArchive = (bytes: Buffer, { sha256, size_bytes, environment_id, scope }: Wanted): string | undefined => {
  if (bytes.length !== size_bytes || hash("sha256", bytes) !== sha256) return "restore : Backup is intact";
  const [first = ""] = bytes.toString().split("\n", 1);
  const found = manifest.safeParse(parseJson(first)).data;
  const isOurs = found?.environment_id === environment_id && found.scope === scope;
  return isOurs ? undefined : "restore : Backup is of this environment and complete";
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
