/** Restores that go wrong on a real host: backups that do not work, dumps that attack, and power cuts. The site from before is shown. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  acme,
  type BackupHost,
  expectFailedAt,
  expectSuccess,
  openBackupHost,
  other,
  replaceStored,
  type StoredBackup,
} from "../ansible/backup-host.ts";
import { hostileFile } from "./playbook-host.ts";

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

let host: BackupHost;
beforeAll(async () => {
  host = await openBackupHost(`${import.meta.dirname}/backup-faults`);
}, 900_000);
afterAll(() => host?.close());

const home = `/srv/pressluft/${acme.user}`;
const tool = () => `${host.bundleDir}/roles/backup/files/pressluft_backup`;
const health = () => host.tell(`/usr/local/lib/pressluft/health ${acme.user} | grep -o '"status": [0-9]*'`);
const releases = () => host.tell(`ls ${home}/releases; mariadb -BNe "SHOW DATABASES LIKE '${acme.user}%'"`);

/** A backup of the site with some PHP that always runs, which the site itself no longer has afterwards. */
const backUpWith = async (php: string): Promise<StoredBackup> => {
  const folder = `${home}/current/htdocs/wp-content/mu-plugins`;
  await host.feed(`mkdir ${folder} && cat >${folder}/fault.php`, `<?php ${php}`);
  const backup = await host.makeBackup(acme, "files");
  await host.feed(`rm -r ${folder}`, "");
  expect(await health()).toBe('"status": 200');
  return backup;
};

/** Verifies, then expects the restore to fail and everything to be as before. */
const expectRolledBack = async (backup: StoredBackup, task: string, words: string) => {
  await health();
  const [before, othersBefore] = [await host.stateOf(acme), await host.stateOf(other)];
  const input = { backup, release: host.nextRelease() };
  await expectSuccess(host.restore(acme, "verify", input));
  const run = await host.restore(acme, "apply", input);
  expectFailedAt(run, task);
  expect(run.log).toContain(words);
  expect(await host.stateOf(acme)).toBe(before);
  expect(await host.stateOf(other)).toBe(othersBefore);
  expect(await health()).toBe('"status": 200');
  return run;
};

describe("a backup that does not work", () => {
  test("is not shown when PHP ends with an error", async () => {
    const backup = await backUpWith("no_such_function();");
    const run = await expectRolledBack(backup, "Restored site answers", "It was never shown");
    expect(run.log).not.toContain("The release is the one that is shown");
  });

  test("is taken back when it fails only where it is shown, and a drill leaves no trace of either", async () => {
    const backup = await backUpWith("if (PHP_SAPI !== 'cli') no_such_function();");
    const run = await expectRolledBack(backup, "Restored site answers", "is shown again and answers");
    expect(run.log).toContain("The release is the one that is shown");
  });

  test("is judged by the end of what it prints, however much that is, and has no FFI on the command line", async () => {
    const hasFfi = "$has = true; try { FFI::cdef('int getpid(void);'); } catch (Throwable) { $has = false; }";
    const flood = `while (ob_get_level() > 0) ob_end_clean();
      for ($i = 0; $i < 1000; $i++) echo str_repeat('x', 65536), "\\ntried []\\ntried {\\"ok\\":true}\\n";`;
    const backup = await backUpWith(
      `if (PHP_SAPI === 'cli') { ${hasFfi} ${flood} if ($has) no_such_function(); exit; }`,
    );
    const run = await expectRolledBack(backup, "Restored site answers", "the front page is empty");
    expect(run.log.length).toBeLessThan(100_000);
  });

  test("fails its drill, which changes nothing; one that works passes", async () => {
    const [broken, good] = [await backUpWith("no_such_function();"), await host.makeBackup(acme, "full")];
    const before = await host.stateOf(acme);
    const failed = await host.restore(acme, "drill", { backup: broken, release: host.nextRelease() });
    expectFailedAt(failed, "Restored site answers");
    const input = { backup: good, release: host.nextRelease() };
    const passed = await expectSuccess(host.restore(acme, "drill", input));
    expect(passed.result).toEqual({ mode: "drill", ok: true, posts: 2 });
    const again = await expectSuccess(host.restore(acme, "drill", { ...input, runDir: passed.runDir }));
    expect(again.recap).toMatchObject({ changed: 0 });
    expect(await host.stateOf(acme)).toBe(before);
    expect(await host.tell("ls -A /var/lib/pressluft/restores | grep -c . || true")).toBe("3"); // Of the three restores above.
  });
});

