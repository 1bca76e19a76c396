import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostSpec } from "../hetzner/index.ts";
import type { RealHosts } from "./hosts.ts";
import { debian12 } from "./recipe.ts";
import { ask, hostKeyOf, makeSpec, openQuietly, tell } from "./testing.ts";

let hosts: RealHosts;
let spec: HostSpec;

/** user_data that has cloud-init fetch the lists of packages and install Ansible. */
function askingForAnsible(): string {
  const { privateKey, publicKey } = hostKeyOf(1);
  const sshKeys = { ed25519_private: privateKey, ed25519_public: publicKey };
  return `#cloud-config\n${JSON.stringify({ ssh_keys: sshKeys, package_update: true, packages: ["ansible-core"] })}\n`;
}

beforeAll(async () => {
  hosts = await openQuietly(`${import.meta.dirname}/repository`);
  spec = makeSpec(hosts, 1, { userData: askingForAnsible() });
  await hosts.boot(spec);
}, 600_000);
afterAll(() => hosts?.closeAll());

/** Runs a command that has to succeed and answers with how long it took, in seconds. */
async function timed(command: string): Promise<number> {
  const startedMs = performance.now();
  const { exitCode, stdout, stderr } = await ask(spec, `export DEBIAN_FRONTEND=noninteractive; ${command}`);
  expect(exitCode, `${stdout.slice(-2_000)}${stderr.slice(-2_000)}`).toBe(0);
  return (performance.now() - startedMs) / 1000;
}

const stack = ["nginx*", "php*", "mariadb*", "redis*", "wordpress*", "fail2ban", "unattended-upgrades"];

/** A line for each package: its name and version. */
async function listInstalled(): Promise<string[]> {
  return (await tell(spec, "dpkg-query --show")).split("\n").map((line) => line.replace(/(:\w+)?\t/, " "));
}

/** The same of all that the repository holds. */
async function listAvailable(): Promise<string[]> {
  const pick = "awk '/^Package: /{name=$2} /^Version: /{print name, $2}'";
  return (await tell(spec, `${pick} /${debian12.repository}/Packages`)).split("\n");
}

describe("the repository in the image", () => {
  it("serves cloud-init: lists and packages that user_data asks for, without a complaint", async () => {
    expect(await tell(spec, "cloud-init status --wait --format json")).toMatch(/"status": "done"/);
    expect(await tell(spec, "grep -c WARNING /var/log/cloud-init.log")).toBe("0");
    expect(await tell(spec, "ls /var/lib/apt/lists")).toContain("_srv_debs_._Packages");
    const again = "cloud-init single --name package-update-upgrade-install --frequency always";
    await timed(`apt-get purge -q -y ansible-core && ! test -e /usr/bin/ansible-playbook && ${again}`);
    expect(await tell(spec, "ansible-playbook --version")).toContain("ansible-playbook [core 2.14");
  });

  it("holds every package that is installed, in the same version", async () => {
    const installed = await listInstalled();
    expect(installed.length).toBeGreaterThan(debian12.packages.length);
    const available = new Set(await listAvailable());
    expect(installed.filter((line) => !available.has(line))).toEqual([]);
  });

  it("brings the whole stack back after it was removed: unpacked, configured and started", async () => {
    const before = await listInstalled();
    const patterns = stack.map((pattern) => `'${pattern}'`).join(" ");
    const removal = await timed(`apt-get purge -q -y ${patterns} && apt-get autoremove --purge -q -y`);
    const gone = "ls -d /usr/sbin/nginx /usr/sbin/mariadbd /usr/bin/php8.2 /usr/bin/redis-server /usr/share/wordpress";
    expect(await ask(spec, gone)).toMatchObject({ exitCode: 2, stdout: "" });
    const options = "-q -y --no-install-recommends";
    const installation = await timed(`apt-get install ${options} ${debian12.packages.join(" ")}`);
    console.log(`removed in ${removal.toFixed(1)} s, installed in ${installation.toFixed(1)} s`);
    expect(await listInstalled()).toEqual(before);
    const started = debian12.disabled.filter((service) => service !== "fail2ban.service").join(" ");
    await timed(
      `systemctl is-active ${started} && systemctl is-enabled ${started} && curl -fsS -o /dev/null http://127.0.0.1/`,
    );
  }, 600_000);

  it("brings a fail2ban that runs once it is told to read the journal", async () => {
    await timed(
      "printf '[DEFAULT]\\nbackend = systemd\\n' >/etc/fail2ban/jail.d/journal.conf && systemctl restart fail2ban",
    );
    expect(await tell(spec, "systemctl is-active fail2ban; systemctl is-system-running --wait")).toBe(
      "active\nrunning",
    );
  });
});
