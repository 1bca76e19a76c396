/**
 * `npm run bench`: what one server costs in requests, by Hetzner's own CLI and by our SDK on the same simulator in one run,
 * and by the whole product; and how large the SDK is in a bundle. Without the CLI on the PATH its figure is left out.
 */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { makeSimulator, realClock, realisticLatency, type Simulator, serveSimulator } from "../local/hetzner/index.ts";
import { makeHetzner } from "../shared/hetzner/index.ts";
import { runHcloud } from "./conformance/hcloud-cli/cli.ts";
import { findHcloudCli } from "./conformance/tools.ts";
import { makeWorld, runJob } from "./harness/world.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const token = "bench".padEnd(64, "A");

interface Counted {
  readonly method: string;
  readonly route: string | null;
}

function describe(who: string, requests: readonly Counted[]): string {
  const counts = [...Map.groupBy(requests, ({ method, route }) => `${method} ${route}`)];
  const listed = counts.map(([route, all]) => `  ${String(all.length).padStart(4)} ${route}`).join("\n");
  return `${who}: ${requests.length} requests\n${listed}`;
}

/** What was asked of the simulator while the work went on. */
async function requestsOf(simulator: Simulator, work: () => Promise<unknown>): Promise<readonly Counted[]> {
  const before = simulator.requests().length;
  await work();
  return simulator.requests().slice(before);
}

async function createWithSdk(endpoint: string): Promise<void> {
  const client = makeHetzner({ token, endpoint });
  const made = await client.servers.create({
    name: "by-sdk",
    serverType: "cx23",
    image: "debian-13",
    location: "fsn1",
  });
  const ids = [made.action, ...made.nextActions].map(({ id }) => id);
  const { succeeded } = await client.actions.wait(ids, { deadlineMs: 120_000 });
  const server = await client.servers.get(made.server.id);
  if (succeeded.length !== ids.length || server?.status !== "running")
    throw new Error("the SDK made no running server");
}

async function createWithCli(program: string, endpoint: string): Promise<void> {
  const args = "server create --name by-cli --type cx23 --image debian-13 --location fsn1".split(" ");
  const { code, err } = await runHcloud({ program, endpoint, token, args });
  if (code !== 0) throw new Error(`hcloud server create ended with ${code}: ${err}`);
}

async function compareRequests(): Promise<void> {
  const projects = [{ name: "bench", tokens: [{ value: token, permission: "rw" as const }] }];
  const simulator = makeSimulator({ clock: realClock, latency: realisticLatency, projects });
  const { endpoint, stop } = await serveSimulator(simulator, { port: 0 });
  const { createMs, startMs } = realisticLatency;
  print(`one server that takes ${(createMs + startMs) / 1000} s to create and start:`);
  const cli = await findHcloudCli(print);
  if (cli.path === null) print(cli.missing);
  else {
    const { path } = cli;
    print(describe("hcloud server create", await requestsOf(simulator, () => createWithCli(path, endpoint))));
  }
  print(describe("SDK: create, wait, get", await requestsOf(simulator, () => createWithSdk(endpoint))));
  await stop();
  await simulator.close();
  // The harness has one time for every action; half of it each makes the same server.
  const world = await makeWorld({ latencyMs: (createMs + startMs) / 2 });
  await runJob(world, await world.order("bench"));
  print(describe("the product, from the order to the finished node", world.simulator.requests()));
}

/** For Node 24. */
async function bundleSize(contents: string): Promise<string> {
  const [whole, own] = [await bundle(contents, []), await bundle(contents, ["zod"])];
  return `${whole.length} bytes minified, ${gzipSync(whole).length} gzipped; without zod ${own.length} and ${gzipSync(own).length}`;
}

async function bundle(contents: string, external: string[]): Promise<Uint8Array> {
  const resolveDir = new URL("../", import.meta.url).pathname;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node24",
    external,
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

await compareRequests();
const one = 'export { createServer, makeWire } from "./shared/hetzner/index.ts";';
print(`SDK with servers.create alone: ${await bundleSize(one)}`);
print(`SDK whole (makeHetzner): ${await bundleSize('export { makeHetzner } from "./shared/hetzner/index.ts";')}`);
