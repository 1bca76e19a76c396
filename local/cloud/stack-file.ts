import { rmSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { previewDomain } from "../../shared/config.ts";

/** What a running local cloud tells scripts and tests: `.local/stack.json`. Holds secrets of this machine's toys only. */
export const stackSchema = z.object({
  /** The one origin of dashboard and API. */
  base_url: z.url(),
  operator_email: z.email(),
  operator_password: z.string().min(1),
  /** The Hetzner simulator's API; ends in /v1. */
  hetzner_endpoint: z.url().endsWith("/v1"),
  /** Read and write, project `demo`. */
  hetzner_token: z.string().length(64),
  /** Read only, project `demo`. */
  hetzner_readonly_token: z.string().length(64),
  /** Read and write, project `other`. */
  hetzner_other_token: z.string().length(64),
  /** Control endpoint of the simulator: its state, its requests, its faults. */
  simulator_control: z.url(),
  aws_endpoint: z.url(),
  aws_region: z.string().min(1),
  table_name: z.string().min(1),
  queue_url: z.url(),
  dlq_url: z.url(),
  /** What stands behind simulated servers: only real hosts carry sites. */
  machines: z.enum(["real", "stand-ins", "none"]),
  /** What follows `<environment>.<site>.` in the address of a preview. */
  preview_domain: previewDomain,
  /** The bucket of backups, and the address of S3 that nodes use; this machine reaches it too. */
  artifacts_bucket: z.string().min(1),
  artifacts_endpoint: z.url(),
  /** The emulator's process; the Lambda workers are its children. */
  emulator_pid: z.int().positive(),
});

export type StackFile = z.output<typeof stackSchema>;

/** Reads a stack file. Throws an Error of one line when it is missing or incomplete. */
export async function readStack(file: string): Promise<StackFile> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) throw new Error(`There is no ${file}: is the local cloud running?`);
  const parsed = stackSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) => issue.path.join(".") || "everything");
  throw new Error(`${file} is incomplete: ${names.join(", ")}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes a stack file, readable by its owner only and complete from the first instant, and answers how to remove it
 * again. It also goes when this process exits by itself.
 */
export async function writeStack(file: string, stack: StackFile): Promise<() => Promise<void>> {
  const fresh = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(fresh, `${JSON.stringify(stackSchema.parse(stack), null, 2)}\n`, { mode: 0o600 });
  await rename(fresh, file);
  const removeAtExit = () => rmSync(file, { force: true });
  process.once("exit", removeAtExit);
  return async () => {
    process.removeListener("exit", removeAtExit);
    await rm(file, { force: true });
  };
}
