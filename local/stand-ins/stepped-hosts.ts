import {
  type HostLook,
  hostLookCommands,
  readHostLook,
  type SshOutcome,
  type SshTarget,
} from "../../shared/node/index.ts";
import { type Clock, defaultTimings, type HostSpec, type Hosts, type Timings } from "./hosts.ts";
import { decideDoor, findPublicBlob, isAuthorized, type Machine, makeMachine } from "./machine.ts";
import { runCommand } from "./shell.ts";

interface SteppedOptions extends Partial<Timings> {
  clock: Pick<Clock, "now">;
}

/** Machines without sockets, for tests with a stepped clock. */
export interface SteppedHosts extends Hosts {
  /** Answers as `lookAtHost` would over a real connection, at once (a time-out too). The port is not compared. */
  look(target: SshTarget): Promise<HostLook>;
}

export function makeSteppedHosts({ clock, ...timings }: SteppedOptions): SteppedHosts {
  const machines = new Map<number, Machine & { on: boolean }>();
  return {
    async boot(spec: HostSpec) {
      const previous = machines.get(spec.serverId);
      const times = { ...defaultTimings, ...timings };
      machines.set(spec.serverId, { ...makeMachine({ spec, timings: times, nowMs: clock.now(), previous }), on: true });
    },
    async stop(serverId) {
      const machine = machines.get(serverId);
      if (machine !== undefined) machine.on = false;
    },
    async destroy(serverId) {
      machines.delete(serverId);
    },
    async look(target) {
      const machine = [...machines.values()].find(({ on, spec }) => on && spec.ipv4 === target.host);
      return readHostLook(connect(machine, target, clock.now()));
    },
  };
}

/** The order is that of the protocol: the port, the server's key, then ours. */
function connect(machine: Machine | undefined, target: SshTarget, nowMs: number): SshOutcome {
  if (machine === undefined) return notReached("refused");
  const door = decideDoor(machine, nowMs);
  if (door !== "open") return notReached(door === "silent" ? "timeout" : "refused");
  const hostBlob = findPublicBlob(machine.hostPrivateKey)?.toString("base64");
  if (!target.hostKeys.some((line) => line.split(/\s+/)[1] === hostBlob)) return notReached("host_key_mismatch");
  const loginBlob = findPublicBlob(target.privateKey);
  if (loginBlob === undefined || !isAuthorized(machine, target.user, loginBlob)) return notReached("auth_failed");
  return { reached: true, results: hostLookCommands().map((command) => runCommand(machine, nowMs, command)) };
}

type Reason = Extract<SshOutcome, { reached: false }>["reason"];

function notReached(reason: Reason): SshOutcome {
  return { reached: false, reason, message: `simulated: ${reason}` };
}
