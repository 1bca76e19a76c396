import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Relay {
  close(): Promise<void>;
}

/**
 * Makes what listens on 127.0.0.1 reachable at the same port of `address`, so that it needs to listen nowhere else.
 *
 * @throws the operating system's error when the port cannot be opened
 */
export async function relay(address: string, port: number): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    for (const [end, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(end);
      end.on("error", () => other.destroy());
      end.once("close", () => open.delete(end));
      end.pipe(other);
    }
  });
  server.listen(port, address);
  await once(server, "listening");
  return {
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, "close");
    },
  };
}
