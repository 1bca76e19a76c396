/** Power cuts in the middle of playbooks on a real host: the next run brings each to its end, and the one after it changes nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutOffAt } from "./cut-off.ts";
import { openPlaybookHost, type PlaybookHost } from "./playbook-host.ts";
import { databaseOf, deleting, environmentOf, makeSites, packaged, type Sites } from "./playbook-sites.ts";

let host: PlaybookHost;
let sites: Sites;

beforeAll(async () => {
  host = await openPlaybookHost(`${import.meta.dirname}/interruptions`);
  sites = makeSites(host);
}, 600_000);
afterAll(async () => {
  await host?.close();
  process.stderr.write((sites?.figures ?? []).map((line) => `  ${line}\n`).join(""));
});

const slow = { timeout: 600_000 };

/** Succeeds after a power cut, and changes nothing once more. */
const finish = async (playbook: string, vars: object) => {
  const next = await sites.succeed(playbook, vars, `${playbook}, after a power cut`);
  const second = await sites.succeed(playbook, vars, `${playbook}, second`);
  expect(second.recap?.changed, second.log).toBe(0);
  expect(second.result).toEqual(next.result);
  return next;
};

describe("node-provision", () => {
  const vars = { wordpress: packaged };
  const provision = { playbook: "node-provision", vars, by: "power cut" } as const;
  const services = "nginx php8.2-fpm mariadb redis-server fail2ban pressluft-firewall";
  const isReady = async () => (await host.ask("test -e /var/lib/pressluft/runtime.json")).exitCode === 0;

  it("is finished after power cuts at packages, services and marker, each in the run that goes on", slow, async () => {
    await host.tell("DEBIAN_FRONTEND=noninteractive apt-get purge -q -y wordpress redis-server nginx");
    const isUnpacking = "ls /usr/share/wordpress/wp-includes/*.dpkg-new >/dev/null 2>&1";
    await cutOffAt(host, { ...provision, task: "node : Packages are installed", when: isUnpacking });
    expect(await host.tell("dpkg --audit")).toContain("wordpress");
    expect(await isReady()).toBe(false);

    const task = "node : Services run, and run again after a reboot";
    await cutOffAt(host, { ...provision, task, when: "systemctl is-active --quiet mariadb" });
    expect(await host.tell("dpkg --audit")).toBe("");
    expect(await isReady()).toBe(false);

    await cutOffAt(host, { ...provision, task: "node : The node is ready" });
    expect(await isReady()).toBe(false);

    const { result } = await finish("node-provision", vars);
    expect(result).toEqual({ php_version: "8.2", wordpress_version: "6.1.9", distribution: "Debian 12" });
    const marker = JSON.parse(await host.tell("cat /var/lib/pressluft/runtime.json"));
    expect(marker).toEqual({ version: 1, php: "8.2", wordpress: "6.1.9" });
    expect(await host.tell(`systemctl is-active ${services} | sort -u`)).toBe("active");
    expect(await host.tell(`systemctl is-enabled ${services} | sort -u`)).toBe("enabled");
    expect(await host.tell("nft list tables")).toContain("inet pressluft");
    expect(await host.tell("mariadb -BNe 'SELECT @@lock_wait_timeout'")).toBe("60");
    expect(await host.tell("systemctl is-system-running --wait; dpkg --audit")).toBe("running");
  });
});

describe("environments", () => {
  const original = environmentOf("production", "pl_0123456789ab", "production");
  const copy = environmentOf("staging", "pl_00000000c0de", "staging");
  const vars = { environment: copy, source: { user: original.user, url: original.url }, wordpress: packaged };
  const base = `/srv/pressluft/${copy.user}`;
  const release = `${base}/releases/${copy.release}`;
  const tables = `/var/lib/mysql/${databaseOf(copy)}`;
  const countTables = `"$(ls ${tables} 2>/dev/null | wc -l)"`;
  let before: string;

  beforeAll(async () => {
    const site = { title: "Shop", admin_email: "a@example.com" };
    await sites.succeed("site-create", { environment: original, wordpress: packaged, site });
    for (let visits = 0; visits < 2; visits += 1) expect(await sites.statusOf(original)).toBe("200");
    before = await sites.fingerprintOf(original);
  }, 300_000);

  const expectOriginalAsBefore = async () => {
    expect(await sites.statusOf(original)).toBe("200");
    expect(await sites.fingerprintOf(original)).toBe(before);
  };

  const cutCreate = (task: string, when = "true") =>
    cutOffAt(host, { playbook: "env-create", vars, task: `environment : ${task}`, when, by: "power cut" });

  const finishCreate = async () => {
    await finish("env-create", vars);
    expect(await sites.statusOf(copy)).toBe("200");
    const counts = `SELECT COUNT(*) FROM wp_options WHERE option_value = '${copy.url}'; SELECT COUNT(*) FROM wp_users;`;
    expect(await sites.query(copy, counts)).toBe("2\n1\n");
    expect(await host.tell(`ls ${base}/releases; ls -A ${release} | tr '\n' ' '`)).toBe(
      `${copy.release}\ndatabase-ready htdocs salts.php wp-config.php`,
    );
    await expectOriginalAsBefore();
  };

  const deleteAfterCut = async (task: string, when: string) => {
    const deletion = { playbook: "env-delete", vars: deleting(copy), task: `environment : ${task}`, when };
    await cutOffAt(host, { ...deletion, by: "power cut" });
    await finish("env-delete", deleting(copy));
    expect(await sites.tracesOf(copy)).toBe("");
    await expectOriginalAsBefore();
  };

  it("are whole after a cut while files are copied, and gone after one when they are shown no more", slow, async () => {
    await cutCreate("Files of the release", `[ -e ${release}/.new/htdocs/wp-includes ]`);
    await finishCreate();
    const isHidden = `! [ -e /etc/nginx/sites-enabled/${copy.user}.conf ]`;
    await deleteAfterCut("No server of nginx, no pool of php-fpm", isHidden);
  });

  it("are whole after a cut while the database is copied, and gone after one while it goes", slow, async () => {
    await cutCreate("A consistent copy of the original's database", `[ ${countTables} -gt 4 ]`);
    await finishCreate();
    // MariaDB would bring it to its end until the power is cut.
    const isGoing = `[ ${countTables} -lt 20 ] && systemctl kill --signal=STOP mariadb`;
    await deleteAfterCut("No database", isGoing);
  });

  it("are whole after a cut before they are shown, and gone after one between two of a site", slow, async () => {
    await cutCreate("Settings that are written are loaded");
    await host.tell(`mkdir ${release}/.new`); // As after a cut at the very end of the copy.
    await finishCreate();
    const both = deleting(copy, original);
    const isHalf = `! getent passwd ${copy.user} >/dev/null && ! [ -d /var/lib/mysql/${databaseOf(original)} ]`;
    const deletion = { playbook: "site-delete", vars: both, task: "environment : No database", when: isHalf };
    await cutOffAt(host, { ...deletion, by: "power cut" });
    expect(await host.tell("ls /srv/pressluft")).toBe(original.user);
    await finish("site-delete", both);
    expect(await sites.tracesOf(copy)).toBe("");
    expect(await sites.tracesOf(original)).toBe("");
    expect(await host.tell("systemctl is-active nginx php8.2-fpm mariadb | sort -u")).toBe("active");
  });
});
