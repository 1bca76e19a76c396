/** One real host with the playbooks on it, for tests of `ansible/`: runs a playbook on the host as the worker's runner does. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import ssh2 from "ssh2";
import type { HostSpec } from "../../local/hetzner/index.ts";
import type { RealHosts } from "../../local/hosts/index.ts";
import { ask, hostKeyOf, makeSpec, openQuietly, targetOf, tell } from "../../local/hosts/testing.ts";

/** The last lines of Ansible's output, as numbers. */
export interface Recap {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

export interface PlaybookRun {
  /** Null when a signal or the end of the connection ended it. */
  readonly exitCode: number | null;
  readonly seconds: number;
  /** Null when Ansible did not get to its recap. */
  readonly recap: Recap | null;
  /** Content of result.json; undefined when there is none. To be parsed by the caller. */
  readonly result: unknown;
  readonly log: string;
  /** Folder of the run on the host. */
  readonly runDir: string;
}

export interface RunInput {
  readonly playbook: string;
  /** Content of vars.json. */
  readonly vars: object;
  /** Default: a new one for each run. */
  readonly runDir?: string;
}

export interface PlaybookHost {
  readonly hosts: RealHosts;
  readonly spec: HostSpec;
  /** Where `ansible/` lies on the host. */
  readonly bundleDir: string;
  run(input: RunInput): Promise<PlaybookRun>;
  /** Cuts the power, and answers when the host lets us in again; its services may not run yet. */
  powerCut(): Promise<void>;
  /** One command with something on its standard input. Throws when it fails. */
  feed(command: string, input: Buffer | string): Promise<string>;
  ask(command: string): ReturnType<typeof ask>;
  tell(command: string): Promise<string>;
  /** Whether hostile words have made their file. */
  isPwned(): Promise<boolean>;
  close(): Promise<void>;
}

const ansibleFolder = fileURLToPath(new URL("../../ansible/", import.meta.url));
const bundleDir = "/var/lib/pressluft/bundles/test";
const hostileFolder = "/srv/hostile";
/** What hostile words try to make. Everybody may on a host, and nowhere else: other machines have no such folder. */
export const hostileFile = `${hostileFolder}/pwned`;

/** Boots the host and copies `ansible/` to it. `folder` is the test's own: see `openHosts`. Throws when it cannot be reached. */
export async function openPlaybookHost(folder: string): Promise<PlaybookHost> {
  const hosts = await openQuietly(folder);
  try {
    const spec = makeSpec(hosts, 1, { name: "node-1" });
    await hosts.boot(spec);
    await tell(spec, `cloud-init status --wait >/dev/null; mkdir -m 1777 ${hostileFolder}`);
    const host = hostOf(hosts, spec);
    await host.feed(`mkdir -p -m 700 ${bundleDir} && tar -xzf - -C ${bundleDir}`, await packed());
    return host;
  } catch (error) {
    await hosts.closeAll();
    throw error;
  }
}

function hostOf(hosts: RealHosts, spec: HostSpec): PlaybookHost {
  let runs = 0;
  const feed = async (command: string, input: Buffer | string) => {
    const { exitCode, output } = await execute(spec, command, input);
    if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}: ${output.slice(-500)}`);
    return output;
  };
  const run = async ({ playbook, vars, runDir }: RunInput): Promise<PlaybookRun> => {
    runs += 1;
    return runPlaybook({ spec, feed, playbook, vars, runDir: runDir ?? `/var/lib/pressluft/jobs/run-${runs}` });
  };
  return {
    hosts,
    spec,
    bundleDir,
    run,
    powerCut: async () => {
      await hosts.stop(spec.serverId);
      await hosts.boot(spec);
      await tell(spec, "true");
    },
    feed,
    ask: (command) => ask(spec, command),
    tell: (command) => tell(spec, command),
    isPwned: async () => (await ask(spec, `test -e ${hostileFile}`)).exitCode === 0,
    close: () => hosts.closeAll(),
  };
}

interface Prepared extends Required<RunInput> {
  readonly spec: HostSpec;
  feed(command: string, input: string): Promise<string>;
}

async function runPlaybook({ spec, feed, playbook, vars, runDir }: Prepared): Promise<PlaybookRun> {
  await feed(`mkdir -p -m 700 ${runDir} && umask 077 && cat >${runDir}/vars.json`, JSON.stringify(vars));
  const startedMs = performance.now();
  const command = `cd ${bundleDir} && ansible-playbook playbooks/${playbook}.yml -e pressluft_run_dir=${runDir}`;
  const { exitCode, output } = await execute(spec, `${command} 2>&1`, "");
  const seconds = (performance.now() - startedMs) / 1000;
  const result = await tell(spec, `cat ${runDir}/result.json 2>/dev/null`);
  return {
    exitCode,
    seconds,
    recap: findRecap(output),
    result: result === "" ? undefined : JSON.parse(result),
    log: output,
    runDir,
  };
}

/** Null when there is none in the output. */
export function findRecap(log: string): Recap | null {
  const line = /^localhost\s+:.*$/m.exec(log)?.[0];
  if (line === undefined) return null;
  const count = (name: string): number => Number(new RegExp(`\\b${name}=(\\d+)`).exec(line)?.[1] ?? Number.NaN);
  return { ok: count("ok"), changed: count("changed"), unreachable: count("unreachable"), failed: count("failed") };
}

function packed(): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: "buffer" as const, maxBuffer: 64 * 1024 * 1024 };
    execFile("tar", ["-czf", "-", "-C", ansibleFolder, "."], options, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
}

interface Executed {
  readonly exitCode: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** As long as it takes and with all of its output, which `look` is not made for. */
function execute(spec: HostSpec, command: string, input: Buffer | string): Promise<Executed> {
  const { host, port, user: username, privateKey } = targetOf(spec);
  const [, blob = ""] = hostKeyOf(spec.serverId - 115_000_000).publicKey.split(" ");
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const chunks: Buffer[] = [];
    let exitCode: number | null = null;
    client.on("error", (error) => (chunks.length > 0 ? resolve(ended()) : reject(error)));
    client.on("close", () => resolve(ended()));
    const ended = (): Executed => ({ exitCode, output: Buffer.concat(chunks).toString("utf8") });
    client.on("ready", () =>
      client.exec(command, (error, channel) => {
        if (error !== undefined) return reject(error);
        channel.on("data", (chunk: Buffer) => chunks.push(chunk));
        channel.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
        channel.on("exit", (code: number | null) => {
          exitCode = code;
        });
        channel.on("close", () => client.end());
        channel.end(input);
      }),
    );
    const hostVerifier = (key: Buffer): boolean => key.toString("base64") === blob;
    const algorithms = { serverHostKey: ["ssh-ed25519" as const] };
    client.connect({ host, port, username, privateKey, hostVerifier, algorithms, readyTimeout: 10_000 });
  });
}
