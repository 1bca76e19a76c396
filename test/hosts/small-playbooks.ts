/** A bundle of playbooks that are as small as a test wants them, for what Ansible on a real server is to do. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Playbook } from "../../shared/domain/playbooks.ts";
import { type Bundle, makeBundle } from "../../shared/node/index.ts";

/** The tasks of each playbook. JSON is YAML. */
export const makeSmallPlaybooks = (plays: Partial<Record<Playbook, readonly object[]>>): Bundle => {
  const folder = mkdtempSync(join(tmpdir(), "pressluft-plays-"));
  mkdirSync(join(folder, "playbooks"));
  for (const [name, tasks] of Object.entries(plays)) {
    const play = [{ hosts: "localhost", connection: "local", gather_facts: false, tasks }];
    writeFileSync(join(folder, "playbooks", `${name}.yml`), JSON.stringify(play));
  }
  writeFileSync(join(folder, "ansible.cfg"), "[defaults]\ninterpreter_python = /usr/bin/python3\n");
  const archive = execFileSync("tar", ["-czf", "-", "-C", folder, "."]);
  rmSync(folder, { recursive: true });
  return makeBundle(archive);
};

const result = JSON.stringify({ php_version: "8.2", wordpress_version: null, distribution: "Debian 12" });
const copy = (dest: string, content: string) => ({
  name: `Write ${dest}`,
  "ansible.builtin.copy": { dest, content, mode: "0644" },
});

/** `node-provision` that installs nothing: for tests of what comes before and after it. */
export const quickProvision = makeSmallPlaybooks({
  "node-provision": [
    copy("{{ pressluft_run_dir }}/result.json", result),
    copy("/var/lib/pressluft/runtime.json", "{}"),
  ],
});
