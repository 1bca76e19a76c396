/** The playbooks of `ansible/` on one real host: what they make, that a second run changes nothing, and that a cut-off run is finished by the next. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutOffAt } from "./cut-off.ts";
import { openPlaybookHost, type PlaybookHost } from "./playbook-host.ts";
import {
  databaseOf,
  decode,
  deleting,
  environmentOf,
  hostileEmail,
  hostileTitle,
  makeSites,
  packaged,
  quotedTitle,
  type Sites,
  titleOf,
} from "./playbook-sites.ts";

let host: PlaybookHost;
let sites: Sites;

beforeAll(async () => {
  host = await openPlaybookHost(`${import.meta.dirname}/playbooks`);
  sites = makeSites(host);
}, 600_000);
afterAll(async () => {
  await host?.close();
  process.stderr.write((sites?.figures ?? []).map((line) => `  ${line}\n`).join(""));
});

const slow = { timeout: 300_000 };
const original = environmentOf("production", "pl_0123456789ab", "production");
const cutOff = environmentOf("cut-off", "pl_0000000dead0", "clone");
const site = { title: hostileTitle, admin_email: hostileEmail };
const siteVars = { environment: original, wordpress: packaged, site };

describe("node-provision", () => {
  it("makes a fresh server into a node, and changes nothing the second time", slow, async () => {
    const first = await sites.succeed("node-provision", { wordpress: packaged }, "node-provision, first");
    expect(first.result).toEqual({ php_version: "8.2", wordpress_version: "6.1.9", distribution: "Debian 12" });
    const second = await sites.succeed("node-provision", { wordpress: packaged }, "node-provision, second");
    expect(second.recap?.changed, second.log).toBe(0);
    expect(second.result).toEqual(first.result);
    const marker = JSON.parse(await host.tell("cat /var/lib/pressluft/runtime.json"));
    expect(marker).toEqual({ version: 1, php: "8.2", wordpress: "6.1.9" });
    expect(await host.tell("stat -c '%a %U' /var/lib/pressluft/runtime.json")).toBe("644 root");
  });

  it("opens no more than SSH and HTTP, and tells a stranger nothing", async () => {
    const ports = await host.tell("ss -Hltn | awk '{print $4}' | grep -o '[0-9]*$' | sort -un | tr '\\n' ' '");
    expect(ports).toBe("22 80");
    expect((await host.ask("curl -sS -m 5 -H 'Host: unknown.example' http://127.0.0.1/")).exitCode).toBe(52);
  });

  it("keeps the provider's metadata for root", async () => {
    const fetch = "curl -sS -m 5 -o /dev/null http://169.254.169.254/hetzner/v1/userdata";
    expect((await host.ask(fetch)).exitCode).toBe(0);
    expect((await host.ask(`setpriv --reuid=33 --clear-groups ${fetch}`)).exitCode).toBe(7);
    expect(await host.tell("nft list chain inet pressluft output")).toContain(
      "ip daddr 169.254.169.254 meta skuid != 0 reject",
    );
  });

  it("leaves the tables of others alone when its firewall is loaded again", async () => {
    await host.tell("nft add table inet others; systemctl restart pressluft-firewall");
    expect(await host.tell("nft list tables")).toContain("inet others");
    const count = "nft list ruleset | grep -c 'dport { 22, 80, 443 }'";
    expect(await host.tell(`${count}; nft delete table inet others`)).toBe("1");
    for (const action of ["restart", "reload"]) {
      expect(await host.tell(`systemctl ${action} nftables; ${count}`), action).toBe("1");
    }
    await host.tell("systemctl stop nftables; systemctl restart pressluft-firewall");
  });

  it("bans who tries to log in, and installs security updates without a reboot", async () => {
    expect(await host.tell("fail2ban-client status sshd")).toContain("Banned IP list");
    const wanted = "Unattended-Upgrade::(Origins|Allowed|Automatic-Reboot)";
    const settings = await host.tell(`apt-config dump | grep -E '${wanted}'`);
    expect(settings).toMatch(/label=Debian-Security/);
    expect(settings).not.toMatch(/label=Debian"|Allowed-Origins/);
    expect(settings).toMatch(/Automatic-Reboot "false"/);
  });

  it("comes back whole after a power cut", slow, async () => {
    await host.powerCut();
    await host.tell("systemctl is-system-running --wait");
    const units = "nginx php8.2-fpm mariadb redis-server fail2ban pressluft-firewall";
    expect(await host.tell(`systemctl is-active ${units} | sort -u`)).toBe("active");
    expect(await host.tell("nft list tables")).toContain("inet pressluft");
  });
});

describe("site-create", () => {
  it(
    "makes a site that answers with its title as it was typed, and changes nothing the second time",
    slow,
    async () => {
      const first = await sites.succeed("site-create", siteVars, "site-create, first");
      expect(first.result).toEqual({ wordpress_version: "6.1.9" });
      const readSalts = () => host.tell(`sha256sum /srv/pressluft/${original.user}/releases/*/salts.php`);
      const salts = await readSalts();
      const second = await sites.succeed("site-create", siteVars, "site-create, second");
      expect(second.recap?.changed, second.log).toBe(0);
      expect(await readSalts()).toBe(salts);
      const page = await sites.page(original);
      expect(titleOf(page)).toBe(hostileTitle);
      expect(page).not.toContain("<script>alert(1)");
      expect(await sites.statusOf(original)).toBe("200");
      expect(await sites.optionOf(original, "admin_email")).toBe(hostileEmail);
      expect(await host.isPwned()).toBe(false);
    },
  );

  it("shows nobody its secrets, in no log either", async () => {
    const current = `/srv/pressluft/${original.user}/current`;
    const salt = await host.tell(`grep -o "'[^']*');" ${current}/salts.php | head -1 | cut -c2-30`);
    expect(salt).toHaveLength(29);
    await host.feed("cat >/run/salt", salt);
    const inLogs = "journalctl --no-pager | grep -cF -f /run/salt; grep -rlF -f /run/salt /var/log";
    expect(await host.tell(`${inLogs}; rm /run/salt`)).toBe("0");
    expect(await host.tell("journalctl --no-pager | grep -cF 'brien+'")).toBe("0");
    const modes = await host.tell(`stat -c '%a %U %G' ${current}/wp-config.php ${current}/salts.php | sort -u`);
    expect(modes).toBe(`640 root ${original.user}`);
  });

  it("answers the rest of WordPress, and hides what no visitor needs", async () => {
    const columns = "post_title, post_name, post_status, post_type, post_content, post_excerpt, to_ping, pinged";
    const values = "'P', 'a-page', 'publish', 'page', 'x', '', '', '', ''";
    await sites.query(original, `INSERT INTO wp_posts (${columns}, post_content_filtered) VALUES (${values});`);
    for (const path of ["/a-page/", "/wp-login.php", "/wp-includes/js/jquery/jquery.min.js"]) {
      expect(await sites.statusOf(original, path), path).toBe("200");
    }
    const folder = `/srv/pressluft/${original.user}/current/htdocs/wp-content/uploads`;
    await host.tell(
      `runuser -u ${original.user} -- sh -c 'mkdir -p ${folder}; echo "<?php echo 1;" | tee ${folder}/x.php'`,
    );
    const uploads = ["/wp-content/uploads/x.php", "/wp-content/uploads/x.php/y"];
    for (const path of [...uploads, "/.git/config", "/wp-config.php", "/wp-admin/install.php"]) {
      expect(await sites.statusOf(original, path), path).toBe("404");
    }
  });

  it("refuses names that are more than names, and a name twice, before anything is made", slow, async () => {
    const bad = [
      { user: "pl_0123456789ab\n" },
      { host: "a.b; return 200" },
      { url: "http://a.b'; phpinfo(); //" },
      { release: "../../x" },
      { host: original.host, url: original.url },
    ];
    for (const change of bad) {
      const run = await sites.play("site-create", { ...siteVars, environment: { ...cutOff, ...change } }, "refusal");
      expect(run.exitCode).toBe(2);
      expect(run.log).toMatch(/Assertion failed|Another environment of this node has this host name/);
    }
    expect(await host.tell("ls /srv/pressluft | grep -c pl_; ls /etc/nginx/sites-enabled | grep -c pl_")).toBe("1\n1");
  });
});

describe("a run that is cut off", () => {
  const vars = { environment: cutOff, source: { user: original.user, url: original.url }, wordpress: packaged };

  it.each([
    ["Files of the release", "No server of nginx, no pool of php-fpm"],
    ["A consistent copy of the original's database", "No files"],
    ["Its addresses become the environment's own, and what was planned or logged in there is forgotten", "No database"],
    ["Settings that are written are loaded", "No user"],
  ])("at <%s>, and at <%s> when it deletes, is finished by the next one", slow, async (task, lastTask) => {
    await cutOffAt(host, { playbook: "env-create", vars, task: `environment : ${task}`, by: "kill" });
    await sites.succeed("env-create", vars, "env-create, after a cut");
    expect(await sites.statusOf(cutOff)).toBe("200");
    const counts = `SELECT COUNT(*) > 0 FROM wp_options WHERE option_value = '${cutOff.url}'; SELECT COUNT(*) FROM wp_users;`;
    expect(await sites.query(cutOff, counts)).toBe("1\n1\n");
    const deletion = { playbook: "env-delete", vars: deleting(cutOff), task: `environment : ${lastTask}` };
    await cutOffAt(host, { ...deletion, by: "kill" });
    await sites.succeed("env-delete", deleting(cutOff), "env-delete, after a cut");
    expect(await sites.tracesOf(cutOff)).toBe("");
  });

  it("by a power cut is finished by the next one, and a pinned archive will do as well", slow, async () => {
    const pack = "tar -czhf /var/lib/pressluft/wp.tar.gz -C /usr/share wordpress";
    const sha256 = await host.tell(`${pack}; sha256sum </var/lib/pressluft/wp.tar.gz | cut -c1-64`);
    const wordpress = { kind: "url", url: "file:///var/lib/pressluft/wp.tar.gz", sha256 };
    const vars = { environment: cutOff, wordpress, site: { ...site, title: quotedTitle } };
    const wrong = { ...wordpress, sha256: "0".repeat(64) };
    const refused = await sites.play("site-create", { ...vars, wordpress: wrong }, "refusal");
    expect(refused.exitCode).toBe(2);
    expect(refused.log).toContain("checksum");
    const task = "environment : Run WordPress's own installation as the environment's user";
    await cutOffAt(host, { playbook: "site-create", vars, task, by: "power cut" });
    await sites.succeed("site-create", vars, "site-create from an archive, after a power cut");
    expect(await sites.statusOf(cutOff)).toBe("200");
    expect(decode(await sites.optionOf(cutOff, "blogname"))).toBe(quotedTitle);
    expect(await host.isPwned()).toBe(false);
    const second = await sites.succeed("site-create", vars, "site-create from an archive, second");
    expect(second.recap?.changed, second.log).toBe(0);
  });
});

describe("a title that looks like data", () => {
  it.each(["True", "[]", '{"a": 1}'])("stays text: <%s>", slow, async (title) => {
    // Without its mark the database of a release is made anew.
    await host.tell(`rm /srv/pressluft/${cutOff.user}/releases/${cutOff.release}/database-ready`);
    const vars = { environment: cutOff, wordpress: packaged, site: { ...site, title } };
    await sites.succeed("site-create", vars, `site-create, titled ${title}`);
    expect(decode(await sites.optionOf(cutOff, "blogname"))).toBe(title);
  });
});

/** Databases with names that a list of lines does not hold, and a lock on one of them that outlives its connection. */
const strange = ({ user }: typeof original) => `<?php
$db = new mysqli('localhost', '${user}', '');
foreach (["a\\b", "a\nb", "a\rb", "a\x60b", "a'b", "\u{e9}"] as $name) {
  $db->query("CREATE DATABASE \x60${user}_" . str_replace("\x60", "\x60\x60", $name) . "\x60");
}
foreach (["CREATE TABLE ${user}_\u{e9}.t (a INT) ENGINE=InnoDB", "XA START 'kept'", "INSERT INTO ${user}_\u{e9}.t VALUES (1)", "XA END 'kept'", "XA PREPARE 'kept'"] as $sql) {
  $db->query($sql);
}`;

describe("env-delete and site-delete", () => {
  it("leave nothing of an environment, its processes neither, and all of the others", slow, async () => {
    const before = await sites.fingerprintOf(original);
    const { user } = cutOff;
    await host.feed(`runuser -u ${user} -- php`, strange(cutOff));
    expect(await host.tell("mariadb -N -e 'XA RECOVER'")).toContain("kept");
    const started = `systemd-run --quiet --collect --uid=${user} sleep 600; pgrep -c -u ${user} sleep`;
    expect(await host.tell(`runuser -u ${user} -- touch /var/tmp/left-${user}; ${started}`)).toBe("1");
    const first = await sites.succeed("env-delete", deleting(cutOff), "env-delete, first");
    expect(first.result).toEqual({});
    expect(await sites.tracesOf(cutOff)).toBe("");
    const second = await sites.succeed("env-delete", deleting(cutOff), "env-delete, second");
    expect(second.recap?.changed, second.log).toBe(0);
    expect(await sites.fingerprintOf(original)).toBe(before);
    expect(await sites.statusOf(original)).toBe("200");
  });

  it("are content with what is partly gone", slow, async () => {
    const database = `mariadb -e 'DROP DATABASE ${databaseOf(original)}'`;
    await host.tell(`rm -rf /srv/pressluft/${original.user}/current; ${database}`);
    await sites.succeed("site-delete", deleting(original, cutOff), "site-delete of two, first");
    expect(await sites.tracesOf(original)).toBe("");
    const second = await sites.succeed("site-delete", deleting(original, cutOff), "site-delete of two, second");
    expect(second.recap?.changed, second.log).toBe(0);
    expect(await host.tell("systemctl is-active nginx php8.2-fpm | sort -u")).toBe("active");
  });
});
