/** The harness's world on real hosts: the worker logs in to real machines, and time passes as they need it. */
import { readdir } from "node:fs/promises";
import type { RealHosts } from "../../local/hosts/index.ts";
import { baseDir } from "../../local/hosts/names.ts";
import { sshLimits } from "../../shared/config.ts";
import { look } from "../../shared/node/index.ts";
import { makeWorldOn, startMs, type WorldHosts, type WorldOptions } from "../harness/world.ts";
import { type Haste, makeHastyClock } from "./hasty-clock.ts";
import { quickProvision } from "./small-playbooks.ts";

export interface RealWorldOptions extends WorldOptions, Partial<Haste> {}

/** Servers of different worlds have the same ids: on the machine each world's have others. */
const idsAWorld = 1_000_000;
let worlds = 0;
let addresses = 0;

/** An address is not given twice in one run of the tests. */
const nextAddress = ({ subnet }: RealHosts): string => {
  addresses += 1;
  if (addresses > 253) throw new Error("the tests have used every address of the subnet");
  return `${subnet.prefix}.${addresses}`;
};

/** A world whose servers are real. */
export const makeRealWorld = async (hosts: RealHosts, options: RealWorldOptions = {}) => {
  const { paceMs = 300, lateMs = 0, ...more } = options;
  const rest = { playbooks: quickProvision, ...more };
  worlds += 1;
  const offset = worlds * idsAWorld;
  const used = new Set<string>();
  const hostId = (serverId: number): number => {
    used.add(String(serverId + offset));
    return serverId + offset;
  };
  const ours: WorldHosts = {
    images: hosts.images,
    boot: (spec) => hosts.boot({ ...spec, serverId: hostId(spec.serverId) }),
    shutdown: (id) => hosts.shutdown(hostId(id)),
    reboot: (id) => hosts.reboot(hostId(id)),
    stop: (id) => hosts.stop(hostId(id)),
    destroy: (id) => hosts.destroy(hostId(id)),
    fault: (id, fault) => hosts.fault(hostId(id), fault),
    run: (target, commands) => look(target, commands, sshLimits),
  };
  const clock = makeHastyClock(startMs, { paceMs, lateMs });
  const world = await makeWorldOn({ clock, hosts: ours, addresses: () => nextAddress(hosts), sshPort: 22 }, rest);
  /** Hosts of this world that still have something on the machine. */
  const hostsLeft = async (): Promise<string[]> =>
    (await readdir(`${baseDir}/hosts/${hosts.prefix}`)).filter((id) => used.has(id));
  return { ...world, hostsLeft };
};

export type RealWorld = Awaited<ReturnType<typeof makeRealWorld>>;
