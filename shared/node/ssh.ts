import { Socket } from "node:net";
import { Client, type ClientChannel, type PublicKeyAuthMethod } from "ssh2";
import * as z from "zod";
import { bareLineOf, findKeyBlob } from "./keys.ts";

/** Where to log in, with which key, and which host keys prove that it is our server. */
export interface SshTarget {
  host: string;
  port: number;
  user: string;
  /** OpenSSH private key of the login. A secret. */
  privateKey: string;
  /** Public key lines (`ssh-ed25519 AAAA...`). Only these are accepted; an empty list accepts no server at all. */
  hostKeys: readonly string[];
}

export interface SshLimits {
  /** From the first packet to a finished login. Design value 8000. */
  connectTimeoutMs: number;
  /** For each command. Design value 15000. */
  commandTimeoutMs: number;
  /** For the whole look, so that several slow commands cannot outlive a lease. Default 30000. */
  totalTimeoutMs?: number;
  /** The server is asked for a sign of life so often; three that stay without an answer end the look. Default 2000. */
  keepAliveMs?: number;
}

/** A command line, or one with more to say of it. */
export type SshCommand =
  | string
  | {
      readonly command: string;
      /** What it reads, to its end. At most 16 MiB. */
      readonly stdin: string | Buffer;
      /** So much is kept of each of its outputs. Default 64 KiB. */
      readonly outputLimitBytes?: number;
      /** It runs only if the command before it ended with this exit code; otherwise that one's result stands for it too. */
      readonly onlyAfterExit?: number;
    };

export interface CommandResult {
  /** null: the command did not end by itself in its time (or a signal ended it), or an earlier one did not and this one was not tried. */
  exitCode: number | null;
  /** At most the command's `outputLimitBytes`; the rest is dropped. */
  stdout: string;
  /** Likewise. */
  stderr: string;
}

export type SshReason = "refused" | "timeout" | "unreachable" | "host_key_mismatch" | "auth_failed" | "closed";

export type SshOutcome =
  | {
      reached: true;
      /** The recorded key with which the server proved itself, without its comment. */
      hostKey: string;
      results: CommandResult[];
    }
  | { reached: false; reason: SshReason /** Ours, never the server's words. */; message: string };

const defaultOutputLimitBytes = 64 * 1024;
const stdinLimitBytes = 16 * 1024 * 1024;
const defaultTotalTimeoutMs = 30_000;
const defaultKeepAliveMs = 2_000;
const keepAlivesMissed = 3;

/**
 * Logs in once, runs the commands one after the other, and hangs up. What a server or a network can do wrong is a value, never a throw.
 * Nothing is left open when the promise settles.
 *
 * Only an ed25519 host key is negotiated and only one whose bytes are recorded is accepted; there is no trust on first use. A command that
 * does not end in its time ends the look: the later ones are reported with `exitCode: null`. A link that goes dead is noticed by keep-alives
 * before that, and is a `timeout`.
 *
 * @throws RangeError when a command is given more than 16 MiB to read
 */
export async function look(target: SshTarget, commands: readonly SshCommand[], limits: SshLimits): Promise<SshOutcome> {
  const endsAtMs = performance.now() + (limits.totalTimeoutMs ?? defaultTotalTimeoutMs);
  const client = new Client();
  // SSH is a dialogue of small packets: with Nagle's delay at both ends a look of four commands took 0.93 s on a loopback, without 0.01 s.
  const socket = new Socket().setNoDelay(true);
  try {
    const login = await logIn({ client, socket, target, limits });
    if (typeof login === "string") return notReached(login);
    const results = await runInOrder(client, commands, () =>
      Math.min(limits.commandTimeoutMs, endsAtMs - performance.now()),
    );
    return results === "closed" ? notReached(login.ended()) : { reached: true, hostKey: login.hostKey, results };
  } finally {
    client.end();
    // ssh2's own destroy() skips a socket that is half closed, which a hostile server can hold open for ever.
    socket.destroy();
  }
}

const messages: Record<SshReason, string> = {
  refused: "The server refused the SSH connection: sshd does not run yet, or not on this port.",
  timeout: "The server did not answer over SSH in time.",
  unreachable: "There is no network path to the server.",
  host_key_mismatch: "The server did not prove itself with a host key recorded for this node.",
  auth_failed: "The server did not accept the managed SSH key.",
  closed: "The SSH connection was closed before the work was done.",
};

function notReached(reason: SshReason): SshOutcome {
  return { reached: false, reason, message: messages[reason] };
}

interface LoggingIn {
  client: Client;
  socket: Socket;
  target: SshTarget;
  limits: SshLimits;
}

interface Login {
  hostKey: string;
  /** Why the connection is closed, once it is. */
  ended(): SshReason;
}

