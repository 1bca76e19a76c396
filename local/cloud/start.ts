import { resolve } from "node:path";
import type { Credentials } from "../../scripts/operator.ts";
import { checkout } from "../aws/host.ts";
import type { Simulator } from "../hetzner/index.ts";
import { type CloudOutputs, deployApp, region, startAws } from "./aws.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { ipv4PrefixFor, type Pace, type SimulatedHetzner, startHetzner } from "./hetzner.ts";
import { Held, takeLock } from "./lock.ts";
import { makeOperator } from "./operator.ts";
import { type PortWishes, takePort } from "./ports.ts";
import { readStack, type StackFile, writeStack } from "./stack-file.ts";

export interface CloudInput {
  readonly ports: PortWishes;
  /** All files of this local cloud, below the checkout; one at a time may run in it. Default `.local`. */
  readonly dir?: string;
  /** Default `real`. */
  readonly latency?: Pace;
  readonly platform: NodeJS.Platform;
  /** One line of progress for a person. Holds no secret. */
  log(line: string): void;
  /** Ends the start when aborted; later use `stop`. */
  readonly signal?: AbortSignal | undefined;
}

/** A running local cloud. */
export interface Cloud {
  readonly stack: StackFile;
  readonly simulator: Simulator;
  readonly emulatorPid: number;
  /** Whether simulated servers answer SSH here. */
  readonly hasMachines: boolean;
  /** Settles when the AWS emulator is gone, asked for or not. */
  readonly emulatorGone: Promise<void>;
  /** Ends everything and removes the stack file. */
  stop(): Promise<void>;
}

/**
 * Starts AWS emulator, Hetzner simulator and gateway, deploys the CDK app, makes the operator, and writes
 * `<dir>/stack.json` once all of it answers. Throws an Error that says what to do, or the signal's reason; nothing is
 * left running then.
 */
export async function startCloud(input: CloudInput): Promise<Cloud> {
  const { ports, log, signal } = input;
  const dir = resolve(checkout, input.dir ?? ".local");
  const hasMachines = input.platform === "linux";
  await using parts = new AsyncDisposableStack();
  parts.defer(await lock(dir));

  let origin: string | undefined;
  const gateway = await takePort("gateway", ports.gateway, (port) => startGateway({ port, origin: () => origin }));
  parts.defer(() => gateway.stop());
  const ipv4Prefix = ipv4PrefixFor(gateway.port);
  const hetzner = await startHetzner({ ports, ipv4Prefix, pace: input.latency ?? "real", hasMachines, log });
  parts.defer(() => hetzner.stop());
  const aws = { dir: `${dir}/aws`, log, signal };
  const emulator = await startAws({ ...aws, wish: ports.aws, isLinux: hasMachines });
  parts.defer(() => emulator.stop());
  log(`The AWS emulator answers at ${emulator.endpoint}, the Hetzner simulator at ${hetzner.endpoint}.`);

  const { endpoint } = emulator;
  const { endpoint: hetznerEndpoint, sshPort } = hetzner;
  const outputs = await deployApp({ ...aws, endpoint, hetznerEndpoint, sshPort });
  log("Deployed. Making the operator ...");
  origin = `${endpoint}/_aws/execute-api/${outputs.ApiId}`;
  const operator = await makeOperator({ endpoint, region }, outputs.TableName);
  await assertAnswers(gateway);
  signal?.throwIfAborted();
  const stack = describeStack({ gateway, hetzner, emulator, outputs, operator });
  parts.defer(await writeStack(`${dir}/stack.json`, stack));
  const all = parts.move();
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= all.disposeAsync();
    return stopping;
  };
  const { pid: emulatorPid, exited: emulatorGone } = emulator;
  return { stack, simulator: hetzner.simulator, emulatorPid, hasMachines, emulatorGone, stop };
}

async function lock(dir: string): Promise<() => Promise<void>> {
  try {
    return await takeLock(`${dir}/cloud.lock`);
  } catch (error) {
    if (!(error instanceof Held)) throw error;
    const running = await readStack(`${dir}/stack.json`).catch(() => undefined);
    const where = running === undefined ? "is starting" : `runs at ${running.base_url}`;
    throw new Error(`The local cloud of this checkout ${where} (process ${error.pid}): stop that one first.`);
  }
}

/** The deployed API must answer through the gateway before anybody is told that it does. */
async function assertAnswers({ url }: Gateway): Promise<void> {
  const answer = await fetch(`${url}/api/session`, { signal: AbortSignal.timeout(30_000) });
  const text = await answer.text();
  if (answer.status !== 401) {
    throw new Error(
      `The deployed API answers GET /api/session with ${answer.status} instead of 401: ${text.slice(0, 200)}`,
    );
  }
}

interface Parts {
  readonly gateway: Gateway;
  readonly hetzner: SimulatedHetzner;
  readonly emulator: { readonly endpoint: string; readonly pid: number };
  readonly outputs: CloudOutputs;
  readonly operator: Credentials;
}

const describeStack = ({ gateway, hetzner, emulator, outputs, operator }: Parts): StackFile => ({
  base_url: gateway.url,
  operator_email: operator.email,
  operator_password: operator.password,
  hetzner_endpoint: hetzner.endpoint,
  hetzner_token: hetzner.tokens.readWrite,
  hetzner_readonly_token: hetzner.tokens.readOnly,
  hetzner_other_token: hetzner.tokens.other,
  simulator_control: new URL("/_control", hetzner.endpoint).href,
  aws_endpoint: emulator.endpoint,
  aws_region: region,
  table_name: outputs.TableName,
  queue_url: outputs.QueueUrl,
  dlq_url: outputs.DlqUrl,
  emulator_pid: emulator.pid,
});
