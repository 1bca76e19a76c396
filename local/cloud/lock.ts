import { rmSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";

/** A process, told apart from a later one with the same number. */
export interface Holder {
  readonly pid: number;
  /** When it started, in the system's own words; "" where the system does not tell. */
  readonly started: string;
}

const holderSchema = z.object({ pid: z.int().positive(), started: z.string() });

/** Reads a lock file; undefined for whatever is none, as a lock cut short by a full disk. */
export function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The start time in a Linux `/proc/<pid>/stat` (proc(5), field 22; the name in field 2 may hold spaces and brackets). */
export function parseStartTime(stat: string): string {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** true while the very process that took a lock is running. */
export async function isRunning({ pid, started }: Holder): Promise<boolean> {
  if (!exists(pid)) return false;
  return started === (await startTimeOf(pid));
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function startTimeOf(pid: number): Promise<string> {
  return parseStartTime(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
}

/** A lock that is held by a running process. */
export class Held extends Error {
  override name = "Held";
  readonly pid: number;
  constructor(pid: number) {
    super(`held by process ${pid}`);
    this.pid = pid;
  }
}

/**
 * Takes a lock file for this process and answers how to give it back; one left by a killed process is taken over.
 * Throws `Held` while another process has it.
 */
export async function takeLock(file: string): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, started: await startTimeOf(process.pid) });
  const holder = parseHolder(await readFile(file, "utf8").catch(() => ""));
  if (holder !== undefined && (await isRunning(holder))) throw new Held(holder.pid);
  await rm(file, { force: true });
  await writeFile(file, mine, { flag: "wx" }).catch(() => {}); // Two at the same moment: the loser reads the winner's name next.
  const winner = parseHolder(await readFile(file, "utf8"));
  if (winner?.pid !== process.pid) throw new Held(winner?.pid ?? 0);
  return holdUntilExit(file);
}

function holdUntilExit(file: string): () => Promise<void> {
  const removeAtExit = () => rmSync(file, { force: true });
  process.once("exit", removeAtExit);
  return async () => {
    process.removeListener("exit", removeAtExit);
    await rm(file, { force: true });
  };
}
