/** What a node without Ansible does for `backup-create` and `env-restore`: it sends and reads real bytes of a bucket in memory. */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { Ending, Ran } from "../../local/stand-ins/index.ts";
import type { MemoryArtifacts } from "../../shared/artifacts-memory.ts";

const upload = z.object({ urls: z.array(z.string()) });
const created = z.object({ backup: z.object({ id: z.string() }), upload });
const answer = z.object({ from: z.number(), urls: z.array(z.string()) });
const restored = z.object({
  mode: z.enum(["verify", "apply", "drill", "clean"]),
  backup: z.object({ sha256: z.string(), size_bytes: z.number(), url: z.string().nullable() }),
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * Small parts, each sent to its own address: of each answer as many as come before the next one begins, and one of the last.
 * They are sent when the run ends, to what is good then.
 */
export const storeBackup =
  (artifacts: MemoryArtifacts) =>
  ({ vars, given }: Ran): Ending => {
    const { backup, upload: first } = created.parse(vars);
    const answers = [{ from: 1, urls: first.urls }, ...given.map((one) => answer.parse(one))];
    const targets = answers.flatMap(({ from, urls }, index) => {
      const count = (answers[index + 1]?.from ?? from + 1) - from;
      return urls.slice(0, count).map((url, offset) => ({ number: from + offset, url }));
    });
    const bytes = targets.map(({ number }) => Buffer.from(`part ${number} of backup ${backup.id}`));
    const sent = targets.map(({ url }, index) => artifacts.put(url, bytes[index] ?? Buffer.alloc(0)));
    if (sent.some(({ status }) => status !== 200)) return { failedTask: "backup : Backup is stored" };
    const whole = Buffer.concat(bytes);
    const parts = targets.map(({ number }, index) => ({
      number,
      etag: sent[index]?.etag ?? "",
      size_bytes: bytes[index]?.length ?? 0,
    }));
    return { result: { sha256: sha256(whole), size_bytes: whole.length, parts, wordpress_version: "6.1.9" } };
  };

/** Downloads where it is told an address, and compares what it gets. */
export const restoreBackup =
  (artifacts: MemoryArtifacts) =>
  ({ vars }: Ran): Ending => {
    const { mode, backup } = restored.parse(vars);
    const success = { result: { mode, ok: true } };
    if (backup.url === null) return success;
    const bytes = artifacts.get(backup.url);
    if (bytes === undefined) return { failedTask: "backup : Backup is fetched" };
    const isIntact = bytes.length === backup.size_bytes && sha256(bytes) === backup.sha256;
    return isIntact ? success : { failedTask: "backup : Backup is intact" };
  };
