import { setTimeout as sleep } from "node:timers/promises";

/** What the simulator tells about a server that it starts. Each side of this interface declares its own copy. */
export interface HostSpec {
  serverId: number;
  name: string;
  /** null: a server without a public address; nothing can be reached. */
  ipv4: string | null;
  userData: string;
  /** Public key lines. */
  authorizedKeys: readonly string[];
  image: string;
  location: string;
  networkZone: string;
}

export type HostFault = "link_down" | "link_up" | "kill" | "reboot" | "disk_full" | "disk_free";

/** The machines behind simulated servers. Each call is repeatable; none waits for a machine to be up. */
export interface Hosts {
  /** Image names that can boot; absent: all. */
  images?: readonly string[];
  /** Power on. A machine that is on is restarted; one that was stopped keeps its disk. */
  boot(host: HostSpec): Promise<void>;
  /** Orderly power off: resolves when it is off. */
  shutdown(serverId: number): Promise<void>;
  /** Orderly restart; nothing happens to a machine that is off. */
  reboot(serverId: number): Promise<void>;
  /** Power off; the disk stays. */
  stop(serverId: number): Promise<void>;
  /** Power off and forget. */
  destroy(serverId: number): Promise<void>;
  /** Something happens to the machine that its provider knows nothing of. Throws for what it cannot act out. */
  fault?(serverId: number, fault: HostFault): Promise<void>;
}

/** What a stand-in says to faults of a disk. */
export const noDisk = "a stand-in has no disk: disk_full and disk_free need real hosts";

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
