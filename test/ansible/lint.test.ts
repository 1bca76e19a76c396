/** What can be said about `ansible/` without a machine: every rule of ansible-lint's strictest profile, and that every playbook can be read. */
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callerEnvironment } from "../../local/aws/host.ts";
import { type RunResult, run } from "../../local/aws/run.ts";
import { ensurePinnedVenv } from "../../local/aws/venv.ts";

const ansibleFolder = fileURLToPath(new URL("../../ansible", import.meta.url));
const requirementsFile = fileURLToPath(new URL("requirements.txt", import.meta.url));
const playbooks = readdirSync(join(ansibleFolder, "playbooks")).filter((name) => name.endsWith(".yml"));
const installTimeoutMs = 600_000;
const lintTimeoutMs = 240_000;

let bin = "";
let home = "";

beforeAll(async () => {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  bin = dirname(await ensurePinnedVenv({ requirementsFile, name: "ansible", what: "ansible-lint", log }));
  home = await mkdtemp(join(tmpdir(), "pressluft-ansible-"));
}, installTimeoutMs);
afterAll(() => rm(home, { recursive: true, force: true }));

/** One of the programs of the virtual environment, in a home of its own: it must leave nothing in the checkout or in the caller's. */
function ansible(program: string, args: readonly string[]): Promise<RunResult> {
  const { PATH = "/usr/bin:/bin" } = callerEnvironment();
  const own = { HOME: home, TMPDIR: home, ANSIBLE_HOME: join(home, "ansible"), XDG_CACHE_HOME: join(home, "cache") };
  const env = {
    ...own,
    PATH: `${bin}:${PATH}`,
    LC_ALL: "C.UTF-8",
    NO_COLOR: "1",
    ANSIBLE_CONFIG: join(ansibleFolder, "ansible.cfg"),
  };
  return run({ command: join(bin, program), args, cwd: ansibleFolder, env, timeoutMs: lintTimeoutMs });
}

describe("the playbooks", () => {
  it("are clean by the profile production of ansible-lint", { timeout: lintTimeoutMs }, async () => {
    const { code, output } = await ansible("ansible-lint", ["--profile", "production", "--offline", "--nocolor"]);
    expect(code, output).toBe(0);
    expect(output).toContain("Profile 'production' was required, and it passed");
  });

  it("are seven", () => {
    expect(playbooks.sort()).toEqual(
      ["backup-create", "env-create", "env-delete", "env-restore", "node-provision", "site-create", "site-delete"].map(
        (name) => `${name}.yml`,
      ),
    );
  });

  it.each(playbooks)("%s can be read by ansible-core of Ubuntu 24.04", async (name) => {
    const { code, output } = await ansible("ansible-playbook", ["--syntax-check", `playbooks/${name}`]);
    expect(code, output).toBe(0);
    expect(output).toContain(`playbook: playbooks/${name}`);
  });

  it("are checked by programs of known versions", async () => {
    const lines = (await readFile(requirementsFile, "utf8")).trim().split("\n");
    expect(lines.filter((line) => !line.startsWith("#") && !/^[\w.-]+==[\w.]+$/.test(line))).toEqual([]);
  });
});

describe("modules", () => {
  const files = readdirSync(ansibleFolder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".yml"),
  );

  it.each(["tasks", "handlers"])("in %s are Ansible's own: a node has no collections", async (kind) => {
    const inKind = files.filter((path) => path.includes(`/${kind}/`));
    expect(inKind.length).toBeGreaterThan(0);
    const texts = await Promise.all(inKind.map((path) => readFile(join(ansibleFolder, path), "utf8")));
    const modules = texts.flatMap((text) => [...text.matchAll(/^\s+([a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_]+):/gm)]);
    expect(modules.map(([, name = ""]) => name).filter((name) => !name.startsWith("ansible.builtin."))).toEqual([]);
  });
});
