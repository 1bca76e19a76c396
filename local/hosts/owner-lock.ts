import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Takes a lock among the processes of this machine's network, which is what bridges and subnets belong to; undefined while
 * another process has it. It is an abstract socket: no file, and gone with the process that holds it (man 7 unix).
 */
export async function tryLock(name: string): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    server.listen(`\0pressluft/${name}`);
    await once(server, "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
  return async () => {
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
}

/** Does `work` while no other process does anything under the same name. Throws when the lock is not to be had in 30 s. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const release = await tryLock(name);
    if (release !== undefined) {
      try {
        return await work();
      } finally {
        await release();
      }
    }
    if (performance.now() - startedMs > 30_000) throw new Error(`Another process keeps the lock ${name}.`);
    await sleep(20);
  }
}
