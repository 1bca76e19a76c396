import {
  barePublicKey,
  type CommandResult,
  type HostLook,
  hostLookCommands,
  isSkipped,
  readHostLook,
  type SshCommand,
  type SshOutcome,
  type SshTarget,
} from "../../shared/node/index.ts";
import {
  type Clock,
  defaultTimings,
  type HostFault,
  type HostSpec,
  type Hosts,
  noDisk,
  type Timings,
} from "./hosts.ts";
import {
  decideDoor,
  findPublicBlob,
  findPublicLine,
  hasDied,
  isAuthorized,
  type Machine,
  makeMachine,
  powerOff,
} from "./machine.ts";
import { makePlaybooks, type Playbooks } from "./playbooks.ts";
import { runCommand } from "./shell.ts";

interface SteppedOptions extends Partial<Timings> {
  clock: Pick<Clock, "now">;
}

/** Machines without sockets, for tests with a stepped clock. */
export interface SteppedHosts extends Hosts {
  fault(serverId: number, fault: HostFault): Promise<void>;
  /** Answers as `lookAtHost` would over a real connection, at once (a time-out too). The port is not compared. */
  look(target: SshTarget): Promise<HostLook>;
  /** The same for any commands, as `look` of `shared/node` would. */
  run(target: SshTarget, commands: readonly SshCommand[]): Promise<SshOutcome>;
  /** What runs of playbooks do, and which were begun. */
  readonly playbooks: Playbooks;
  /** The machine of a server, for a test to see and to damage. */
  machineOf(serverId: number): Machine | undefined;
}

interface Stepped extends Machine {
  on: boolean;
  linkDown: boolean;
}

export function makeSteppedHosts({ clock, ...timings }: SteppedOptions): SteppedHosts {
  const machines = new Map<number, Stepped>();
  const playbooks = makePlaybooks();
  const run = (target: SshTarget, commands: readonly SshCommand[]): SshOutcome => {
    const machine = [...machines.values()].find(({ on, spec }) => on && spec.ipv4 === target.host);
    return connect(machine, target, { nowMs: clock.now(), commands });
  };
  async function boot(spec: HostSpec): Promise<void> {
    const previous = machines.get(spec.serverId);
    const times = { ...defaultTimings, ...timings };
    const machine = makeMachine({ spec, timings: times, nowMs: clock.now(), previous, playbooks });
    machines.set(spec.serverId, { ...machine, on: true, linkDown: previous?.linkDown ?? false });
  }
  async function reboot(serverId: number): Promise<void> {
    const machine = machines.get(serverId);
    if (machine?.on && !hasDied(machine, clock.now())) await boot(machine.spec);
  }
  async function stop(serverId: number): Promise<void> {
    const machine = machines.get(serverId);
    if (machine === undefined) return;
    powerOff(machine, clock.now());
    machine.on = false;
  }
  return {
    boot,
    reboot,
    stop,
    shutdown: stop,
    async destroy(serverId) {
      machines.delete(serverId);
    },
    async fault(serverId, name) {
      if (name === "kill") return stop(serverId);
      if (name === "reboot") return reboot(serverId);
      if (name !== "link_down" && name !== "link_up") throw new Error(noDisk);
      const machine = machines.get(serverId);
      if (machine !== undefined) machine.linkDown = name === "link_down";
    },
    look: async (target) => readHostLook(run(target, hostLookCommands())),
    run: async (target, commands) => run(target, commands),
    machineOf: (serverId) => machines.get(serverId),
    playbooks,
  };
}

interface Session {
  nowMs: number;
  commands: readonly SshCommand[];
}

/** The order is that of the protocol: the port, the server's key, then ours. */
function connect(machine: Stepped | undefined, target: SshTarget, { nowMs, commands }: Session): SshOutcome {
  if (machine === undefined) return notReached("refused");
  const door = decideDoor(machine, nowMs);
  if (door === "refused") return notReached("refused");
  if (door === "silent" || machine.linkDown) return notReached("timeout");
  const hostKey = findPublicLine(machine.hostPrivateKey);
  if (!target.hostKeys.some((line) => barePublicKey(line) === hostKey)) return notReached("host_key_mismatch");
  const loginBlob = findPublicBlob(target.privateKey);
  if (loginBlob === undefined || !isAuthorized(machine, target.user, loginBlob)) return notReached("auth_failed");
  const results: CommandResult[] = [];
  for (const command of commands) {
    const before = results.at(-1);
    results.push(isSkipped(command, before) ? before : runOne(machine, nowMs, command));
  }
  return { reached: true, hostKey, results };
}

function runOne(machine: Machine, nowMs: number, command: SshCommand): CommandResult {
  if (typeof command === "string") return runCommand(machine, nowMs, command);
  return runCommand(machine, nowMs, command.command, Buffer.from(command.stdin));
}

type Reason = Extract<SshOutcome, { reached: false }>["reason"];

function notReached(reason: Reason): SshOutcome {
  return { reached: false, reason, message: `simulated: ${reason}` };
}
