import { type Clock, defaultTimings, type HostSpec, type Hosts, realClock, type Timings } from "./hosts.ts";
import { type Machine, makeMachine } from "./machine.ts";
import { type Listener, listen } from "./sshd.ts";

interface StandInOptions extends Partial<Timings> {
  sshPort: number;
  clock?: Clock;
  /** One line for a person. Holds no secret. */
  log(line: string): void;
}

/** Machines that answer SSH on `<ipv4>:<sshPort>`. */
export interface StandIns extends Hosts {
  /** Powers everything off and forgets it. Afterwards nothing keeps the process alive. */
  closeAll(): Promise<void>;
}

interface StandIn {
  machine: Machine;
  power: AbortController;
  /** Settles when the last power cycle has left nothing open. */
  life: Promise<void>;
}

/**
 * One SSH stand-in per simulated server. Linux only: there every address in 127.0.0.0/8 can be listened on without being set up.
 * A port that cannot be opened is logged, and the server then refuses connections as an unreachable one would.
 */
export function makeStandIns({ sshPort, clock = realClock, log, ...timings }: StandInOptions): StandIns {
  const standIns = new Map<number, StandIn>();
  const times = { ...defaultTimings, ...timings };

  async function stop(serverId: number): Promise<void> {
    const standIn = standIns.get(serverId);
    standIn?.power.abort();
    await standIn?.life;
  }

  async function boot(spec: HostSpec): Promise<void> {
    await stop(spec.serverId);
    const previous = standIns.get(spec.serverId)?.machine;
    const machine = makeMachine({ spec, timings: times, nowMs: clock.now(), previous });
    const power = new AbortController();
    const life = live({ machine, port: sshPort, clock, power: power.signal }).catch((error: unknown) =>
      log(`${spec.name}: no SSH on ${spec.ipv4}:${sshPort}: ${explain(error)}`),
    );
    standIns.set(spec.serverId, { machine, power, life });
  }

  async function destroy(serverId: number): Promise<void> {
    await stop(serverId);
    standIns.delete(serverId);
  }

  return { boot, stop, destroy, closeAll: async () => void (await Promise.all([...standIns.keys()].map(destroy))) };
}

interface Life {
  machine: Machine;
  port: number;
  clock: Clock;
  power: AbortSignal;
}

/** From power on to power off. */
async function live({ machine, port, clock, power }: Life): Promise<void> {
  const { sshReadyMs, diesMs } = machine.behaviour;
  const host = machine.spec.ipv4;
  if (host === null || sshReadyMs === null) return;
  if (diesMs !== null && diesMs <= sshReadyMs) return;
  if (!(await passes(clock, sshReadyMs, power))) return;
  const listener: Listener = await listen({ machine, host, port, now: () => clock.now() });
  try {
    if (diesMs === null) await aborted(power);
    else await passes(clock, diesMs - sshReadyMs, power);
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