describe("a dump that attacks", () => {
  const foreign = `${other.user}_00000002`;
  const attacks = {
    "another site's database": `DROP TABLE ${foreign}.wp_posts;`,
    "another site's database, used": `USE ${foreign};\nDROP TABLE wp_posts;`,
    "the server's own": "USE mysql;\nDELETE FROM global_priv;",
    "a new account": "CREATE USER evil@localhost;",
    "a setting of the server": "SET GLOBAL general_log = 1;",
    "a command of the client": `\\! touch ${hostileFile}`,
    "a command in words": `system touch ${hostileFile}`,
    "a command behind a delimiter": `DELIMITER //\n\\! touch ${hostileFile}\n//`,
    "a file that the client writes": `tee ${hostileFile}\nSELECT 1;`,
    "a file that the client reads": "source /etc/hostname",
    "a file that the server writes": `SELECT 1 INTO OUTFILE '${hostileFile}';`,
    "a file that is sent": "CREATE TABLE x (a text);\nLOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE x;",
    "a definer with more rights": " CREATE DEFINER=`root`@`localhost` PROCEDURE p() DROP DATABASE mysql;",
    "another delimiter of lines": `SELECT 1;\r\\! touch ${hostileFile}\r`,
  };

  test("gets an error and nothing else, whatever it tries", async () => {
    const [before, mine] = [await host.stateOf(other), await host.stateOf(acme)];
    for (const [name, sql] of Object.entries(attacks)) {
      await host.feed(`/usr/local/lib/pressluft/database fresh ${acme.user} eeeeeeee; cat >/srv/attack.sql`, sql);
      const { exitCode, stdout } = await host.ask(`python3 -I -B ${tool()} load /srv/attack.sql ${acme.user} eeeeeeee`);
      expect(exitCode, `${name}: ${stdout}`).toBe(3);
      expect(stdout, name).toContain('"kind": "load"');
    }
    await host.feed(`/usr/local/lib/pressluft/database drop ${acme.user} eeeeeeee`, "");
    expect(await host.isPwned()).toBe(false);
    expect(await host.stateOf(other)).toBe(before);
    expect(await host.stateOf(acme)).toBe(mine);
  });

  test("becomes the definer of what it makes, whoever it says", async () => {
    await host.feed(
      `/usr/local/lib/pressluft/database fresh ${acme.user} eeeeeeee; cat >/srv/attack.sql`,
      [
        "CREATE DEFINER=`root`@`localhost` FUNCTION f() RETURNS int RETURN 1 ;",
        "/*!50001 CREATE ALGORITHM=UNDEFINED */",
        "/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */",
        "/*!50001 VIEW v AS SELECT 1 AS a */;",
      ].join("\n"),
    );
    await host.feed(`python3 -I -B ${tool()} load /srv/attack.sql ${acme.user} eeeeeeee`, "");
    const query = `SELECT DEFINER FROM information_schema.views WHERE TABLE_SCHEMA = '${acme.user}_eeeeeeee'
      UNION ALL SELECT DEFINER FROM information_schema.routines WHERE ROUTINE_SCHEMA = '${acme.user}_eeeeeeee';`;
    expect(await host.feed("mariadb -BN", query)).toBe(`${acme.user}@localhost\n`.repeat(2));
    await host.feed(`/usr/local/lib/pressluft/database drop ${acme.user} eeeeeeee`, "");
  });

  test("is a restore that fails, with the site as before", async () => {
    const backup = await host.makeBackup(acme, "db");
    await host.feed("cat >/srv/forge.py", readFileSync(new URL("../ansible/backup_forge.py", import.meta.url)));
    await host.feed("cat >/srv/attack.sql", attacks["another site's database, used"]);
    const forge = `python3 -B /srv/forge.py ${tool()} ${backup.id} ${acme.id} ${acme.url} </srv/attack.sql >${backup.id}`;
    const forged = await replaceStored(host, backup, forge);
    await expectRolledBack(forged, "Backup is unpacked", "Access denied");
  });
});

