import { readFile } from "node:fs/promises";
import { run, tryRun } from "./command.ts";
import { hardwareAddressFor, isOwnLink, type Names } from "./names.ts";
import { withLock } from "./owner-lock.ts";
import { writeRuleset } from "./ruleset.ts";
import { chooseSubnet, cidrOf, readRoutes, readRoutesOf, type Subnet } from "./subnets.ts";

/** Limits of the kernel that many hosts share. Raised while they are lower, never lowered, and left raised. */
export const kernelLimits: Readonly<Record<string, number>> = {
  "fs.inotify.max_user_instances": 8_192,
  "fs.aio-max-nr": 1_048_576,
  "kernel.keys.maxkeys": 5_000,
};

export async function raiseKernelLimits(): Promise<void> {
  for (const [name, wanted] of Object.entries(kernelLimits)) {
    const current = Number(await readFile(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8"));
    if (current < wanted) await run({ argv: ["sysctl", "-q", "-w", `${name}=${wanted}`] });
  }
}

const listRoutes = ["ip", "-json", "-4", "route", "show", "table", "all"] as const;

/** Makes the bridge in a subnet that nothing on the machine uses. Two that do this at once get two subnets. */
export async function makeNetwork({ prefix, bridge, routeMetric }: Names): Promise<Subnet> {
  return withLock("subnets", async () => {
    const subnet = chooseSubnet(prefix, readRoutes(await run({ argv: listRoutes })));
    const commands = [
      // An address of its own: with that of one of its links it would change with them and forget its neighbours.
      `link add ${bridge} address ${hardwareAddressFor(subnet.gateway)} type bridge`,
      `address add ${subnet.gateway}/24 dev ${bridge}`,
      // Should the bridge ever go, the subnet must not fall to the machine's default route.
      `route replace unreachable ${cidrOf(subnet)} metric ${routeMetric}`,
    ];
    await run({ argv: ["ip", "-batch", "-"], input: `${commands.join("\n")}\n` });
    await run({ argv: ["sysctl", "-q", "-w", `net.ipv6.conf.${bridge}.disable_ipv6=1`], accept: [0, 1, 255] });
    return subnet;
  });
}

/** Closes the hosts' way out before any of them exists, and brings the bridge up. */
export async function openNetwork(names: Names, subnet: Subnet, metadataPort: number): Promise<void> {
  await run({ argv: ["nft", "--file", "-"], input: writeRuleset({ names, subnet, metadataPort }) });
  await run({ argv: ["ip", "link", "set", names.bridge, "up"] });
}

/** Lets hosts reach a TCP port of the gateway address. */
export async function exposePort({ prefix }: Names, port: number): Promise<void> {
  await run({ argv: ["nft", "add", "element", "inet", prefix, "exposed", `{ ${port} }`] });
}

/** Removes every link, the route and the table of one local cloud, whatever state they are in. */
export async function removeNetwork(names: Names): Promise<void> {
  const links = await run({ argv: ["ip", "-oneline", "link", "show"] });
  for (const [, link = ""] of links.matchAll(/^\d+: ([^:@\s]+)/gm)) {
    if (isOwnLink(names, link)) await tryRun(["ip", "link", "delete", link]);
  }
  for (const cidr of readRoutesOf(names.routeMetric, await run({ argv: listRoutes }))) {
    await tryRun(["ip", "route", "delete", "unreachable", cidr, "metric", `${names.routeMetric}`]);
  }
  await tryRun(["ip", "link", "delete", names.bridge]);
  await tryRun(["nft", "delete", "table", "inet", names.prefix]);
}

/** Packets for a host go onto the bridge whether it is on or not: one that is off answers nothing, instead of being unreachable. */
export async function rememberNeighbour({ bridge }: Names, ipv4: string, hardwareAddress: string): Promise<void> {
  await run({
    argv: ["ip", "neighbour", "replace", ipv4, "lladdr", hardwareAddress, "dev", bridge, "nud", "permanent"],
  });
}

export async function forgetNeighbour({ bridge }: Names, ipv4: string): Promise<void> {
  await tryRun(["ip", "neighbour", "delete", ipv4, "dev", bridge]);
}