async function logIn({ client, socket, target, limits }: LoggingIn): Promise<Login | SshReason> {
  const { promise, resolve } = Promise.withResolvers<Login | SshReason>();
  const accepted = target.hostKeys.map(findKeyBlob).filter((blob) => blob !== undefined);
  const key: PublicKeyAuthMethod = { type: "publickey", username: target.user, key: target.privateKey };
  let hostKey = "";
  let reason: SshReason = "closed";
  const timer = setTimeout(resolve, limits.connectTimeoutMs, "timeout");
  client.once("ready", () => resolve({ hostKey, ended: () => reason }));
  // Stays for the client's life: ssh2 also reports what goes wrong after we hung up, and an unheard "error" event ends the process.
  client.on("error", (error) => {
    reason = decideReason(error);
    resolve(reason);
  });
  client.once("close", () => resolve("closed"));
  socket.connect({ host: target.host, port: target.port });
  client.connect({
    sock: socket,
    username: target.user,
    readyTimeout: 0,
    keepaliveInterval: limits.keepAliveMs ?? defaultKeepAliveMs,
    keepaliveCountMax: keepAlivesMissed,
    algorithms: { serverHostKey: ["ssh-ed25519"] },
    hostVerifier: (offered: Buffer) => {
      hostKey = bareLineOf(offered);
      return accepted.some((blob) => blob.equals(offered));
    },
    // The key alone: the usual first question ("which methods?") would cost a round trip and an entry in the server's log.
    authHandler: [key],
  });
  return promise.finally(() => clearTimeout(timer));
}

const errorSchema = z.object({
  level: z.string().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  message: z.string().catch(""),
});

const reasonOfCode: ReadonlyMap<string, SshReason> = new Map([
  ["ECONNREFUSED", "refused"],
  ["ETIMEDOUT", "timeout"],
  ["EHOSTUNREACH", "unreachable"],
  ["EHOSTDOWN", "unreachable"],
  ["ENETUNREACH", "unreachable"],
  ["ENETDOWN", "unreachable"],
  ["EADDRNOTAVAIL", "unreachable"],
  ["ENOTFOUND", "unreachable"],
  ["EAI_AGAIN", "unreachable"],
]);

/** Reads ssh2's error: `level` says which layer failed, `code` is the operating system's. Its text is judged, never handed on. */
export function decideReason(error: unknown): SshReason {
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return "closed";
  const { level, code, message } = parsed.data;
  if (level === "client-authentication") return "auth_failed";
  if (level === "client-timeout") return "timeout";
  // "Host denied" is our verifier's no; "no matching host key format" is a server that has other kinds of key only, so not the one we gave it.
  if (level === "handshake" && /host (denied|key)/i.test(message)) return "host_key_mismatch";
  return reasonOfCode.get(code ?? "") ?? "closed";
}

type Ran = CommandResult | "timeout" | "closed";
const noResult: CommandResult = { exitCode: null, stdout: "", stderr: "" };

async function runInOrder(
  client: Client,
  commands: readonly SshCommand[],
  leftMs: () => number,
): Promise<CommandResult[] | "closed"> {
  const results: CommandResult[] = [];
  let hung = false;
  for (const command of commands) {
    const before = results.at(-1);
    if (!hung && isSkipped(command, before)) {
      results.push(before);
      continue;
    }
    const ran = hung ? "timeout" : await run(client, command, leftMs());
    if (ran === "closed") return "closed";
    if (ran === "timeout") hung = true;
    results.push(ran === "timeout" ? noResult : ran);
  }
  return results;
}

/** Does the result before it stand for this command too? */
export function isSkipped(command: SshCommand, before: CommandResult | undefined): before is CommandResult {
  if (typeof command === "string" || command.onlyAfterExit === undefined || before === undefined) return false;
  return before.exitCode !== command.onlyAfterExit;
}

async function run(client: Client, command: SshCommand, timeoutMs: number): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const { line, stdin, limitBytes } = partsOf(command);
  const onClose = () => resolve("closed");
  const timer = setTimeout(resolve, Math.max(timeoutMs, 0), "timeout");
  client.once("close", onClose);
  try {
    client.exec(line, (error, channel) => {
      if (error) return resolve("closed");
      collect(channel, limitBytes, resolve);
      if (stdin !== undefined) channel.end(stdin);
    });
  } catch {
    resolve("closed"); // exec throws when the connection is already gone
  }
  return promise.finally(() => {
    clearTimeout(timer);
    client.off("close", onClose);
  });
}

function partsOf(command: SshCommand): { line: string; stdin: string | Buffer | undefined; limitBytes: number } {
  if (typeof command === "string") return { line: command, stdin: undefined, limitBytes: defaultOutputLimitBytes };
  const { command: line, stdin, outputLimitBytes = defaultOutputLimitBytes } = command;
  if (Buffer.byteLength(stdin) > stdinLimitBytes) throw new RangeError("a command is given more than 16 MiB to read");
  return { line, stdin, limitBytes: outputLimitBytes };
}

function collect(channel: ClientChannel, limitBytes: number, done: (result: CommandResult) => void): void {
  const stdout = makeBoundedText(channel, limitBytes);
  const stderr = makeBoundedText(channel.stderr, limitBytes);
  let exitCode: number | null = null;
  channel.on("exit", (code: number | null) => {
    exitCode = code;
  });
  // A command may end without reading all that it is given.
  channel.on("error", () => {});
  channel.once("close", () => done({ exitCode, stdout: stdout(), stderr: stderr() }));
}

/** Reads a stream to its end (a full pipe would hang the command) and keeps its first bytes. */
function makeBoundedText(stream: NodeJS.ReadableStream, limitBytes: number): () => string {
  const kept: Buffer[] = [];
  let room = limitBytes;
  stream.on("data", (chunk: Buffer) => {
    if (room > 0) kept.push(chunk.subarray(0, room));
    room -= Math.min(room, chunk.length);
  });
  return () => Buffer.concat(kept).toString("utf8");
}
