import { makeBackupWork } from "./backups.ts";
import {
  type Clock,
  defaultTimings,
  type HostFault,
  type HostSpec,
  type Hosts,
  noDisk,
  realClock,
  type Timings,
} from "./hosts.ts";
import { hasDied, type Machine, makeMachine, powerOff } from "./machine.ts";
import { makePlaybooks, type Playbooks } from "./playbooks.ts";
import { type Listener, listen } from "./sshd.ts";

interface StandInOptions extends Partial<Timings> {
  sshPort: number;
  clock?: Clock;
  /** By which backups are really sent and fetched. Absent: their runs only say that they were. */
  fetch?: typeof fetch;
  /** How long a run of a playbook takes. Default 5. */
  runSeconds?: number;
  /** One line for a person. Holds no secret. */
  log(line: string): void;
}

/** Machines that answer SSH on `<ipv4>:<sshPort>`. */
export interface StandIns extends Hosts {
  fault(serverId: number, fault: HostFault): Promise<void>;
  /** What runs of playbooks do, and which were begun. */
  readonly playbooks: Playbooks;
  /** Powers everything off and forgets it. Afterwards nothing keeps the process alive. */
  closeAll(): Promise<void>;
}

interface StandIn {
  machine: Machine;
  /** Nothing gets through to the machine: it can only be shown as a port where nobody speaks. */
  linkDown: boolean;
  power: AbortController;
  /** Settles when the last power cycle has left nothing open. */
  life: Promise<void>;
}

/**
 * One SSH stand-in per simulated server. Linux only: there every address in 127.0.0.0/8 can be listened on without being set up.
 * A port that cannot be opened is logged, and the server then refuses connections as an unreachable one would.
 */
export function makeStandIns({
  sshPort,
  clock = realClock,
  log,
  fetch,
  runSeconds = 5,
  ...timings
}: StandInOptions): StandIns {
  const standIns = new Map<number, StandIn>();
  const times = { ...defaultTimings, ...timings };
  const playbooks = makePlaybooks({ seconds: runSeconds, ...(fetch && { work: makeBackupWork(fetch) }) });

  async function unplug(standIn: StandIn | undefined): Promise<void> {
    standIn?.power.abort();
    await standIn?.life;
  }

  async function stop(serverId: number): Promise<void> {
    const standIn = standIns.get(serverId);
    if (standIn !== undefined) powerOff(standIn.machine, clock.now());
    await unplug(standIn);
  }

  function switchOn(machine: Machine, linkDown: boolean): void {
    const { spec } = machine;
    const power = new AbortController();
    const life = live({ machine, linkDown, port: sshPort, clock, power: power.signal }).catch((error: unknown) =>
      log(`${spec.name}: no SSH on ${spec.ipv4}:${sshPort}: ${explain(error)}`),
    );
    standIns.set(spec.serverId, { machine, linkDown, power, life });
  }

  async function boot(spec: HostSpec): Promise<void> {
    await stop(spec.serverId);
    const previous = standIns.get(spec.serverId);
    const machine = makeMachine({ spec, timings: times, nowMs: clock.now(), previous: previous?.machine, playbooks });
    switchOn(machine, previous?.linkDown ?? false);
  }

  const isOn = ({ machine, power }: StandIn): boolean => !power.signal.aborted && !hasDied(machine, clock.now());

  async function reboot(serverId: number): Promise<void> {
    const standIn = standIns.get(serverId);
    if (standIn !== undefined && isOn(standIn)) await boot(standIn.machine.spec);
  }

  async function setLink(serverId: number, linkDown: boolean): Promise<void> {
    const standIn = standIns.get(serverId);
    if (standIn === undefined) return;
    const wasOn = isOn(standIn);
    await unplug(standIn);
    if (wasOn) switchOn(standIn.machine, linkDown);
    else standIn.linkDown = linkDown;
  }

  async function fault(serverId: number, name: HostFault): Promise<void> {
    if (name === "kill") return stop(serverId);
    if (name === "reboot") return reboot(serverId);
    if (name === "link_down" || name === "link_up") return setLink(serverId, name === "link_down");
    throw new Error(noDisk);
  }

  async function destroy(serverId: number): Promise<void> {
    await stop(serverId);
    standIns.delete(serverId);
  }

  const closeAll = async () => void (await Promise.all([...standIns.keys()].map(destroy)));
  return { boot, shutdown: stop, reboot, stop, destroy, fault, playbooks, closeAll };
}

interface Life {
  machine: Machine;
  linkDown: boolean;
  port: number;
  clock: Clock;
  power: AbortSignal;
}

/** From power on to power off. */
async function live({ machine, linkDown, port, clock, power }: Life): Promise<void> {
  const { behaviour, bootedAtMs, spec } = machine;
  const { sshReadyMs, diesMs, silent } = behaviour;
  const host = spec.ipv4;
  if (host === null || sshReadyMs === null) return;
  if (diesMs !== null && diesMs <= sshReadyMs) return;
  const untilMs = (atMs: number) => bootedAtMs + atMs - clock.now();
  if (!(await passes(clock, untilMs(sshReadyMs), power)) || hasDied(machine, clock.now())) return;
  const now = () => clock.now();
  const listener: Listener = await listen({ machine, host, port, now, isSilent: silent || linkDown });
  try {
    if (diesMs === null) await aborted(power);
    else await passes(clock, untilMs(diesMs), power);
  } finally {
    await listener.close();
  }
}

/** true after `ms`, false as soon as the power goes. */
async function passes(clock: Clock, ms: number, power: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(Math.max(ms, 0), power);
    return !power.aborted;
  } catch (error) {
    if (power.aborted) return false;
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return "the address is in use. Is another local cloud running?";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address. Simulated servers answer SSH on Linux only.";
  return `${code ?? "unexpected error"}`;
}
