/** What the simulator tells about a server that it starts. Each side of this interface declares its own copy. */
export interface HostSpec {
  serverId: number;
  name: string;
  /** null: no public IPv4; the host boots and cannot be reached. */
  ipv4: string | null;
  /** Verbatim; may be empty. */
  userData: string;
  /** Public key lines. */
  authorizedKeys: readonly string[];
  /** Image name, such as `debian-12`. */
  image: string;
  /** Such as `nbg1`. */
  location: string;
  /** Such as `eu-central`. */
  networkZone: string;
}

export type HostFault = "link_down" | "link_up" | "kill" | "reboot" | "disk_full" | "disk_free";

/** The machines behind simulated servers. */
export interface Hosts {
  /** Image names that can boot. */
  images?: readonly string[];
  /** Power on; a host that is on is power cycled. Its disk is kept. */
  boot(host: HostSpec): Promise<void>;
  /** Orderly, as ACPI asks for it: resolves when the host is off. */
  shutdown(serverId: number): Promise<void>;
  /** Orderly restart: resolves once the host has been asked. */
  reboot(serverId: number): Promise<void>;
  /** Cuts the power; the disk stays. */
  stop(serverId: number): Promise<void>;
  /** Power off and forget, the disk too. */
  destroy(serverId: number): Promise<void>;
  fault?(serverId: number, fault: HostFault): Promise<void>;
}
