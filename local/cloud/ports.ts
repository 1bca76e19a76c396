import { createServer, type Server } from "node:net";

export const portNames = ["gateway", "aws", "hetzner", "ssh"] as const;
export type PortName = (typeof portNames)[number];

export interface PortWish {
  /** 0: any free one. */
  readonly port: number;
  /** The person named this port: another one will not do. */
  readonly isExact: boolean;
}

export type PortWishes = Readonly<Record<PortName, PortWish>>;

/** The flag of `npm start` that chooses each port. */
export const portFlags: Readonly<Record<PortName, string>> = {
  gateway: "--port",
  aws: "--aws-port",
  hetzner: "--hetzner-port",
  ssh: "--ssh-port",
};

export const defaultPorts: PortWishes = {
  gateway: { port: 8080, isExact: false },
  aws: { port: 4566, isExact: false },
  hetzner: { port: 8090, isExact: false },
  ssh: { port: 2222, isExact: false },
};

/** Ports tried after the first one before giving up. */
const triesMax = 50;

/** The ports to try for a wish, in order. */
export function listCandidates({ port, isExact }: PortWish): readonly number[] {
  if (isExact || port === 0) return [port];
  return Array.from({ length: triesMax }, (_, index) => port + index).filter((candidate) => candidate <= 65_535);
}

/**
 * Starts something on the first free port of a wish; `start` says that a port is taken by rejecting with EADDRINUSE.
 * Throws an Error of one line, naming the flag, when no port can be had.
 */
export async function takePort<T>(name: PortName, wish: PortWish, start: (port: number) => Promise<T>): Promise<T> {
  for (const port of listCandidates(wish)) {
    try {
      return await start(port);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  const which = wish.isExact ? `Port ${wish.port} is taken` : `Ports ${wish.port} and the next ${triesMax} are taken`;
  throw new Error(`${which}: end what listens there, or choose another one with ${portFlags[name]}.`);
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

/** Listens on an address (port 0: any free one) and answers the port. Rejects with the system's error. */
export function listenOn(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.removeListener("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** A port held for somebody else. */
export interface Claim {
  readonly port: number;
  release(): Promise<void>;
}

/** Holds a port of an address until released. Rejects with EADDRINUSE when it is taken. */
export async function holdPort(port: number, host: string): Promise<Claim> {
  const server = createServer((socket) => socket.destroy());
  const held = await listenOn(server, port, host);
  return { port: held, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** An address that every local cloud on this machine uses for nothing else. */
const claimAddress = "127.63.0.1";

/**
 * Claims a port of 127.0.0.1 for a child process that opens it a moment later: two local clouds that start at the same
 * moment would otherwise choose the same one. The claim is the same port on another loopback address, which only Linux
 * has without being set up; elsewhere it is only checked that the port is free now.
 */
export async function claimPort(port: number, isLinux: boolean): Promise<Claim> {
  const probe = await holdPort(port, "127.0.0.1");
  try {
    if (isLinux) return await holdPort(probe.port, claimAddress);
  } finally {
    await probe.release();
  }
  return { port: probe.port, release: async () => {} };
}
