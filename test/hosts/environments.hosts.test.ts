/** Environments beside each other on one real host: a copy, what keeps them apart, and the one-time log-in. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { hostileFile, openPlaybookHost, type PlaybookHost } from "./playbook-host.ts";
import {
  databaseOf,
  environmentOf,
  get,
  hostileEmail,
  hostileTitle,
  makeSites,
  packaged,
  type Sites,
  titleOf,
} from "./playbook-sites.ts";

let host: PlaybookHost;
let sites: Sites;

const slow = { timeout: 300_000 };
const original = environmentOf("production", "pl_0123456789ab", "production");
const clone = environmentOf("staging", "pl_00000000c0de", "staging");
const cloneVars = {
  environment: clone,
  source: { user: original.user, url: original.url },
  wordpress: packaged,
};

beforeAll(async () => {
  host = await openPlaybookHost(`${import.meta.dirname}/environments`);
  sites = makeSites(host);
  await sites.succeed("node-provision", { wordpress: packaged });
  const site = { title: hostileTitle, admin_email: hostileEmail };
  await sites.succeed("site-create", { environment: original, wordpress: packaged, site });
}, 600_000);
afterAll(async () => {
  await host?.close();
  process.stderr.write((sites?.figures ?? []).map((line) => `  ${line}\n`).join(""));
});

/** Lengths of serialized values are PHP's own; an object of this class must never come to life. */
const plant = ({ url, user, release }: typeof original) => `<?php
class Planted { public $at; protected $kept = null; function __wakeup() { file_put_contents('${hostileFile}', ''); } }
$planted = new Planted;
$planted->at = '${url}/object';
$value = ['plain' => '${url}/ünïcode', '${url}' => 'key', 'object' => $planted, 'bytes' => "\\0\\xff${url}/\\xfe",
  'inner' => serialize([1.5, true, null, '${url}/inner', serialize('${url}/innermost')]),
  'json' => json_encode(['u' => '${url}/json', 'twice' => json_encode('${url}/twice')]),
  'query' => urlencode('${url}/query'), 'short' => '//${new URL(url).host}/short'];
$others = '${url}1 ${url}.evil ${url}-x http://x${new URL(url).host} mail@${new URL(url).host}';
$db = new mysqli('localhost', '${user}', '', '${user}_${release}', 0, '/run/mysqld/mysqld.sock');
$db->set_charset('utf8mb4');
foreach (['planted' => base64_encode(serialize($value)), 'others' => $others, 'live' => serialize(array_diff_key($value, ['bytes' => 0]))] as $name => $text) {
  $db->execute_query("REPLACE INTO wp_options (option_name, option_value, autoload) VALUES (?, ?, 'no')", [$name, $text]);
}
$db->query('CREATE TABLE wp_blob (id INT PRIMARY KEY, b LONGBLOB)');
$db->execute_query('INSERT INTO wp_blob VALUES (1, ?)', [serialize($value)]);`;

const tables = (url: string) => `
CREATE TABLE wp_nokey (a INT, t TEXT) ENGINE=MyISAM;
INSERT INTO wp_nokey VALUES (1, '${url}/1'), (1, '${url}/1'), (NULL, NULL);
CREATE TABLE wp_two (a VARCHAR(50), b BIGINT, t LONGTEXT, ts TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (a, b));
INSERT INTO wp_two SELECT CONCAT('k', seq MOD 7), seq, 'see ${url}/two', '2001-01-01' FROM seq_1_to_300;
CREATE VIEW wp_view AS SELECT * FROM wp_two;
CREATE TRIGGER wp_trigger BEFORE INSERT ON wp_nokey FOR EACH ROW SET NEW.a = 7;
INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (1, 'session_tokens', 'a:0:{}');
UPDATE wp_posts SET guid = '${url}/?p=1' WHERE ID = 1;`;

/** What PHP makes of a serialized value, with objects as what they are made of. */
const readPhp = `<?php
$value = unserialize(stream_get_contents(STDIN), ['allowed_classes' => false]);
if (is_array($value)) { unset($value['bytes']); }
print json_encode($value, JSON_UNESCAPED_SLASHES);`;

