import { randomUUID } from "node:crypto";
import ssh2 from "ssh2";
import { makeKeyPair } from "../../shared/node/index.ts";
import { type Behaviour, decideBehaviour } from "./behaviour.ts";
import type { HostSpec, Timings } from "./hosts.ts";
import type { Playbooks } from "./playbooks.ts";
import { cutOffRuns, makeRunDisk, type RunDisk } from "./stored-run.ts";
import { parseUserData } from "./user-data.ts";

/** One power cycle of a simulated server: everything that does not need a socket. */
export interface Machine {
  spec: HostSpec;
  behaviour: Behaviour;
  /** When it began to start. */
  bootedAtMs: number;
  bootId: string;
  disk: Disk;
  /** What its runs of playbooks do. */
  playbooks: Playbooks;
  /** OpenSSH private key that sshd has loaded, from its disk: at its start and when it is told to. */
  hostPrivateKey: string;
}

/** What survives a restart: OpenSSH private keys in the files of sshd. */
export interface Disk extends RunDisk {
  hostKey: string;
  /** The one that waits beside it. */
  nextHostKey: string | null;
}

interface Boot {
  spec: HostSpec;
  timings: Timings;
  nowMs: number;
  /** The same server before: its disk is kept, and what ran on it is cut off. */
  previous: Machine | undefined;
  playbooks: Playbooks;
}

export function makeMachine({ spec, timings, nowMs, previous, playbooks }: Boot): Machine {
  const behaviour = decideBehaviour(spec.name, timings);
  if (previous) powerOff(previous, nowMs);
  const disk = previous?.disk ?? { ...makeRunDisk(), hostKey: chooseHostKey(spec, behaviour), nextHostKey: null };
  const bootedAtMs = nowMs + behaviour.bootDelayMs;
  return { spec, behaviour, bootedAtMs, bootId: randomUUID(), disk, playbooks, hostPrivateKey: disk.hostKey };
}

/** What runs on it ends here, or ended when it died. */
export function powerOff({ disk, behaviour: { diesMs }, bootedAtMs }: Machine, nowMs: number): void {
  cutOffRuns(disk, Math.min(nowMs, diesMs === null ? nowMs : bootedAtMs + diesMs));
}

function chooseHostKey(spec: HostSpec, behaviour: Behaviour): string {
  const given = behaviour.givenHostKey ? parseUserData(spec.userData).hostPrivateKey : undefined;
  const readable = given !== undefined && !(ssh2.utils.parseKey(given) instanceof Error);
  return readable ? given : makeKeyPair(`root@${spec.name}`).privateKey;
}

/** What a connection to port 22 meets. */
export type Door = "refused" | "silent" | "open";

export function decideDoor(machine: Machine, nowMs: number): Door {
  const { behaviour, bootedAtMs } = machine;
  if (behaviour.sshReadyMs === null || nowMs - bootedAtMs < behaviour.sshReadyMs) return "refused";
  if (hasDied(machine, nowMs)) return "refused";
  return behaviour.silent ? "silent" : "open";
}

/** Whether the machine has gone off by itself since it was powered on. */
export function hasDied({ behaviour: { diesMs }, bootedAtMs }: Machine, nowMs: number): boolean {
  return diesMs !== null && nowMs - bootedAtMs >= diesMs;
}

/** As sshd with `PermitRootLogin prohibit-password`: root alone, with a key of the server. */
export function isAuthorized({ spec }: Machine, user: string, publicBlob: Buffer): boolean {
  const offered = publicBlob.toString("base64");
  return user === "root" && spec.authorizedKeys.some((line) => line.trim().split(/\s+/)[1] === offered);
}

/** The public half of a private key as the SSH protocol carries it; undefined when it cannot be read. */
export function findPublicBlob(privateKey: string): Buffer | undefined {
  const key = ssh2.utils.parseKey(privateKey);
  return key instanceof Error ? undefined : key.getPublicSSH();
}

/** The same as a public key line without comment; empty when it cannot be read. */
export function findPublicLine(privateKey: string): string {
  const blob = findPublicBlob(privateKey);
  return blob === undefined ? "" : `ssh-ed25519 ${blob.toString("base64")}`;
}