describe("a machine that stops in the middle", () => {
  let backup: StoredBackup;
  beforeAll(async () => {
    backup = await host.makeBackup(acme, "full");
  });

  const kill = (runDir: string) => `kill -KILL $(pgrep -f 'pressluft_run_dir=${runDir}|pressluft_backup')`;
  const reboot = () => "systemctl reboot --force --force";

  /** Does this on the host as soon as the condition holds. */
  const when = (condition: string, act: string) =>
    host.feed(
      "cat >/srv/when.sh; systemd-run --quiet --collect bash /srv/when.sh",
      `until ${condition}; do sleep 0.01; done\n${act}\n`,
    );

  const moments: Record<string, (release: string) => string> = {
    "unpacks files": (release) => `[ -e ${home}/releases/${release}/.new/htdocs/wp-includes ]`,
    "loads the database": (release) => `[ -d /var/lib/mysql/${acme.user}_${release} ]`,
    "has just switched": (release) => `[ "$(readlink ${home}/current)" = releases/${release} ]`,
  };

  test.each(
    Object.entries(moments).flatMap(([name, at]) => [
      [`is killed while it ${name}`, at, kill] as const,
      [`restarts while it ${name}`, at, reboot] as const,
    ]),
  )("when a restore %s, the next run brings it to its end", async (_, at, stop) => {
    const input = { backup, release: host.nextRelease(), runDir: `/var/lib/pressluft/jobs/cut-${Math.random()}` };
    await expectSuccess(host.restore(acme, "verify", { backup, release: input.release }));
    await when(at(input.release), stop(input.runDir));
    const cut = await host.restore(acme, "apply", input);
    expect(cut.exitCode).not.toBe(0);
    await host.tell("systemctl is-system-running --wait");
    const folder = `${home}/releases/${input.release}`;
    // As at the very end of unpacking.
    await host.tell(`[ "$(readlink -f ${home}/current)" = ${folder} ] || mkdir -p ${folder}/.new`);
    await expectSuccess(host.restore(acme, "apply", input));
    expect(await health()).toBe('"status": 200');
    expect(await host.tell(`ls -A ${folder}`)).toBe("database-ready\nhtdocs\nsalts.php\nwp-config.php");
    expect((await releases()).split("\n")).toHaveLength(4); // The shown one and the one from before, with their databases.
    expect(await expectSuccess(host.restore(acme, "apply", input))).toMatchObject({ recap: { changed: 0 } });
  });

  test("a restore that was cut off after the switch can be cleared away, back to the release from before", async () => {
    await health();
    const before = await host.stateOf(acme);
    const input = { backup, release: host.nextRelease(), runDir: "/var/lib/pressluft/jobs/cut-clean" };
    await expectSuccess(host.restore(acme, "verify", { backup, release: input.release }));
    await when(`[ "$(readlink ${home}/current)" = releases/${input.release} ]`, kill(input.runDir));
    expect((await host.restore(acme, "apply", input)).exitCode).not.toBe(0);
    await expectSuccess(host.restore(acme, "clean", { backup, release: input.release }));
    expect(await host.stateOf(acme)).toBe(before);
    expect(await health()).toBe('"status": 200');
  });

  test.each([
    ["is killed", kill],
    ["restarts", reboot],
  ] as const)("when it %s during a backup, the next run makes it whole, and no dump is left", async (name, stop) => {
    const runDir = `/var/lib/pressluft/jobs/cut-${name.replace(" ", "-")}`;
    const id = `0190a0b0-0000-7000-8001-00000000000${name.length}`;
    await when(`[ -e ${runDir}/progress.json ]`, stop(runDir));
    expect((await host.backUp(acme, "full", { runDir, id })).exitCode).not.toBe(0);
    await host.tell("systemctl is-system-running --wait");
    const made = await host.makeBackup(acme, "full", { runDir, id });
    expect(await host.tell(`ls -A ${runDir}`)).toBe("progress.json\nresult.json\nvars.json");
    expect(await expectSuccess(host.backUp(acme, "full", { runDir, id }))).toMatchObject({ recap: { changed: 0 } });
    const input = { backup: made, release: host.nextRelease() };
    await expectSuccess(host.restore(acme, "verify", input));
    await expectSuccess(host.restore(acme, "clean", input));
  });

  test.each([
    ["unpacks files", "next drill succeeds"],
    ["loads the database", "drill can be cleared away"],
  ] as const)("when it restarts while a drill %s, the %s, and of both there is no trace", async (moment, outcome) => {
    await health();
    const before = await host.stateOf(acme);
    const input = { backup, release: host.nextRelease(), runDir: `/var/lib/pressluft/jobs/drill-${moment.length}` };
    await when(moments[moment]?.(input.release) ?? "false", reboot());
    expect((await host.restore(acme, "drill", input)).exitCode).not.toBe(0);
    await host.tell("systemctl is-system-running --wait");
    expect(await releases()).toContain(input.release);
    const mode = outcome === "next drill succeeds" ? "drill" : "clean";
    const { result } = await expectSuccess(host.restore(acme, mode, input));
    expect(result).toMatchObject({ mode, ok: true });
    expect(await host.stateOf(acme)).toBe(before);
    expect(await health()).toBe('"status": 200');
    expect(await host.tell(`ls -A /var/lib/pressluft/restores | grep -c ${backup.id} || true`)).toBe("0");
    expect(await expectSuccess(host.restore(acme, mode, input))).toMatchObject({ recap: { changed: 0 } });
  });
});
