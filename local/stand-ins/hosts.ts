export { type Clock, type HostFault, type HostSpec, type Hosts, realClock } from "../hetzner/index.ts";

/** What a stand-in says to faults of a disk. */
export const noDisk = "a stand-in has no disk: disk_full and disk_free need real hosts";

/** How long a healthy machine takes from power on. */
export interface Timings {
  sshReadyMs: number;
  cloudInitMs: number;
}

export const defaultTimings: Timings = { sshReadyMs: 1_500, cloudInitMs: 3_000 };
