/** Real systemd hosts behind simulated servers. README.md says how they are made and what they leave changed. */

export type { HostFault, HostSpec, Hosts } from "../hetzner/index.ts";
export { type OpenInput, openHosts, type RealHosts } from "./hosts.ts";
export type { Subnet } from "./subnets.ts";
export { StillRunning, sweep } from "./sweep.ts";
export { hostsPossible, type Possible } from "./tools.ts";
