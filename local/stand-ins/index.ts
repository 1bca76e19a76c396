/** Machines behind the simulated servers: with real SSH on a loopback address, or stepped for tests. README.md lists the faults. */
export type { Clock, HostFault, HostSpec, Hosts, Timings } from "./hosts.ts";
export { type BegunRun, type Ending, makePlaybooks, type Playbooks, type Ran, type RunScript } from "./playbooks.ts";
export { makeStandIns, type StandIns } from "./stand-ins.ts";
export { makeSteppedHosts, type SteppedHosts } from "./stepped-hosts.ts";
