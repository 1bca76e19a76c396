import { readFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import * as z from "zod";
import { worldSchema } from "./records.ts";

const format = "hetzner-simulator-state";
const version = 1;
/** Rights of the file: it holds what servers were given, such as user data and public keys. */
const mode = 0o600;
/** A change is on disk after this long at most. */
const delayMs = 200;

const fileSchema = z.object({ format: z.literal(format), version: z.int(), world: z.unknown() });

/** The two steps of a write that a crash can come between. Tests put their own in their place. */
export interface FileSteps {
  /** Writes the whole text to a file that is new, and has it on disk when it resolves. */
  write(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

const realSteps: FileSteps = {
  async write(path, text) {
    await rm(path, { force: true });
    const file = await open(path, "wx", mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function worldIn(text: string): string {
  const file = fileSchema.safeParse(parse(text));
  if (!file.success) throw new Error("it does not hold a simulator's state");
  if (file.data.version !== version) throw new Error(`it has version ${file.data.version}, this simulator ${version}`);
  const world = worldSchema.safeParse(file.data.world);
  if (!world.success) throw new Error(`its state is not complete at ${world.error.issues[0]?.path.join(".") ?? "?"}`);
  return JSON.stringify(world.data);
}

/**
 * The state in a file, for `SimulatorOptions.snapshot`; undefined when there is no such file. Throws an Error of one
 * line, fit to be shown, when the file cannot be read or is not a simulator's.
 */
export function readStateFile(path: string): string | undefined {
  try {
    return worldIn(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    const reason = error instanceof Error ? error.message : "it cannot be read";
    throw new Error(`The state file ${path} cannot be used: ${reason}. Delete it, or name another.`);
  }
}

/** Keeps a file up to date with a simulator. */
export interface StateFile {
  /** Says that something may have changed: the file follows within 200 ms. */
  touch(): void;
  /** Writes now, where there is anything new. Rejects when that fails. */
  save(): Promise<void>;
  /** Writes what is not yet written, and no more from then on. Rejects when that fails. */
  close(): Promise<void>;
}

/** What {@link makeStateFile} needs. */
export interface StateFileOptions {
  readonly path: string;
  /** The state as text: `Simulator.snapshot`. */
  readonly snapshot: () => string;
  /** Hears of writes that failed; the next change tries again. */
  readonly onError: (error: Error) => void;
  readonly steps?: FileSteps;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error("writing the state failed"));

/**
 * A file that is always whole: a new state is written beside it, as `<path>.new`, and then takes its place. A crash at
 * any point leaves the old state or the new one. Of two processes with one file the last writer wins.
 */
export function makeStateFile({ path, snapshot, onError, steps = realSteps }: StateFileOptions): StateFile {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let written: string | undefined;
  let isClosed = false;

  const writeNow = async (): Promise<void> => {
    const world = snapshot();
    if (world === written) return;
    await steps.write(`${path}.new`, `{"format":"${format}","version":${version},"world":${world}}\n`);
    await steps.rename(`${path}.new`, path);
    written = world;
  };
  /** One write after the other, each with the newest state. */
  const save = (): Promise<void> => {
    const next = writing.then(writeNow);
    writing = next.catch(() => undefined);
    return next;
  };
  return {
    save,
    touch() {
      if (isClosed || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        save().catch((error: unknown) => onError(asError(error)));
      }, delayMs);
      timer.unref();
    },
    async close() {
      if (isClosed) return writing;
      isClosed = true;
      clearTimeout(timer);
      await save();
    },
  };
}
