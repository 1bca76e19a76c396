import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import ssh2, { type Connection, type ServerChannel } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { barePublicKey, type KeyPair, makeKeyPair, publicKeyBlob } from "./keys.ts";
import { decideReason, look, type SshTarget } from "./ssh.ts";

const hostKey = makeKeyPair("host");
const loginKey = makeKeyPair("login");
const limits = { connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 };
const secret = "BEGIN OPENSSH";

function makeKeyPairWithLeadingZero(): KeyPair {
  for (;;) {
    const pair = makeKeyPair("");
    if (publicKeyBlob(pair.publicKey)[19] === 0) return pair;
  }
}

type Answer = (channel: ServerChannel) => void;

const answers: Record<string, Answer> = {
  hello: (channel) => {
    channel.write("out");
    channel.stderr.write("err");
    channel.exit(3);
    channel.end();
  },
  big: (channel) => {
    channel.write("x".repeat(1_000_000), () => {
      channel.exit(0);
      channel.end();
    });
  },
  hang: (channel) => channel.write("never finished"),
  cat: (channel) => {
    const got: Buffer[] = [];
    channel.on("data", (bytes: Buffer) => got.push(bytes));
    channel.once("end", () => {
      channel.write(Buffer.concat(got));
      channel.exit(0);
      channel.end();
    });
  },
  deaf: (channel) => {
    channel.exit(21);
    channel.end();
  },
  killed: (channel) => {
    channel.exit("KILL");
    channel.end();
  },
};

interface Fake {
  port: number;
  /** Commands the server was asked to run. */
  asked: string[];
  /** Resolves when the client has hung up every connection. */
  quiet(): Promise<void>;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: NetServer): Promise<Omit<Fake, "asked">> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const quiet = async () => {
    await Promise.all([...open].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  };
  return { port: address.port, quiet };
}

interface SshdOptions {
  hostKeys?: string[];
  loginKey?: string;
  onReady?: (client: Connection) => void;
}

/** A real SSH server on a free port, so that what is tested is what goes over the wire. */
async function startSshd(options: SshdOptions = {}): Promise<Fake> {
  const authorized = publicKeyBlob(options.loginKey ?? loginKey.publicKey);
  const asked: string[] = [];
  const sshd = new ssh2.Server({ hostKeys: options.hostKeys ?? [hostKey.privateKey] }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (login) => {
      const ours = login.method === "publickey" && login.key.data.equals(authorized);
      if (ours && login.username === "root") login.accept();
      else login.reject(["publickey"]);
    });
    client.on("session", (acceptSession) => {
      acceptSession().on("exec", (acceptExec, _reject, { command }) => {
        asked.push(command);
        if (command === "drop") return client.end();
        const answer = answers[command];
        if (answer !== undefined) answer(acceptExec());
      });
    });
    if (options.onReady !== undefined) client.on("ready", () => options.onReady?.(client));
  });
  return { asked, ...(await listen(createServer((socket) => sshd.injectSocket(socket.setNoDelay(true))))) };
}

function targetOf(port: number, changes: Partial<SshTarget> = {}): SshTarget {
  const { privateKey } = loginKey;
  return { host: "127.0.0.1", port, user: "root", privateKey, hostKeys: [hostKey.publicKey], ...changes };
}

