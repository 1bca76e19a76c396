import { randomInt } from "node:crypto";
import {
  type Hosts,
  type Latency,
  makeSimulator,
  realClock,
  realisticLatency,
  type Simulator,
  serveSimulator,
} from "../hetzner/index.ts";
import type { RealHosts } from "../hosts/index.ts";
import { makeStandIns, type Timings } from "../stand-ins/index.ts";
import { type Claim, holdPort, type PortWishes, takePort } from "./ports.ts";

/** `real`: as a person would find it believable. `fast`: the same steps, each in about a second, for tests. */
export type Pace = "real" | "fast";

interface PaceValues {
  readonly latency: Latency;
  /** Of stand-ins. */
  readonly timings: Partial<Timings>;
  readonly runSeconds: number;
}

const paces: Readonly<Record<Pace, PaceValues>> = {
  real: { latency: realisticLatency, timings: {}, runSeconds: 5 },
  fast: {
    latency: { requestMs: 5, createMs: 1000, startMs: 500, deleteMs: 500 },
    timings: { sshReadyMs: 300, cloudInitMs: 800 },
    runSeconds: 1,
  },
};

export interface HetznerInput {
  readonly ports: Pick<PortWishes, "hetzner" | "ssh">;
  readonly pace: Pace;
  readonly machines: Machines;
  log(line: string): void;
}

/** What stands behind simulated servers. */
export type Machines =
  | { readonly kind: "real"; readonly hosts: RealHosts }
  /** `ipv4Prefix`: first two octets of the servers' addresses. */
  | { readonly kind: "stand-ins" | "none"; readonly ipv4Prefix: string };

export interface SimulatedHetzner {
  readonly simulator: Simulator;
  /** Ends in /v1. */
  readonly endpoint: string;
  readonly sshPort: number;
  readonly tokens: HetznerTokens;
  stop(): Promise<void>;
}

export interface HetznerTokens {
  /** Project `demo`. */
  readonly readWrite: string;
  readonly readOnly: string;
  /** Project `other`, read and write. */
  readonly other: string;
}

const tokenLength = 64;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A token of Hetzner's shape; `random` gives a whole number from 0 up to but not including its argument. */
export const makeToken = (random: (below: number) => number): string =>
  Array.from({ length: tokenLength }, () => alphabet.charAt(random(alphabet.length))).join("");

/** The network of one local cloud's servers: another one for each of 64 neighbouring gateway ports. */
export const ipv4PrefixFor = (gatewayPort: number): string => `127.${64 + (gatewayPort % 64)}`;

/** Starts the Hetzner simulator with two projects and fresh tokens, and the machines behind its servers. */
export async function startHetzner({ ports, pace, machines, log }: HetznerInput): Promise<SimulatedHetzner> {
  await using parts = new AsyncDisposableStack();
  const { hosts, ipv4Prefix, sshPort } = await behind({ ports, pace, machines, log }, parts);
  const tokens = { readWrite: makeToken(randomInt), readOnly: makeToken(randomInt), other: makeToken(randomInt) };
  const simulator = makeSimulator({
    clock: realClock,
    seed: randomInt(2 ** 31),
    projects: projectsOf(tokens),
    latency: paces[pace].latency,
    ipv4: { ipv4Prefix },
    ...(hosts === undefined ? {} : { hosts }),
  });
  parts.defer(() => simulator.close());
  const served = await takePort("hetzner", ports.hetzner, (port) => serveSimulator(simulator, { port }));
  parts.defer(() => served.stop());
  const all = parts.move();
  return { simulator, endpoint: served.endpoint, sshPort, tokens, stop: () => all.disposeAsync() };
}

interface Behind {
  readonly hosts?: Hosts;
  readonly ipv4Prefix: string;
  readonly sshPort: number;
}

async function behind({ ports, pace, machines, log }: HetznerInput, parts: AsyncDisposableStack): Promise<Behind> {
  if (machines.kind === "real") {
    return { hosts: machines.hosts, ipv4Prefix: machines.hosts.subnet.prefix, sshPort: realSshPort };
  }
  const { kind, ipv4Prefix } = machines;
  if (kind === "none") return { ipv4Prefix, sshPort: ports.ssh.port };
  const { port: sshPort, release } = await claimSsh(ports, ipv4Prefix);
  parts.defer(release);
  const { timings, runSeconds } = paces[pace];
  const hosts = makeStandIns({ sshPort, log, fetch, runSeconds, ...timings });
  parts.defer(() => hosts.closeAll());
  return { hosts, ipv4Prefix, sshPort };
}

/** A real host has its own network, so its sshd listens where every sshd does. */
const realSshPort = 22;

const projectsOf = ({ readWrite, readOnly, other }: HetznerTokens) => [
  {
    name: "demo",
    tokens: [
      { value: readWrite, permission: "rw" as const },
      { value: readOnly, permission: "ro" as const },
    ],
  },
  { name: "other", tokens: [{ value: other, permission: "rw" as const }] },
];

/** Holds the SSH port on the network's last address, which no server gets: proof that nobody else has the network. */
const claimSsh = ({ ssh }: HetznerInput["ports"], ipv4Prefix: string): Promise<Claim> =>
  takePort("ssh", ssh, (port) => holdPort(port, `${ipv4Prefix}.255.255`));
