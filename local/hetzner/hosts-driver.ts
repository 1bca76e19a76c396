import type { Hosts } from "./options.ts";
import type { HostEvent, World } from "./world.ts";

/** Passes what happens to servers on to the machines behind them. */
export interface HostsDriver {
  /** Starts the calls for all events so far; does not wait for them. */
  pump(): void;
  /** Resolves when every call so far has ended. */
  idle(): Promise<void>;
  /** What calls failed with, oldest first: the API knows nothing of it, as with a machine that does not boot. */
  failures(): readonly string[];
}

function callHost(hosts: Hosts, { kind, server, ipv4 }: HostEvent): Promise<void> {
  if (kind === "stop") return hosts.stop(server.id);
  if (kind === "destroy") return hosts.destroy(server.id);
  const { id: serverId, name, userData, authorizedKeys, image } = server;
  return hosts.boot({ serverId, name, ipv4, userData, authorizedKeys, image: image.name });
}

/** Calls for one address run one after the other, so that its next server waits until the last one is gone. */
export function makeHostsDriver(hosts: Hosts | undefined, world: World): HostsDriver {
  const lines = new Map<string, Promise<void>>();
  const failures: string[] = [];
  const enqueue = (event: HostEvent, to: Hosts) => {
    const line = event.ipv4 ?? `server ${event.server.id}`;
    const before = lines.get(line) ?? Promise.resolve();
    const call = before
      .then(() => callHost(to, event))
      .catch((error: unknown) => {
        failures.push(
          `${event.kind} of server ${event.server.id}: ${error instanceof Error ? error.message : "failed"}`,
        );
      });
    lines.set(line, call);
  };
  return {
    pump() {
      for (const event of world.hostEvents.splice(0)) if (hosts !== undefined) enqueue(event, hosts);
    },
    async idle() {
      await Promise.all(lines.values());
    },
    failures: () => failures,
  };
}
