import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { HostFault, HostSpec, Hosts } from "../hetzner/index.ts";
import { decideBehaviour } from "../stand-ins/behaviour.ts";
import type { Images } from "./images.ts";
import { makeLines } from "./lines.ts";
import {
  cutPower,
  type Machine,
  makeFiles,
  powerOn,
  removeFiles,
  restart,
  setDisk,
  setLink,
  shutDown,
} from "./machine.ts";
import { hostNamesFor, type Names } from "./names.ts";
import { forgetNeighbour } from "./network.ts";
import { healthyTimings } from "./seed.ts";
import { contains, type Subnet } from "./subnets.ts";

export interface RackInput {
  readonly names: Names;
  readonly subnet: Subnet;
  readonly images: Images;
  /** Where control groups are. */
  readonly cgroupRoot: string;
}

/** All machines of one local cloud, by server id. */
export interface Rack {
  readonly hosts: Hosts & Required<Pick<Hosts, "fault">>;
  /** The host that has an address, whether on or off. */
  findSpec(ipv4: string): HostSpec | undefined;
  /** Takes no further call, and resolves when every call so far has ended. */
  close(): Promise<void>;
}

/** Calls for one server run one after the other; one that names no machine we know does nothing. */
export function makeRack(input: RackInput): Rack {
  const machines = new Map<number, Machine>();
  const deaths = new Map<number, NodeJS.Timeout>();
  const lines = makeLines();

  const forMachine = (serverId: number, work: (machine: Machine) => Promise<void>): Promise<void> =>
    lines.run(serverId, async () => {
      const machine = machines.get(serverId);
      if (machine !== undefined) await work(machine);
    });

  async function switchOff(machine: Machine): Promise<void> {
    clearTimeout(deaths.get(machine.spec.serverId));
    deaths.delete(machine.spec.serverId);
    await cutPower(machine);
  }

  /** The fault `dies` is a power cut that nobody ordered. */
  function awaitDeath({ spec: { serverId }, behaviour: { bootDelayMs, diesMs } }: Machine): void {
    if (diesMs === null) return;
    const die = () => void forMachine(serverId, switchOff).catch(() => {});
    deaths.set(serverId, setTimeout(die, bootDelayMs + diesMs).unref());
  }

  async function boot(spec: HostSpec): Promise<void> {
    const before = machines.get(spec.serverId);
    if (before !== undefined) await leave(before);
    const machine = assemble(input, spec);
    machines.set(spec.serverId, machine);
    await makeFiles(machine, randomBytes(16).toString("hex"));
    await powerOn(machine);
    awaitDeath(machine);
  }

  /** The host may come back with another address. */
  async function leave(machine: Machine): Promise<void> {
    await switchOff(machine);
    if (machine.spec.ipv4 !== null) await forgetNeighbour(input.names, machine.spec.ipv4);
  }

  async function destroy(machine: Machine): Promise<void> {
    await leave(machine);
    await removeFiles(machine);
    machines.delete(machine.spec.serverId);
  }

  const hosts = {
    boot: (spec: HostSpec) => lines.run(spec.serverId, () => boot(spec)),
    shutdown: (serverId: number) => forMachine(serverId, (machine) => shutDown(machine).then(() => switchOff(machine))),
    reboot: (serverId: number) => forMachine(serverId, restart),
    stop: (serverId: number) => forMachine(serverId, switchOff),
    destroy: (serverId: number) => forMachine(serverId, destroy),
    fault: (serverId: number, fault: HostFault) =>
      forMachine(serverId, (machine) => (fault === "kill" ? switchOff(machine) : actOut(machine, fault))),
  };
  const findSpec = (ipv4: string) => [...machines.values()].find(({ spec }) => spec.ipv4 === ipv4)?.spec;
  async function close(): Promise<void> {
    for (const death of deaths.values()) clearTimeout(death);
    await lines.close();
  }
  return { hosts, findSpec, close };
}

function actOut(machine: Machine, fault: Exclude<HostFault, "kill">): Promise<void> {
  if (fault === "reboot") return restart(machine);
  if (fault === "link_down") return setLink(machine, "down");
  if (fault === "link_up") return setLink(machine, "up");
  return setDisk(machine, fault === "disk_full" ? "full" : "free");
}

function assemble({ names, subnet, images, cgroupRoot }: RackInput, spec: HostSpec): Machine {
  const image = images.get(spec.image);
  if (image === undefined) throw new Error(`There is no image ${spec.image}.`);
  if (spec.ipv4 !== null && !contains(subnet, spec.ipv4))
    throw new Error(`${spec.ipv4} is not in ${subnet.prefix}.0/24.`);
  const host = hostNamesFor(names, spec.serverId);
  const cgroupName = `${names.prefix}/${host.id}`;
  const behaviour = decideBehaviour(spec.name, healthyTimings);
  return { names, host, subnet, cgroup: join(cgroupRoot, cgroupName), cgroupName, spec, behaviour, image };
}
