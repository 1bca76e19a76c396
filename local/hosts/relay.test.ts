import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { relay } from "./relay.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listenEcho(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => void server.close());
  const found = server.address();
  if (found === null || typeof found === "string") throw new Error("no port");
  return found.port;
}

it("passes bytes both ways, and the end of each way by itself", async () => {
  const port = await listenEcho();
  const relayed = await relay("127.77.251.1", port);
  closers.push(() => relayed.close());
  const client = connect(port, "127.77.251.1");
  const chunks: Buffer[] = [];
  client.on("data", (chunk: Buffer) => chunks.push(chunk));
  const sent = Buffer.alloc(1_000_000, "x");
  client.end(sent);
  await once(client, "close");
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

it("closes the connection when nobody listens behind it", async () => {
  const port = await listenEcho();
  for (const close of closers.splice(0)) await close();
  const relayed = await relay("127.77.251.1", port);
  closers.push(() => relayed.close());
  const client = connect(port, "127.77.251.1").resume();
  client.on("error", () => {});
  await once(client, "close");
});

it("cuts what is open when it closes", async () => {
  const port = await listenEcho();
  const relayed = await relay("127.77.251.1", port);
  const client = connect(port, "127.77.251.1").resume();
  client.on("error", () => {});
  await once(client, "connect");
  const cut = once(client, "close");
  await relayed.close();
  await cut;
});