describe("look", () => {
  it("runs the commands in order over one login and hangs up", async () => {
    let logins = 0;
    const sshd = await startSshd({ onReady: () => logins++ });
    const outcome = await look(targetOf(sshd.port), ["hello", "killed"], limits);
    expect(outcome).toEqual({
      reached: true,
      hostKey: barePublicKey(hostKey.publicKey),
      results: [
        { exitCode: 3, stdout: "out", stderr: "err" },
        { exitCode: null, stdout: "", stderr: "" },
      ],
    });
    expect(sshd.asked).toEqual(["hello", "killed"]);
    expect(logins).toBe(1);
    await sshd.quiet();
  });

  it("works with keys whose public half begins with a zero byte", async () => {
    const [host, login] = [makeKeyPairWithLeadingZero(), makeKeyPairWithLeadingZero()];
    const sshd = await startSshd({ hostKeys: [host.privateKey], loginKey: login.publicKey });
    const target = targetOf(sshd.port, { hostKeys: [host.publicKey], privateKey: login.privateKey });
    expect(await look(target, ["hello"], limits)).toMatchObject({ results: [{ exitCode: 3 }] });
  });

  it("accepts the second of two recorded host keys", async () => {
    const sshd = await startSshd();
    const hostKeys = [makeKeyPair("other").publicKey, hostKey.publicKey];
    const hostKeyLine = barePublicKey(hostKey.publicKey);
    const outcome = await look(targetOf(sshd.port, { hostKeys }), [], limits);
    expect(outcome).toEqual({ reached: true, hostKey: hostKeyLine, results: [] });
  });

  it.each([
    ["another key", [makeKeyPair("other").publicKey]],
    ["no key at all", []],
    ["an unreadable key", ["ssh-ed25519 AAAA", ""]],
  ])("refuses the server when %s is recorded, before it shows who it is", async (_name, hostKeys) => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port, { hostKeys }), ["hello"], limits);
    expect(outcome).toMatchObject({ reached: false, reason: "host_key_mismatch" });
    expect(sshd.asked).toEqual([]);
    await sshd.quiet();
  });

  it("refuses a server that has only another kind of host key", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const sshd = await startSshd({
      hostKeys: [rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString()],
    });
    expect(await look(targetOf(sshd.port), ["hello"], limits)).toMatchObject({ reason: "host_key_mismatch" });
  });

  it.each([
    ["another login key", { privateKey: makeKeyPair("thief").privateKey }],
    ["an unreadable login key", { privateKey: "nonsense" }],
    ["another user", { user: "admin" }],
  ])("reports auth_failed for %s", async (_name, changes) => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port, changes), ["hello"], limits);
    expect(outcome).toMatchObject({ reached: false, reason: "auth_failed" });
    expect(JSON.stringify(outcome)).not.toContain(secret);
    await sshd.quiet();
  });

  it("reports refused when nothing listens", async () => {
    const sshd = await startSshd();
    for (const close of closers.splice(0)) await close();
    expect(await look(targetOf(sshd.port), ["hello"], limits)).toMatchObject({ reached: false, reason: "refused" });
  });

  it("reports closed when the server hangs up before the login", async () => {
    const fake = await listen(createServer((socket) => socket.end("SSH-2.0-short\r\n")));
    expect(await look(targetOf(fake.port), ["hello"], limits)).toMatchObject({ reached: false, reason: "closed" });
  });

  it("reports closed when something else than SSH answers", async () => {
    const fake = await listen(createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(200))));
    expect(await look(targetOf(fake.port), ["hello"], limits)).toMatchObject({ reached: false, reason: "closed" });
  });

  it("reports timeout when the server accepts and never says a word, and lets go of the socket", async () => {
    const fake = await listen(createServer(() => {}));
    const outcome = await look(targetOf(fake.port), ["hello"], { ...limits, connectTimeoutMs: 50 });
    expect(outcome).toMatchObject({ reached: false, reason: "timeout" });
    await fake.quiet();
  });

  it("lets go of a server that never closes its half of the connection", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const talk = () => socket.write("still here\r\n", (error) => error ?? setImmediate(talk));
      socket.once("end", talk);
    });
    const fake = await listen(server);
    const outcome = await look(targetOf(fake.port), ["hello"], { ...limits, connectTimeoutMs: 50 });
    expect(outcome).toMatchObject({ reached: false, reason: "timeout" });
    await fake.quiet();
  });

  it("reports closed when the connection ends under a command", async () => {
    const sshd = await startSshd();
    expect(await look(targetOf(sshd.port), ["drop", "hello"], limits)).toMatchObject({ reason: "closed" });
  });

  it("gives up on a command that hangs and does not try the next", async () => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port), ["hello", "hang", "hello"], { ...limits, commandTimeoutMs: 300 });
    expect(outcome).toMatchObject({ results: [{ exitCode: 3 }, { exitCode: null }, { exitCode: null }] });
    expect(sshd.asked).toEqual(["hello", "hang"]);
    await sshd.quiet();
  });

  it("bounds the whole look", async () => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port), ["hang"], { ...limits, totalTimeoutMs: 200 });
    expect(outcome).toMatchObject({ results: [{ exitCode: null }] });
  });

  it("cuts a big output at 64 KiB and still sees the exit code", async () => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port), ["big"], limits);
    expect(outcome).toMatchObject({ results: [{ exitCode: 0, stdout: "x".repeat(65_536) }] });
  });
});

describe("what a command reads", () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

  it("comes by standard input, which is closed behind it", async () => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port), [{ command: "cat", stdin: "one\ntwo" }, "hello"], limits);
    expect(outcome).toMatchObject({ results: [{ exitCode: 0, stdout: "one\ntwo" }, { exitCode: 3 }] });
  });

  it("may be large, and as much of its output is kept as was asked for", async () => {
    const sshd = await startSshd();
    const commands = [
      { command: "cat", stdin: "x".repeat(300_000), outputLimitBytes: 200_000 },
      { command: "cat", stdin: bytes },
    ];
    const outcome = await look(targetOf(sshd.port), commands, limits);
    if (!outcome.reached) throw new Error(outcome.reason);
    expect(outcome.results.map(({ stdout }) => stdout.length)).toEqual([200_000, expect.any(Number)]);
    expect(Buffer.byteLength(outcome.results[1]?.stdout ?? "")).toBeLessThan(200_000);
  });

  it("may be left unread", async () => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port), [{ command: "deaf", stdin: bytes }, "hello"], limits);
    expect(outcome).toMatchObject({ results: [{ exitCode: 21 }, { exitCode: 3 }] });
    await sshd.quiet();
  });

  it("has a bound, and more than that is a bug of the caller's", async () => {
    const sshd = await startSshd();
    const command = { command: "cat", stdin: Buffer.alloc(16 * 1024 * 1024 + 1) };
    await expect(look(targetOf(sshd.port), [command], limits)).rejects.toThrow(RangeError);
    await sshd.quiet();
  });
});

