import { ipv4Of } from "./addresses.ts";
import type { HostFault, Hosts } from "./options.ts";
import { locationNamed } from "./present.ts";
import type { ServerRecord } from "./records.ts";
import type { HostEvent, World } from "./world.ts";

/** Passes what happens to servers on to the machines behind them. */
export interface HostsDriver {
  /** Starts the calls for all events so far; does not wait for them. */
  pump(): void;
  /** Resolves when every call so far has ended. */
  idle(): Promise<void>;
  /**
   * Passes a fault on, after all calls for the address so far; `no_faults` when the hosts know none. Rejects with what
   * the hosts reject with.
   */
  fault(server: ServerRecord, fault: HostFault): Promise<"done" | "no_faults">;
  /** What calls failed with, oldest first: the API knows nothing of it, as with a machine that does not boot. */
  failures(): readonly string[];
}

function callHost(hosts: Hosts, { kind, server, ipv4 }: HostEvent): Promise<void> {
  if (kind !== "boot") return hosts[kind](server.id);
  const { id: serverId, name, userData, authorizedKeys, image, location } = server;
  const networkZone = locationNamed(location).network_zone;
  return hosts.boot({ serverId, name, ipv4, userData, authorizedKeys, image: image.name, location, networkZone });
}

/** Calls for one address run one after the other, so that its next server waits until the last one is gone. */
export function makeHostsDriver(hosts: Hosts | undefined, world: World): HostsDriver {
  const lines = new Map<string, Promise<void>>();
  const failures: string[] = [];
  const queue = (at: Pick<HostEvent, "server" | "ipv4">, work: () => Promise<void>): Promise<void> => {
    const line = at.ipv4 ?? `server ${at.server.id}`;
    const call = (lines.get(line) ?? Promise.resolve()).then(work);
    lines.set(
      line,
      call.catch(() => undefined),
    );
    return call;
  };
  const enqueue = (event: HostEvent, to: Hosts) => {
    queue(event, () => callHost(to, event)).catch((error: unknown) => {
      failures.push(`${event.kind} of server ${event.server.id}: ${error instanceof Error ? error.message : "failed"}`);
    });
  };
  return {
    pump() {
      for (const event of world.hostEvents.splice(0)) if (hosts !== undefined) enqueue(event, hosts);
    },
    async fault(server, fault) {
      if (hosts?.fault === undefined) return "no_faults";
      await queue({ server, ipv4: ipv4Of(world, server) }, async () => hosts.fault?.(server.id, fault));
      return "done";
    },
    async idle() {
      await Promise.all(lines.values());
    },
    failures: () => failures,
  };
}