describe("env-create", () => {
  it(
    "copies an environment that is only read and keeps answering, and changes nothing the second time",
    slow,
    async () => {
      await host.feed(`cat >/run/plant.php && runuser -u ${original.user} -- php </run/plant.php`, plant(original));
      await sites.query(original, tables(original.url));
      for (const path of ["/", "/?p=1", "/"]) await sites.statusOf(original, path);
      const before = await sites.fingerprintOf(original);
      const first = get(original, "/", "-o /dev/null -w '%{http_code}\\n'");
      await host.feed(
        "cat >/run/ask.sh",
        `while [ ! -e /run/enough ]; do ${first}; sleep 0.3; done >/run/answers 2>&1`,
      );
      await host.tell("systemd-run --quiet --collect bash /run/ask.sh");
      const run = await sites.succeed("env-create", cloneVars, "env-create, first");
      await host.tell("touch /run/enough");
      expect(run.result).toEqual({ wordpress_version: "6.1.9" });
      expect(await host.tell("sort -u /run/answers")).toBe("200");
      expect(Number(await host.tell("wc -l </run/answers"))).toBeGreaterThan(5);
      expect(await sites.fingerprintOf(original)).toBe(before);
      const second = await sites.succeed("env-create", cloneVars, "env-create, second");
      expect(second.recap?.changed, second.log).toBe(0);
      expect(await sites.statusOf(clone)).toBe("200");
      expect(titleOf(await sites.page(clone))).toBe(hostileTitle);
    },
  );

  it("puts its own address into serialized values, escaped and encoded ones, without waking an object", async () => {
    await host.feed("cat >/run/read.php", readPhp);
    const live = z.record(z.string(), z.unknown());
    const read = live.parse(JSON.parse(await host.feed("php /run/read.php", await sites.optionOf(clone, "live"))));
    expect(read).toMatchObject({
      plain: `${clone.url}/ünïcode`,
      [original.url]: "key",
      query: encodeURIComponent(`${clone.url}/query`),
      short: `//${new URL(clone.url).host}/short`,
      object: { at: `${clone.url}/object` },
    });
    const json = z.object({ u: z.string(), twice: z.string() }).parse(JSON.parse(z.string().parse(read.json)));
    expect([json.u, JSON.parse(json.twice)]).toEqual([`${clone.url}/json`, `${clone.url}/twice`]);
    const inner = z.array(z.unknown()).parse(JSON.parse(await host.feed("php /run/read.php", `${read.inner}`)));
    expect(inner.slice(0, 4)).toEqual([1.5, true, null, `${clone.url}/inner`]);
    expect(await host.feed("php /run/read.php", `${inner[4]}`)).toBe(JSON.stringify(`${clone.url}/innermost`));
    expect(await host.isPwned()).toBe(false);
    const blob = `mariadb --raw -N ${databaseOf(clone)} -e 'SELECT b FROM wp_blob' | head -c -1`;
    expect(JSON.parse(await host.tell(`${blob} | php /run/read.php`))).toEqual(read);
    expect(await host.tell(`${blob} | grep -caF ${original.url}/`)).toBe("0");
  });

  it("changes every row of every table, with a key or without, and no other address", async () => {
    expect(await sites.optionOf(clone, "others")).toBe(await sites.optionOf(original, "others"));
    const rows =
      "SELECT t, COUNT(*) FROM wp_nokey GROUP BY t ORDER BY t; SELECT t, ts, COUNT(*) FROM wp_two GROUP BY t, ts;";
    expect(await sites.query(clone, rows)).toBe(
      `NULL\t1\n${clone.url}/1\t2\nsee ${clone.url}/two\t2001-01-01 00:00:00\t300\n`,
    );
    const shape = await sites.query(clone, "SHOW COLUMNS FROM wp_nokey; SHOW CREATE VIEW wp_view; SHOW TRIGGERS;");
    expect(shape).toContain(clone.user);
    expect(shape).not.toMatch(/pressluft_key|root|pl_0123456789ab/);
    expect(await sites.query(clone, "SELECT guid FROM wp_posts WHERE ID = 1;")).toBe(`${original.url}/?p=1\n`);
    expect(await sites.page(clone)).not.toContain(original.host);
  });

  it("is found by no search engine, sends no mail, runs no cron, and lets nobody of the original in", async () => {
    const headers = "-D - -o /dev/null";
    expect(await host.tell(get(clone, "/", headers))).toContain("X-Robots-Tag: noindex, nofollow");
    expect(await sites.page(clone)).toMatch(/<meta name='robots' content='noindex/);
    expect(await host.tell(get(original, "/", headers))).not.toContain("X-Robots-Tag");
    expect(await sites.statusOf(clone, "/wp-cron.php")).toBe("404");
    const sessions = "SELECT COUNT(*) FROM wp_usermeta WHERE meta_key = 'session_tokens';";
    expect(await sites.query(clone, sessions)).toBe("0\n");
    expect(await sites.query(original, sessions)).toBe("1\n");
    expect(await sites.optionOf(clone, "blog_public")).toBe("0");
    const mail = "'a@example.com', 's', 't'";
    const probe = `<?php require __DIR__ . '/wp-load.php'; $asked = wp_remote_get('http://198.18.0.2/');
      echo json_encode([wp_mail(${mail}), mail(${mail}), DISABLE_WP_CRON, get_option('blog_public'), $asked->get_error_code()]);`;
    expect(JSON.parse(await sites.runPhp(clone, probe))).toEqual([
      false,
      false,
      true,
      "0",
      "http_request_not_executed",
    ]);
    const salts = [original, clone].map(({ user }) => `sha256sum </srv/pressluft/${user}/current/salts.php`);
    const [theirs, ours] = (await host.tell(salts.join(";"))).split("\n");
    expect(ours).not.toBe(theirs);
  });
});

const as = (user: string) => `setpriv --reuid=${user} --regid=${user} --clear-groups`;

describe("an environment", () => {
  it("cannot read another one's files, as its user or through PHP", async () => {
    const there = `/srv/pressluft/${original.user}`;
    for (const path of ["current/htdocs/index.php", "current/wp-config.php", "environment.json", "releases/"]) {
      const { stderr } = await host.ask(`${as(clone.user)} cat ${there}/${path}`);
      expect(stderr, path).toContain("Permission denied");
    }
    const files = [`${there}/current/wp-config.php`, "/etc/passwd", "/usr/local/lib/pressluft/names.py"];
    const reads = files.map((file) => `@file_get_contents('${file}')`).join(", ");
    const probe = `<?php echo json_encode([${reads}, @scandir('/srv'), function_exists('exec'), function_exists('proc_open')]);`;
    expect(JSON.parse(await sites.runPhp(clone, probe))).toEqual([false, false, false, false, false, false]);
  });

  it("can change neither its configuration nor the way it is shown", async () => {
    const base = `/srv/pressluft/${clone.user}`;
    for (const path of ["current/wp-config.php", "environment.json", "log/x", "x", "releases/x"]) {
      expect((await host.ask(`${as(clone.user)} tee -a ${base}/${path} </dev/null`)).exitCode, path).toBe(1);
    }
    expect((await host.ask(`${as(clone.user)} rm ${base}/current`)).stderr).toContain("Permission denied");
  });

  it("cannot read another one's database, and needs no password for its own", async () => {
    const connect = (user: string, database: string) => `<?php try {
      $db = new mysqli('localhost', '${user}', '', '${database}');
      echo $db->query('SELECT COUNT(*) FROM wp_users')->fetch_row()[0];
    } catch (mysqli_sql_exception $refusal) { echo $refusal->getCode(); }`;
    expect(await sites.runPhp(clone, connect(clone.user, databaseOf(clone)))).toBe("1");
    expect(await sites.runPhp(clone, connect(clone.user, databaseOf(original)))).toBe("1044");
    expect(await sites.runPhp(clone, connect(original.user, databaseOf(original)))).toBe("1698");
    expect(await sites.runPhp(clone, connect("root", "mysql"))).toBe("1698");
  });

  it("gives nginx what visitors may see, and no way round through a link", async () => {
    const base = `/srv/pressluft/${clone.user}`;
    const hidden = `${base}/current/wp-config.php ${base}/current/salts.php ${base}/log/php.log`;
    expect((await host.ask(`${as("www-data")} cat ${hidden}`)).stderr.match(/Permission denied/g)).toHaveLength(3);
    const script = `${base}/current/htdocs/wp-includes/js/jquery/jquery.min.js`;
    expect((await host.ask(`${as("www-data")} cat ${script}`)).exitCode).toBe(0);
    const link = async (target: string) => {
      await host.tell(`runuser -u ${clone.user} -- ln -sfn ${target} ${base}/current/htdocs/linked.txt`);
      return sites.statusOf(clone, "/linked.txt");
    };
    expect(await link("readme.html")).toBe("200");
    expect(await link(`/srv/pressluft/${original.user}/current/htdocs/readme.html`)).toBe("404");
    await host.tell(`rm ${base}/current/htdocs/linked.txt`);
  });

  it("cannot put a link in the place of its files, and one that is there shows nothing and is not taken", async () => {
    const release = `/srv/pressluft/${clone.user}/releases/${clone.release}`;
    const programs = "/usr/local/lib/pressluft";
    const make = `import runpy, sys; runpy.run_path('${programs}/files')['make_folders'](*sys.argv[1:])`;
    await host.tell(`PYTHONPATH=${programs} python3 -B -c "${make}" ${release}/.new ${clone.user}`);
    await host.tell(`runuser -u ${clone.user} -- touch ${release}/.new/htdocs/mine`);
    const move = await host.ask(`${as(clone.user)} mv ${release}/.new/htdocs ${release}/.new/away`);
    expect(move.stderr).toContain("Permission denied");
    await host.tell(`rm -r ${release}/.new`);

    await host.tell(`cd ${release} && mv htdocs kept && ln -s / htdocs && chown -h ${clone.user}: htdocs`);
    expect(await sites.statusOf(clone, "/etc/hostname")).toBe("404");
    const run = await sites.play("env-create", cloneVars, "refusal");
    expect(run.log).toContain("The files of the release are not what they must be.");
    await host.tell(`cd ${release} && rm htdocs && mv kept htdocs`);
    expect(await sites.statusOf(clone)).toBe("200");
  });

  it("may plan no work, and open no more connections to MariaDB than its share", async () => {
    expect((await host.ask(`${as(clone.user)} crontab -l`)).stderr).toContain("not allowed");
    const connect = `<?php $kept = []; try {
      while (count($kept) < 99) { $kept[] = new mysqli('localhost', '${clone.user}', ''); }
    } catch (mysqli_sql_exception) {} echo count($kept);`;
    expect(await host.feed(`runuser -u ${clone.user} -- php`, connect)).toBe("20");
    expect(await sites.statusOf(original)).toBe("200");
  });
});

const loginAnswer = z.strictObject({ login_url: z.string(), expires_at: z.iso.datetime() });

describe("a one-time log-in", () => {
  const make = async () => {
    const answer = await host.tell(`/usr/local/lib/pressluft/login ${clone.user}`);
    const { login_url } = loginAnswer.parse(JSON.parse(answer));
    expect(login_url.startsWith(`${clone.url}/?pressluft_login=`)).toBe(true);
    return login_url.slice(clone.url.length);
  };

  it("lets its bearer into the administration, once", async () => {
    const path = await make();
    expect(await sites.statusOf(clone, "/?pressluft_login=wrong")).toBe("403");
    expect(await sites.statusOf(clone, "/?pressluft_login[]=wrong")).toBe("403");
    // curl takes the name in the address for the cookies' own: it is led to this machine instead.
    const { host: authority, hostname } = new URL(clone.url);
    const browser = `curl -sS -g -m 20 -c /run/jar -b /run/jar --connect-to ${authority}:127.0.0.1:80`;
    const answer = await host.tell(`${browser} -D - -o /dev/null '${clone.url}${path}'`);
    expect(answer).toMatch(/^HTTP\/1\.1 302/);
    expect(answer).toContain(`Location: ${clone.url}/wp-admin/`);
    const board = `${browser} -o /run/board -w '%{http_code}' ${clone.url}/wp-admin/`;
    expect(await host.tell(`${board}; grep -c wp-admin-bar-logout /run/board`)).toMatch(/^200[1-9]/);
    expect(await host.tell(`grep -c ${hostname} /run/jar`)).not.toBe("0");
    expect(await sites.page(clone, path)).toBe("This log-in was used already or is too old. Ask for a new one.");
    expect(await sites.statusOf(clone, path)).toBe("403");
    expect(await host.tell("grep -rlF -e pressluft_login= /var/log/nginx")).toBe("");
  });

  it("is worth nothing when it is too old, or when there is a newer one", async () => {
    const [older, newer] = [await make(), await make()];
    expect(await sites.statusOf(clone, older)).toBe("403");
    const file = `/srv/pressluft/${clone.user}/tmp/login.json`;
    expect(await host.tell(`stat -c '%a %U' ${file}`)).toBe(`600 ${clone.user}`);
    const left = await host.tell(
      `echo $(( $(grep -o '"expires_at": [0-9]*' ${file} | grep -o '[0-9]*$') - $(date +%s) ))`,
    );
    expect(Number(left)).toBeGreaterThan(40);
    expect(Number(left)).toBeLessThanOrEqual(60);
    await host.tell(`sed -i 's/"expires_at": [0-9]*/"expires_at": 1/' ${file}`);
    expect(await sites.statusOf(clone, newer)).toBe("403");
  });

  it("can be used by one of many at the same time", async () => {
    const one = get(clone, await make(), "-o /dev/null -w '%{http_code}\\n'");
    const codes = await host.tell(`for i in 1 2 3 4 5 6 7 8; do ${one} & done | cat`);
    expect(codes.split("\n").sort()).toEqual(["302", ...Array.from({ length: 7 }, () => "403")]);
  });

  it.each(["", "root", "../etc", "pl_0123456789AB", "pl_999999999999", "'pl_0123456789ab;id'"])(
    "is refused for <%s>",
    async (user) => {
      const { exitCode, stdout } = await host.ask(`/usr/local/lib/pressluft/login ${user}`);
      expect(exitCode).toBe(1);
      expect(z.strictObject({ error: z.string() }).parse(JSON.parse(stdout)).error).not.toContain("\n");
    },
  );
});

describe("the program health", () => {
  const health = () => host.ask(`/usr/local/lib/pressluft/health ${clone.user}`);

  it("says that the front page answers", async () => {
    expect(await health()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/"status": 200, "redirects": 0/),
    });
  });

  it("follows redirects on the same host, and says what is wrong", async () => {
    const index = `/srv/pressluft/${clone.user}/current/htdocs/index.php`;
    const answering = async (code: string) => {
      await host.feed(`cat >${index}.new && cp -p ${index} /run/index.php && mv ${index}.new ${index}`, code);
      await host.tell("systemctl reload php8.2-fpm");
      const { exitCode, stdout } = await health();
      await host.tell(`cp /run/index.php ${index}; systemctl reload php8.2-fpm`);
      return [exitCode, stdout.trim()];
    };
    const redirect = (to: string) => answering(`<?php header('Location: ${to}'); http_response_code(302);`);
    expect(await answering("<?php http_response_code(500);")).toEqual([1, expect.stringContaining('"status": 500')]);
    expect(await redirect("http://elsewhere.example/")).toEqual([
      1,
      '{"error": "the front page leads to another host"}',
    ]);
    const once = await answering(`<?php if ($_SERVER['REQUEST_URI'] === '/') { header('Location: /there'); }`);
    expect(once).toEqual([0, expect.stringMatching(/"status": 200, "redirects": 1/)]);
    expect(await redirect("/again")).toEqual([1, '{"error": "more than 3 redirects"}']);
    expect((await health()).exitCode).toBe(0);
  });
});
