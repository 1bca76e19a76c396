/** `node local/hetzner/main.ts`: runs the simulator alone, for a person or Hetzner's CLI, until Ctrl-C. */
import { randomInt } from "node:crypto";
import { constants } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeSimulator, readStateFile, realClock, realisticLatency, serveSimulator } from "./index.ts";
import { keepTokens, makeTokens } from "./token-file.ts";

const usage = `node local/hetzner/main.ts [--port N] [--state DIR] runs a Hetzner Cloud simulator until Ctrl-C.

  --port N     where it listens on 127.0.0.1; 0: any free port (8090)
  --state DIR  folder that keeps state and tokens over restarts; without it both are new each time
  --help       this text`;

const flags = {
  port: { type: "string", default: "8090" },
  state: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Flags = { readonly port: number; readonly state: string | undefined; readonly help: boolean };

function readFlags(args: readonly string[]): Flags {
  const { port, state, help } = parseArgs({ args: [...args], options: flags }).values;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error("--port must be a number from 0 to 65535");
  if (state === "") throw new Error("--state must name a folder");
  return { port: Number(port), state, help };
}

async function run({ port, state }: Flags, stopped: Promise<unknown>): Promise<void> {
  const stateFile = state === undefined ? undefined : join(state, "state.json");
  const { readWrite, readOnly } = state === undefined ? makeTokens() : keepTokens(state);
  const snapshot = stateFile === undefined ? undefined : readStateFile(stateFile);
  const tokens = [
    { value: readWrite, permission: "rw" as const },
    { value: readOnly, permission: "ro" as const },
  ];
  const simulator = makeSimulator({
    clock: realClock,
    seed: randomInt(2 ** 31),
    projects: [{ name: "demo", tokens }],
    latency: realisticLatency,
    ...(snapshot === undefined ? {} : { snapshot }),
  });
  const onStateError = ({ message }: Error) => console.error(`The state was not written: ${message}`);
  const served = await serveSimulator(simulator, {
    port,
    onStateError,
    ...(stateFile === undefined ? {} : { stateFile }),
  });
  console.log(`endpoint    ${served.endpoint}\nread-write  ${readWrite}\nread-only   ${readOnly}\nCtrl-C stops it.`);
  await stopped;
  await served.stop();
  await simulator.close();
}

async function main(args: readonly string[]): Promise<number> {
  const { promise: stopped, resolve } = Promise.withResolvers<NodeJS.Signals>();
  // Once: a second one ends the process where it stands.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, resolve);
  try {
    const asked = readFlags(args);
    if (asked.help) console.log(usage);
    else await run(asked, stopped);
    return asked.help ? 0 : 128 + constants.signals[await stopped];
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.stdout.on("error", () => {});
process.exitCode = await main(process.argv.slice(2));
