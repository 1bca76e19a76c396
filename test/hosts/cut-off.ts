/** Playbooks that are cut off in the middle, on a real host. */
import { expect } from "vitest";
import type { PlaybookHost } from "./playbook-host.ts";

export interface CutOff {
  readonly playbook: string;
  /** Content of vars.json. */
  readonly vars: object;
  /** The task that it has come to, as Ansible names it: `role : task`. */
  readonly task: string;
  /** What holds on the host at that moment, as a command of the shell. Default: nothing more. */
  readonly when?: string;
  /** `kill` ends its processes, of which none gets to do anything; a power cut ends the host, which is on again afterwards. */
  readonly by: "kill" | "power cut";
}

const unit = "cut-off";
const dir = "/var/lib/pressluft/jobs/cut-off";

const start = ({ playbook }: CutOff, bundleDir: string): string =>
  `cd ${bundleDir} && ansible-playbook playbooks/${playbook}.yml -e pressluft_run_dir=${dir} >${dir}/log 2>&1`;

/** Stands still from the very moment on, so that nothing more happens until the end has come from outside. */
const stopInTime = ({ when = "true" }: CutOff): string => `
  systemd-run --quiet --collect --unit=${unit} bash ${dir}/start.sh
  until grep -qF -f ${dir}/task ${dir}/log && ${when}; do
    systemctl is-active --quiet ${unit} || break
    sleep 0.01
  done
  systemctl kill --signal=STOP ${unit} || true`;

const kill = `systemctl kill --signal=KILL ${unit}; while systemctl is-active --quiet ${unit}; do sleep 0.05; done`;

/** Starts a playbook and ends it as soon as it comes to a task. Fails when it got to its end before. */
export async function cutOffAt(host: PlaybookHost, cut: CutOff): Promise<void> {
  const line = `TASK [${cut.task}]`;
  await host.feed(`rm -rf ${dir} && mkdir -p ${dir} && cat >${dir}/vars.json`, JSON.stringify(cut.vars));
  await host.feed(`cat >${dir}/start.sh`, start(cut, host.bundleDir));
  await host.feed(`cat >${dir}/task && touch ${dir}/log`, line);
  await host.feed("bash -s 2>&1", stopInTime(cut));
  if (cut.by === "kill") await host.tell(kill);
  else await host.powerCut();
  const log = await host.tell(`tail -c 3000 ${dir}/log`);
  expect(log).toContain(line);
  expect(log).not.toContain("PLAY RECAP");
}
