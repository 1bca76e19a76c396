import { setTimeout as sleep } from "node:timers/promises";

/** What the simulator tells about a server that it starts. */
export interface HostSpec {
  serverId: number;
  name: string;
  /** null: a server without a public address; nothing can be reached. */
  ipv4: string | null;
  userData: string;
  /** Public key lines. */
  authorizedKeys: readonly string[];
  image: string;
}

/** The machines behind simulated servers. Each call is repeatable; none waits for a machine to be up. */
export interface Hosts {
  /** Power on. A machine that is on is restarted; one that was stopped keeps its disk. */
  boot(host: HostSpec): Promise<void>;
  /** Power off; the disk stays. */
  stop(serverId: number): Promise<void>;
  /** Power off and forget. */
  destroy(serverId: number): Promise<void>;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** How long a healthy machine takes from power on. */
export interface Timings {
  sshReadyMs: number;
  cloudInitMs: number;
}

export const defaultTimings: Timings = { sshReadyMs: 1_500, cloudInitMs: 3_000 };
