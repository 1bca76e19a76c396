import { randomUUID } from "node:crypto";
import ssh2 from "ssh2";
import { makeKeyPair } from "../../shared/node/index.ts";
import { type Behaviour, decideBehaviour } from "./behaviour.ts";
import type { HostSpec, Timings } from "./hosts.ts";
import { parseUserData } from "./user-data.ts";

/** One power cycle of a simulated server: everything that does not need a socket. */
export interface Machine {
  spec: HostSpec;
  behaviour: Behaviour;
  bootedAtMs: number;
  bootId: string;
  /** OpenSSH private key of sshd; on the disk, so it survives a restart. */
  hostPrivateKey: string;
}

interface Boot {
  spec: HostSpec;
  timings: Timings;
  nowMs: number;
  /** The same server before: its disk is kept. */
  previous: Machine | undefined;
}

export function makeMachine({ spec, timings, nowMs, previous }: Boot): Machine {
  const behaviour = decideBehaviour(spec.name, timings);
  const hostPrivateKey = previous?.hostPrivateKey ?? chooseHostKey(spec, behaviour);
  return { spec, behaviour, bootedAtMs: nowMs, bootId: randomUUID(), hostPrivateKey };
}

function chooseHostKey(spec: HostSpec, behaviour: Behaviour): string {
  const given = behaviour.givenHostKey ? parseUserData(spec.userData).hostPrivateKey : undefined;
  const readable = given !== undefined && !(ssh2.utils.parseKey(given) instanceof Error);
  return readable ? given : makeKeyPair(`root@${spec.name}`).privateKey;
}

/** What a connection to port 22 meets. */
export type Door = "refused" | "silent" | "open";

export function decideDoor({ behaviour, bootedAtMs }: Machine, nowMs: number): Door {
  const upMs = nowMs - bootedAtMs;
  if (behaviour.sshReadyMs === null || upMs < behaviour.sshReadyMs) return "refused";
  if (behaviour.diesMs !== null && upMs >= behaviour.diesMs) return "refused";
  return behaviour.silent ? "silent" : "open";
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
