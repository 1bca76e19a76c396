import {
  changeRunLine,
  hostKeyCommand,
  lookAtRunLine,
  makeKeyPair,
  newHostLookCommands,
} from "../../shared/node/index.ts";
import { findPublicLine, type Machine } from "./machine.ts";
import { runProgram } from "./programs.ts";
import { changeStoredRun, tellOfRun } from "./runs.ts";
import { hasSucceeded } from "./stored-run.ts";

export interface ShellResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

type Command = (machine: Machine, nowMs: number, argument: string) => ShellResult;

const say = (text: string): ShellResult => ({ exitCode: 0, stdout: `${text}\n`, stderr: "" });
const fail = (exitCode: number, text: string): ShellResult => ({ exitCode, stdout: "", stderr: `${text}\n` });

/** Everything a stand-in can do. The argument is what the first group matches. */
const commands: readonly [RegExp, Command][] = [
  [/^cloud-init status( --format json)?$/, (machine, nowMs, format) => tellCloudInit(machine, nowMs, format !== "")],
  [/^id -u$/, ({ behaviour }) => say(behaviour.sudo ? "0" : "1000")],
  [/^sudo -n true$/, ({ behaviour }) => (behaviour.sudo ? silence(0) : fail(1, "sudo: a password is required"))],
  [/^test -e (\S+)$/, (machine, nowMs, path) => silence(exists(machine, nowMs, path) ? 0 : 1)],
  [/^true$/, () => silence(0)],
  [/^uname$/, () => say("Linux")],
  [/^hostname$/, ({ spec }) => say(spec.name)],
  [/^cat \/proc\/sys\/kernel\/random\/boot_id$/, ({ bootId }) => say(bootId)],
  [/^ls \/var\/lib\/pressluft\/jobs$/, ({ disk }) => say([...disk.runs.keys()].toSorted().join("\n"))],
  [/^(\/usr\/local\/lib\/pressluft\/.*)$/, (machine, nowMs, line) => askProgram(machine, nowMs, line)],
  [/^echo(?: ([\w ./:-]*))?$/, (_machine, _nowMs, words) => say(words)],
];

function silence(exitCode: number): ShellResult {
  return { exitCode, stdout: "", stderr: "" };
}

/** The one file that is asked for: the last thing that the playbook `node-provision` leaves. */
function exists({ disk }: Machine, nowMs: number, path: string): boolean {
  return path === "/var/lib/pressluft/runtime.json" && hasSucceeded(disk, "node-provision", nowMs);
}

/** What provisioning leaves in a folder of its own. */
function askProgram({ disk }: Machine, nowMs: number, line: string): ShellResult {
  const said = runProgram(disk, nowMs, line.slice(line.lastIndexOf("/") + 1));
  if (said === undefined) return fail(127, `sh: ${line.split(" ")[0]}: not found`);
  return { ...say(said.line), exitCode: said.isFine ? 0 : 1 };
}

/** Does this command read its standard input to the end? */
export const readsStdin = (line: string): boolean => line === lookAtRun || line === changeRun;

/** Runs one command line on a minimal server: no pipes, no quotes, an empty disk. What is not in the table is not installed. */
export function runCommand(
  machine: Machine,
  nowMs: number,
  line: string,
  stdin: Buffer = Buffer.alloc(0),
): ShellResult {
  const wanted = line.trim();
  if (machine.behaviour.sudo && readsStdin(wanted)) return runRunCommand(machine, nowMs, wanted, stdin);
  const keysCommand = machine.behaviour.sudo ? runHostKeyCommand(machine, wanted) : undefined;
  if (keysCommand !== undefined) return keysCommand;
  for (const [pattern, command] of commands) {
    const match = pattern.exec(wanted);
    if (match !== null) return command(machine, nowMs, match[1] ?? "");
  }
  return fail(127, `sh: ${wanted.split(/\s/)[0]}: not found`);
}

const user = "root";
const lookAtHostKeys = newHostLookCommands(user).at(-1);
const makeHostKey = hostKeyCommand(user, { kind: "make" });
const lookAtRun = lookAtRunLine(user);
const changeRun = changeRunLine(user);

/** The product's own programs for runs, likewise. */
function runRunCommand({ spec, disk, playbooks }: Machine, nowMs: number, line: string, stdin: Buffer): ShellResult {
  const told = { serverId: spec.serverId, disk, playbooks, nowMs };
  return line === lookAtRun ? say(tellOfRun(told, stdin)) : silence(changeStoredRun(told, stdin));
}

/** The product's own scripts for the host key are known by their text, not interpreted. */
function runHostKeyCommand(machine: Machine, line: string): ShellResult | undefined {
  const { disk } = machine;
  const next = findPublicLine(disk.nextHostKey ?? "");
  if (line === lookAtHostKeys) return say(`installed ${findPublicLine(disk.hostKey)}\nbeside ${next}`);
  if (line === makeHostKey) {
    if (next === "") disk.nextHostKey = makeKeyPair("").privateKey;
    return silence(0);
  }
  const publicKey = /"(ssh-ed25519 [^"]+)"/.exec(line)?.[1] ?? "";
  if (publicKey === "" || line !== hostKeyCommand(user, { kind: "install", publicKey })) return undefined;
  return installHostKey(machine, publicKey);
}

function installHostKey(machine: Machine, publicKey: string): ShellResult {
  const { disk } = machine;
  if (findPublicLine(disk.hostKey) !== publicKey) {
    if (disk.nextHostKey === null || findPublicLine(disk.nextHostKey) !== publicKey) return silence(12);
    Object.assign(disk, { hostKey: disk.nextHostKey, nextHostKey: null });
  }
  machine.hostPrivateKey = disk.hostKey;
  return silence(0);
}

/** In the form of cloud-init 24. */
function tellCloudInit({ behaviour, bootedAtMs }: Machine, nowMs: number, json: boolean): ShellResult {
  const { cloudInitMs, cloudInitEnd } = behaviour;
  const finished = cloudInitMs !== null && nowMs - bootedAtMs >= cloudInitMs;
  const extended = finished ? (cloudInitEnd === "error" ? "error - done" : cloudInitEnd) : "running";
  const [status = ""] = extended === "degraded done" ? ["done"] : extended.split(" ");
  const exitCode = { running: 0, done: 0, "degraded done": 2, "error - done": 1 }[extended] ?? 0;
  const report = {
    boot_status_code: "enabled-by-generator",
    datasource: "hetzner",
    detail: finished ? "DataSourceHetzner" : "Running in stage: modules-final",
    errors: extended === "error - done" ? ["simulated: a module failed"] : [],
    extended_status: extended,
    recoverable_errors: extended === "degraded done" ? { WARNING: ["simulated: a warning"] } : {},
    status,
  };
  return { exitCode, stdout: json ? `${JSON.stringify(report, null, 2)}\n` : `status: ${status}\n`, stderr: "" };
}
