import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { HostFault, Hosts } from "../hetzner/index.ts";
import { findMountedCgroups, makeCgroup } from "./cgroups.ts";
import { type Images, prepareImages } from "./images.ts";
import { serveMetadata } from "./metadata.ts";
import { type Names, namesFor, prefixFor } from "./names.ts";
import { exposePort, makeNetwork, openNetwork, raiseKernelLimits } from "./network.ts";
import { tryLock } from "./owner-lock.ts";
import { makeRack, type Rack } from "./rack.ts";
import { openS3Gate } from "./s3-gate.ts";
import type { Subnet } from "./subnets.ts";
import { removeAll } from "./sweep.ts";
import { hostsPossible, installTools } from "./tools.ts";

export interface OpenInput {
  /** Folder of the local cloud: decides the names of everything, so that two local clouds never meet. */
  readonly folder: string;
  /** One line of progress for a person. Holds no secret. */
  log(line: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** Real systemd hosts behind simulated servers. Not a boundary of security: root in a host can harm the machine. */
export interface RealHosts extends Hosts {
  readonly images: readonly string[];
  /** Servers need addresses from it: x.y.z.1 to x.y.z.253. */
  readonly subnet: Subnet;
  /** In front of the name of everything on the machine. */
  readonly prefix: string;
  fault(serverId: number, fault: HostFault): Promise<void>;
  /**
   * Lets hosts reach the backups of one bucket by pre-signed addresses, in the S3 of the AWS emulator that listens on
   * 127.0.0.1 at this port: at the gateway's address, same port.
   */
  exposeS3(s3: { readonly port: number; readonly bucket: string }): Promise<void>;
  /** Ends and forgets every host, and removes all that was made. Repeatable. */
  closeAll(): Promise<void>;
}

/**
 * Prepares the machine: missing tools, images, what a killed owner has left, kernel limits, network. Takes minutes the very first
 * time and less than a second later.
 *
 * @throws Error of one line that says what is in the way, or the signal's reason; nothing is left then
 */
export async function openHosts({ folder, log, signal }: OpenInput): Promise<RealHosts> {
  const answer = await hostsPossible();
  if (!answer.possible) throw new Error(`No real hosts: ${answer.reason}.`);
  await using parts = new AsyncDisposableStack();
  const names = namesFor(prefixFor(folder));
  const release = await tryLock(names.prefix);
  if (release === undefined) throw new Error(`The hosts of ${folder} belong to a local cloud that is running.`);
  parts.defer(release);
  await installTools(log, signal);
  const images = await prepareImages({ log, signal });
  await removeAll(names);
  parts.defer(() => removeAll(names));
  await raiseKernelLimits();
  const { rack, subnet } = await makeGround(names, images, parts);
  const gates = parts.use(new AsyncDisposableStack());
  signal?.throwIfAborted();
  const all = parts.move();
  let closing: Promise<void> | undefined;
  return {
    ...rack.hosts,
    images: [...images.keys()],
    subnet,
    prefix: names.prefix,
    async exposeS3({ port, bucket }) {
      const gate = await openS3Gate({ address: subnet.gateway, port, bucket });
      gates.defer(() => gate.close());
      await exposePort(names, port);
    },
    closeAll() {
      closing ??= all.disposeAsync();
      return closing;
    },
  };
}

/** What hosts stand on: a folder, a control group, a network without a way out, and their metadata. */
async function makeGround(
  names: Names,
  images: Images,
  parts: AsyncDisposableStack,
): Promise<{ rack: Rack; subnet: Subnet }> {
  const cgroupRoot = await findMountedCgroups();
  await makeCgroup(join(cgroupRoot, names.prefix));
  await mkdir(names.dir, { recursive: true, mode: 0o700 });
  const subnet = await makeNetwork(names);
  const rack = makeRack({ names, subnet, images, cgroupRoot });
  parts.defer(() => rack.close());
  const metadata = await serveMetadata(subnet.gateway, rack.findSpec);
  parts.defer(() => metadata.close());
  await openNetwork(names, subnet, metadata.port);
  return { rack, subnet };
}