describe("a command that depends on the one before it", () => {
  const after = (onlyAfterExit: number) => ({ command: "cat", stdin: "then", onlyAfterExit });

  it("runs after that exit code", async () => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port), ["deaf", after(21)], limits);
    expect(outcome).toMatchObject({ results: [{ exitCode: 21 }, { exitCode: 0, stdout: "then" }] });
  });

  it("does not run after another, whose result stands for it too", async () => {
    const sshd = await startSshd();
    const outcome = await look(targetOf(sshd.port), ["hello", after(21), "deaf"], limits);
    expect(outcome).toMatchObject({ results: [{ exitCode: 3 }, { exitCode: 3, stdout: "out" }, { exitCode: 21 }] });
    expect(sshd.asked).toEqual(["hello", "deaf"]);
  });

  it("does not run after one that hung", async () => {
    const sshd = await startSshd();
    const commands = ["hang", after(21)];
    const outcome = await look(targetOf(sshd.port), commands, { ...limits, commandTimeoutMs: 200 });
    expect(outcome).toMatchObject({ results: [{ exitCode: null }, { exitCode: null }] });
    expect(sshd.asked).toEqual(["hang"]);
  });
});

describe("a link that goes dead", () => {
  /** A relay to a server that lets nothing through any more once it is cut, and tells nobody. */
  const relayTo = async (port: number) => {
    let isCut = false;
    const relay = await listen(
      createServer((socket) => {
        const there = connect(port, "127.0.0.1");
        closers.push(async () => void there.destroy());
        there.on("error", () => {});
        socket.on("data", (bytes) => !isCut && there.write(bytes));
        there.on("data", (bytes) => !isCut && socket.write(bytes));
      }),
    );
    const cut = () => {
      isCut = true;
    };
    return { ...relay, cut };
  };

  it("is noticed by keep-alives, long before the command's time is over", async () => {
    const asked = Promise.withResolvers<void>();
    answers.wait = () => asked.resolve();
    const sshd = await startSshd();
    const relay = await relayTo(sshd.port);
    const looking = look(targetOf(relay.port), ["wait"], {
      ...limits,
      commandTimeoutMs: 600_000,
      totalTimeoutMs: 600_000,
      keepAliveMs: 20,
    });
    await asked.promise;
    relay.cut();
    expect(await looking).toMatchObject({ reached: false, reason: "timeout" });
    await relay.quiet();
  });

  it("is not what a server is that only takes its time", async () => {
    const release = Promise.withResolvers<ServerChannel>();
    answers.late = (channel) => release.resolve(channel);
    const sshd = await startSshd();
    const looking = look(targetOf(sshd.port), ["late"], { ...limits, keepAliveMs: 5 });
    const channel = await release.promise;
    for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    channel.exit(0);
    channel.end();
    expect(await looking).toMatchObject({ results: [{ exitCode: 0 }] });
  });
});

describe("decideReason", () => {
  const failure = (message: string, extra: object) => Object.assign(new Error(message), extra);
  it.each([
    [failure("connect", { level: "client-socket", code: "ECONNREFUSED" }), "refused"],
    [failure("connect", { level: "client-socket", code: "ETIMEDOUT" }), "timeout"],
    [failure("connect", { level: "client-socket", code: "EHOSTUNREACH" }), "unreachable"],
    [failure("connect", { level: "client-socket", code: "ENETUNREACH" }), "unreachable"],
    [failure("read", { level: "client-socket", code: "ECONNRESET" }), "closed"],
    [failure("All configured authentication methods failed", { level: "client-authentication" }), "auth_failed"],
    [
      failure("Handshake failed: no matching host key format", { level: "handshake", code: undefined }),
      "host_key_mismatch",
    ],
    [failure("Handshake failed: no matching key exchange algorithm", { level: "handshake" }), "closed"],
    [failure("Too many authentication failures", { code: 2 }), "closed"],
    [failure("host key", { code: "toString" }), "closed"],
    [failure("Keepalive timeout", { level: "client-timeout" }), "timeout"],
    ["text", "closed"],
  ])("%s -> %s", (error, reason) => {
    expect(decideReason(error)).toBe(reason);
  });
});
