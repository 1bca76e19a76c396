import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
// A default import, because Node does not see all names of this CommonJS package; vitest does.
import ssh2, { type AuthContext, type Connection } from "ssh2";
import { isAuthorized, type Machine } from "./machine.ts";
import { readsStdin, runCommand } from "./shell.ts";

/** An open port. */
export interface Listener {
  /** Closes the port and every connection, as a power cut would. Repeatable. */
  close(): Promise<void>;
}

interface Sshd {
  machine: Machine;
  host: string;
  port: number;
  /** The port is open and nobody speaks. */
  isSilent: boolean;
  now(): number;
}

/**
 * Opens the machine's SSH port.
 *
 * @throws the operating system's error when the port cannot be opened (in use, or an address that this machine does not have)
 */
export async function listen({ machine, host, port, isSilent, now }: Sshd): Promise<Listener> {
  const open = new Set<Socket>();
  /** One a connection, because the host key may have been replaced since the last. */
  const makeServer = () =>
    new ssh2.Server({ hostKeys: [machine.hostPrivateKey], ident: "pressluft-stand-in" }, (client) =>
      serve(client, machine, now),
    );
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}); // a client that vanishes is its own business
    socket.once("close", () => open.delete(socket));
    if (isSilent) socket.resume();
    else makeServer().injectSocket(socket.setNoDelay(true));
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    async close() {
      for (const socket of open) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}

function serve(client: Connection, machine: Machine, now: () => number): void {
  client.on("error", () => {});
  client.on("authentication", (login) => {
    if (isGenuine(login) && isAuthorized(machine, login.username, login.key.data)) login.accept();
    else login.reject(["publickey"]);
  });
  client.on("session", (acceptSession) => {
    const session = acceptSession();
    session.on("exec", async (accept, _reject, { command }) => {
      const channel = accept();
      channel.on("error", () => {});
      const stdin = readsStdin(command) ? await buffer(channel).catch(() => Buffer.alloc(0)) : Buffer.alloc(0);
      const { exitCode, stdout, stderr } = runCommand(machine, now(), command, stdin);
      channel.stderr.write(stderr);
      channel.write(stdout);
      channel.exit(exitCode);
      channel.end();
    });
    session.on("pty", (accept) => accept?.());
    session.on("shell", (accept) => {
      const channel = accept();
      channel.write(`This is a stand-in for ${machine.spec.name}. It runs single commands: ssh ... id -u\r\n`);
      channel.exit(1);
      channel.end();
    });
  });
}

/** A public key login; with a signature (the second of its two steps) only if the signature is right. */
function isGenuine(login: AuthContext): login is Extract<AuthContext, { method: "publickey" }> {
  if (login.method !== "publickey") return false;
  if (login.signature === undefined || login.blob === undefined) return login.signature === undefined;
  const key = ssh2.utils.parseKey(`${login.key.algo} ${login.key.data.toString("base64")}`);
  return !(key instanceof Error) && key.verify(login.blob, login.signature, login.hashAlgo) === true;
}
