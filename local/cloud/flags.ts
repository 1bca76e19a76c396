import { parseArgs } from "node:util";
import { type MachineWish, machineWishes } from "./machines.ts";
import { defaultPorts, type PortName, type PortWish, type PortWishes, portFlags, portNames } from "./ports.ts";

/** What the command line asks for. */
export type Asked =
  | { readonly type: "start"; readonly ports: PortWishes; readonly dir: string; readonly machines: MachineWish }
  | { readonly type: "help" }
  | { readonly type: "wrong"; readonly message: string };

const meanings: Readonly<Record<PortName, string>> = {
  gateway: "where you and your browser talk to Pressluft",
  aws: "the AWS emulator",
  hetzner: "the Hetzner simulator",
  ssh: "SSH of the simulated servers, each on an address of its own in 127.0.0.0/8",
};

const describePort = (name: PortName): string =>
  `  ${`${portFlags[name]} N`.padEnd(18)}${meanings[name]} (${defaultPorts[name].port})`;

/** Relative to the checkout. */
const defaultDir = ".local";

export const usage = [
  "npm start [-- FLAGS] runs Pressluft on this machine until Ctrl-C.",
  "",
  ...portNames.map(describePort),
  `  ${"--dir PATH".padEnd(18)}where it keeps its files, one running cloud each (${defaultDir})`,
  `  ${"--machines KIND".padEnd(18)}behind simulated servers: real hosts, stand-ins without WordPress, or auto (auto:`,
  `  ${"".padEnd(18)}real where this machine can, which takes Linux and root)`,
  `  ${"--help".padEnd(18)}this text`,
  "",
  "Without a flag a port that is taken is replaced by the next free one.",
].join("\n");

const options = {
  port: { type: "string" },
  "aws-port": { type: "string" },
  "hetzner-port": { type: "string" },
  "ssh-port": { type: "string" },
  dir: { type: "string", default: defaultDir },
  machines: { type: "string", default: "auto" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the command line; never throws. */
export function parseFlags(args: readonly string[]): Asked {
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return { type: "help" };
    const texts = {
      gateway: values.port,
      aws: values["aws-port"],
      hetzner: values["hetzner-port"],
      ssh: values["ssh-port"],
    };
    return { type: "start", ports: readPorts(texts), dir: values.dir, machines: readMachines(values.machines) };
  } catch (error) {
    const [message = "wrong flags"] = error instanceof Error ? error.message.split("\n") : [];
    return { type: "wrong", message };
  }
}

function readMachines(text: string): MachineWish {
  const wish = machineWishes.find((candidate) => candidate === text);
  if (wish === undefined) throw new Error(`--machines must be one of ${machineWishes.join(", ")}`);
  return wish;
}

function readPorts(texts: Readonly<Record<PortName, string | undefined>>): PortWishes {
  const read = (name: PortName): PortWish => {
    const text = texts[name];
    return text === undefined ? defaultPorts[name] : { port: parsePort(name, text), isExact: true };
  };
  const ports = { gateway: read("gateway"), aws: read("aws"), hetzner: read("hetzner"), ssh: read("ssh") };
  const exact = [ports.gateway, ports.aws, ports.hetzner].filter((wish) => wish.isExact).map((wish) => wish.port);
  if (new Set(exact).size < exact.length) throw new Error("two flags name the same port");
  return ports;
}

function parsePort(name: PortName, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error(`${portFlags[name]} must be a port number from 1 to 65535`);
  return port;
}
