import { spawn } from "node:child_process";
import { once } from "node:events";
import { plainEnvironment } from "./command.ts";

/**
 * Takes a lock on a file, waiting for whoever has it, and answers how to give it back. It is held by a process that ends when
 * this one does, killed or not, because its standard input then closes. The file stays.
 *
 * @throws Error when the file cannot be opened, or the signal's reason when aborted
 */
export async function takeFileLock(file: string, signal?: AbortSignal): Promise<() => Promise<void>> {
  signal?.throwIfAborted();
  const child = spawn("flock", ["--exclusive", file, "sh", "-c", "echo held; exec cat"], {
    env: plainEnvironment,
    detached: true, // Ctrl-C at the terminal is for us; the lock goes when we do.
  });
  const closed = once(child, "close");
  child.stdin.on("error", () => {});
  const release = async () => {
    child.stdin.end();
    await closed.catch(() => {});
  };
  const stop = () => child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const [first] = await Promise.race([once(child.stdout, "data"), closed]);
    signal?.throwIfAborted();
    if (!(first instanceof Buffer)) throw new Error(`${file} cannot be locked`);
    child.stdout.resume();
    return release;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
