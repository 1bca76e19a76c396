/** A folder that plays /var/lib/pressluft, with the real Python, shell and `timeout`; systemd is played by two small scripts. */
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunFacts } from "../domain/plans/plan.ts";
import type { RunOrder } from "../domain/playbooks.ts";
import { type Bundle, makeBundle } from "./bundle.ts";
import { lookAtRunCommands, startRunCommands } from "./run-commands.ts";
import { readRunLook } from "./run-look.ts";
import { nodeFolder } from "./run-scripts.ts";
import { type CommandResult, isSkipped, type SshCommand } from "./ssh.ts";

/** What is called a playbook here is a shell script; it finds its run's folder in $RUN. */
export const makeScriptBundle = (scripts: Readonly<Record<string, string>>): Bundle => {
  const folder = mkdtempSync(join(tmpdir(), "pressluft-bundle-"));
  mkdirSync(join(folder, "playbooks"));
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, "playbooks", `${name}.yml`), text);
  const archive = execFileSync("tar", ["-czf", "-", "-C", folder, "."]);
  rmSync(folder, { recursive: true });
  return makeBundle(archive);
};

const stubs = (dir: string): Record<string, string> => ({
  "systemd-run": `[ ! -e ${dir}/refuses ] || exit 1
for word; do case "$word" in --unit=*) unit=\${word#--unit=};; esac; done
if [ -e ${dir}/units/$unit ] && kill -0 $(cat ${dir}/units/$unit) 2>/dev/null; then exit 1; fi
while [ "$1" != /usr/bin/python3 ]; do shift; done
echo "$unit" >>${dir}/started
setsid "$@" </dev/null >>${dir}/journal 2>&1 & echo $! >${dir}/units/$unit`,
  systemctl: `for unit; do :; done
pid=$(cat ${dir}/units/$unit 2>/dev/null)
if [ "$1" = stop ]; then [ -z "$pid" ] || env kill -TERM -- -$pid; exit; fi
if [ -n "$pid" ] && [ "$(ps -o stat= -p $pid | cut -c1)" != Z ] && kill -0 $pid 2>/dev/null; then echo active; else echo inactive; fi`,
  "ansible-playbook": `for word; do case "$word" in playbooks/*) play=$word;; pressluft_run_dir=*) RUN=\${word#*=};; esac; done
export RUN; echo "$*" >$RUN/argv; env >$RUN/env; exec sh $play`,
});

/** What the tests of runs work with. */
export const makeScriptedNode = (scripts: Readonly<Record<string, string>>) => {
  const dir = mkdtempSync(join(tmpdir(), "pressluft-runs-"));
  const bin = join(dir, "bin");
  for (const folder of [bin, join(dir, "units")]) mkdirSync(folder);
  for (const [name, body] of Object.entries(stubs(dir))) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const bundle = makeScriptBundle(scripts);
  const home = join(dir, "node");
  const here = (text: string) =>
    text.replaceAll(nodeFolder, home).replaceAll("/usr/local/sbin:", `${bin}:/usr/local/sbin:`);

  const runOne = (command: SshCommand): Promise<CommandResult> =>
    new Promise((resolve) => {
      const { command: line, stdin } = typeof command === "string" ? { command, stdin: "" } : command;
      const bytes = Buffer.from(stdin);
      const end = bytes.indexOf("\n");
      const env = { PATH: `${bin}:/usr/bin:/bin` };
      const child = execFile("sh", ["-c", here(line)], { env, maxBuffer: 8e6 }, (_error, stdout, stderr) =>
        resolve({ exitCode: child.exitCode, stdout, stderr }),
      );
      child.stdin?.on("error", () => {});
      child.stdin?.write(here(bytes.toString("utf8", 0, end + 1)));
      child.stdin?.end(bytes.subarray(end + 1));
    });

  const run = async (commands: readonly SshCommand[]) => {
    const results: CommandResult[] = [];
    for (const command of commands) {
      const before = results.at(-1);
      results.push(isSkipped(command, before) ? before : await runOne(command));
    }
    return { reached: true, hostKey: "", results } as const;
  };

  const look = async (id: string): Promise<Extract<RunFacts, { reached: true }>> => {
    const outcome = await run(lookAtRunCommands("root", id));
    const facts = readRunLook(outcome);
    if (!facts.reached) throw new Error(`${facts.reason}: ${outcome.results[0]?.stderr}`);
    return facts;
  };
  const fileOf = (id: string, name: string) => join(home, "jobs", id, name);

  return {
    dir,
    home,
    bundle,
    run,
    look,
    fileOf,
    start: (order: RunOrder) => run(startRunCommands("root", order, bundle)),
    /** The first look that finds it in one of these states. */
    lookUntil: async (id: string, ...states: readonly string[]) => {
      for (let looks = 0; looks < 200; looks += 1) {
        const facts = await look(id);
        if (states.includes(facts.state)) return facts;
        await sleep(50);
      }
      throw new Error(`the run ${id} is never ${states.join(" or ")}`);
    },
    read: (path: string) => (existsSync(join(dir, path)) ? readFileSync(join(dir, path), "utf8") : ""),
    readOf: (id: string, name: string) => (existsSync(fileOf(id, name)) ? readFileSync(fileOf(id, name), "utf8") : ""),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
};
