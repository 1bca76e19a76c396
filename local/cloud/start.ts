import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Credentials } from "../../scripts/operator.ts";
import type { Emulator } from "../aws/emulator.ts";
import { checkout } from "../aws/host.ts";
import type { Simulator } from "../hetzner/index.ts";
import type { RealHosts } from "../hosts/index.ts";
import { type CloudOutputs, deployApp, region, type StageValues, startAws } from "./aws.ts";
import { buildDashboard } from "./dashboard.ts";
import { type Gateway, type PreviewGround, startGateway } from "./gateway.ts";
import { type Machines, type Pace, type SimulatedHetzner, startHetzner } from "./hetzner.ts";
import { Held, takeLock } from "./lock.ts";
import { type MachineWish, openMachines } from "./machines.ts";
import { makeOperator } from "./operator.ts";
import { type PortWishes, takePort } from "./ports.ts";
import { previewDomainFor } from "./preview-host.ts";
import { readStack, type StackFile, writeStack } from "./stack-file.ts";

export interface CloudInput {
  readonly ports: PortWishes;
  /** All files of this local cloud, relative to the checkout; one at a time may run in it. Default `.local`. */
  readonly dir?: string;
  /** Default `real`. */
  readonly latency?: Pace;
  /** Only on `linux` do simulated servers answer SSH. */
  readonly platform: NodeJS.Platform;
  /** What stands behind simulated servers. Default `auto`. */
  readonly machines?: MachineWish;
  /** One line of progress for a person. Holds no secret. */
  log(line: string): void;
  /** Ends the start when aborted; later use `stop`. */
  readonly signal?: AbortSignal | undefined;
}

/** A running local cloud. */
export interface Cloud {
  readonly stack: StackFile;
  readonly simulator: Simulator;
  /** What stands behind simulated servers here. */
  readonly machines: Machines["kind"];
  readonly emulatorPid: number;
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
  const { signal } = input;
  const dir = resolve(checkout, input.dir ?? ".local");
  await using parts = new AsyncDisposableStack();
  parts.defer(await lock(dir));
  await rm(`${dir}/stack.json`, { force: true }); // Of a killed one: ours is there only once everything answers.
  const behind: Behind = {};
  const servers = await startServers({ input, dir, parts, behind });
  const { gateway, hetzner, emulator } = servers;
  const { endpoint } = emulator;
  const values = valuesOf(servers);
  const outputs = await deployApp({ dir: `${dir}/aws`, log: input.log, signal, endpoint, values });
  await exposeBackups(servers, outputs);
  input.log("Deployed. Making the operator ...");
  behind.api = `${endpoint}/_aws/execute-api/${outputs.ApiId}`;
  const operator = await makeOperator({ endpoint, region }, outputs.TableName);
  await assertAnswers(gateway);
  signal?.throwIfAborted();
  const stack = describeStack({ ...servers, values, outputs, operator });
  parts.defer(await writeStack(`${dir}/stack.json`, stack));
  const stop = stopOnce(parts.move());
  const { pid: emulatorPid, exited: emulatorGone } = emulator;
  return { stack, simulator: hetzner.simulator, machines: servers.machines.kind, emulatorPid, emulatorGone, stop };
}

/** What is behind the gateway, as it comes up. */
interface Behind {
  api?: string;
  previews?: PreviewGround;
}

interface Servers {
  readonly gateway: Gateway;
  readonly hetzner: SimulatedHetzner;
  readonly emulator: Emulator;
  readonly machines: Machines;
}

interface StartServersInput {
  readonly input: CloudInput;
  readonly dir: string;
  /** Takes what must be ended, in the order in which it was started. */
  readonly parts: AsyncDisposableStack;
  readonly behind: Behind;
}

/** The gateway comes first: its port decides the network of the simulated servers. */
async function startServers({ input, dir, parts, behind }: StartServersInput): Promise<Servers> {
  const { ports, log, signal, platform, latency: pace = "real", machines: wish = "auto" } = input;
  const isLinux = platform === "linux";
  const dashboard = await buildDashboard(`${dir}/dashboard`, log);
  const gateway = await takePort("gateway", ports.gateway, (port) =>
    startGateway({ port, dashboard, origin: () => behind.api, previews: () => behind.previews }),
  );
  parts.defer(() => gateway.stop());
  const machines = await openMachines({ wish, platform, dir, gatewayPort: gateway.port, log, signal });
  if (machines.kind === "real") parts.defer(() => machines.hosts.closeAll());
  const hetzner = await startHetzner({ ports, pace, machines, log });
  parts.defer(() => hetzner.stop());
  const emulator = await startAws({ wish: ports.aws, isLinux, dir: `${dir}/aws`, log, signal });
  parts.defer(() => emulator.stop());
  if (machines.kind === "real") {
    behind.previews = previewsOf(machines.hosts, hetzner.simulator);
  }
  log(`The AWS emulator answers at ${emulator.endpoint}, the Hetzner simulator at ${hetzner.endpoint}.`);
  return { gateway, hetzner, emulator, machines };
}

/** All that a host may reach besides other hosts. */
async function exposeBackups(
  { machines, emulator }: Servers,
  { ArtifactsBucket: bucket }: CloudOutputs,
): Promise<void> {
  if (machines.kind === "real") await machines.hosts.exposeS3({ port: portOf(emulator), bucket });
}

const portOf = ({ endpoint }: Emulator): number => Number(new URL(endpoint).port);

/** A slow page of WordPress takes seconds; after a minute of silence nothing comes any more. */
const previewTimeoutMs = 60_000;

const previewsOf = ({ subnet }: RealHosts, simulator: Simulator): PreviewGround => ({
  prefix: subnet.prefix,
  hasServer: (ipv4) =>
    simulator.state().projects.some(({ servers }) => servers.some((one) => one.public_net.ipv4?.ip === ipv4)),
  port: 80,
  timeoutMs: previewTimeoutMs,
});

const valuesOf = ({ gateway, hetzner, emulator, machines }: Servers): StageValues => ({
  hetznerEndpoint: hetzner.endpoint,
  sshPort: hetzner.sshPort,
  previewDomain: previewDomainFor(gateway.port),
  // Signed addresses are good for one host name only: the one under which nodes know S3.
  artifactsEndpoint:
    machines.kind === "real" ? `http://${machines.hosts.subnet.gateway}:${portOf(emulator)}` : emulator.endpoint,
});

function stopOnce(parts: AsyncDisposableStack): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => {
    stopping ??= parts.disposeAsync();
    return stopping;
  };
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

interface Parts extends Servers {
  readonly values: StageValues;
  readonly outputs: CloudOutputs;
  readonly operator: Credentials;
}

const describeStack = ({ gateway, hetzner, emulator, machines, values, outputs, operator }: Parts): StackFile => ({
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
  machines: machines.kind,
  preview_domain: values.previewDomain,
  artifacts_bucket: outputs.ArtifactsBucket,
  artifacts_endpoint: values.artifactsEndpoint,
  emulator_pid: emulator.pid,
});
