/** backup-create and env-restore on a real host: real nginx, PHP, MariaDB and WordPress; S3 is a small server on the host. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  acme,
  addressesOf,
  type BackupHost,
  expectFailedAt,
  expectSuccess,
  openBackupHost,
  other,
  replaceStored,
  SECRET,
  type StoredBackup,
} from "../ansible/backup-host.ts";

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

let host: BackupHost;
beforeAll(async () => {
  host = await openBackupHost(`${import.meta.dirname}/backup`);
}, 900_000);
afterAll(() => host?.close());

const live = `/srv/pressluft/${acme.user}/current/htdocs`;
const sql = (text: string) =>
  host.feed(
    `mariadb --batch --skip-column-names ${acme.user}_$(basename $(readlink /srv/pressluft/${acme.user}/current))`,
    text,
  );
const setTitle = (title: string) => sql(`UPDATE wp_posts SET post_title = '${title}' WHERE ID = 1;`);
const readTitle = async () => (await sql("SELECT post_title FROM wp_posts WHERE ID = 1;")).trim();
const write = (path: string, text: string) =>
  host.feed(`runuser -u ${acme.user} -- sh -c 'mkdir -p "$(dirname "$1")"; cat >"$1"' sh '${live}/${path}'`, text);
const read = (path: string) => host.tell(`cat '${live}/${path}' 2>/dev/null || echo absent`);
const health = () => host.tell(`/usr/local/lib/pressluft/health ${acme.user} | grep -o '"status": [0-9]*'`);
const upload = "wp-content/uploads/ä $(id) it.txt";

describe("a backup", () => {
  test("of each scope is what its result says; a second run changes nothing; no address is left anywhere", async () => {
    for (const scope of ["db", "files", "full"] as const) await host.makeBackup(acme, scope);
    const runDir = "/var/lib/pressluft/jobs/twice";
    const first = await expectSuccess(host.backUp(acme, "full", { runDir }));
    const second = await expectSuccess(host.backUp(acme, "full", { runDir }));
    expect(second.recap).toMatchObject({ changed: 0, failed: 0 });
    expect(second.result).toEqual(first.result);
    expect(await host.tell("ls /var/lib/pressluft/jobs/twice")).toBe("progress.json\nresult.json\nvars.json");
    expect(await host.tell(`journalctl | grep -c ${SECRET}; grep -rlF ${SECRET} /var/log /srv/pressluft | wc -l`)).toBe(
      "0\n0",
    );
  });

  test("asks for addresses when it has used them up", async () => {
    const runDir = "/var/lib/pressluft/jobs/asking";
    const running = host.backUp(acme, "full", { runDir, urls: 1 });
    const need = () => host.tell(`cat ${runDir}/need.json 2>/dev/null`);
    await expect.poll(need, { timeout: 60_000 }).toBe('{"kind": "part_urls", "from": 2}');
    const answer = JSON.stringify({ from: 2, urls: addressesOf("asked", 2, 20) });
    await host.feed(`umask 077; cat >${runDir}/given.part && mv ${runDir}/given.part ${runDir}/given-2.json`, answer);
    const { result } = await expectSuccess(running);
    expect(result).toMatchObject({ parts: [{ number: 1 }, { number: 2 }, { number: 3 }] });
    expect(await host.tell(`ls ${runDir}`)).toBe("progress.json\nresult.json\nvars.json");
  });

  test("that cannot be stored fails as such, and its result is not there", async () => {
    await host.feed("systemctl stop fake-s3", "");
    const run = await host.backUp(acme, "db");
    await host.feed("systemctl start fake-s3", "");
    expectFailedAt(run, "Backup is stored");
    expect(run.result).toBeUndefined();
  });
});

describe("a restore", () => {
  let backups: Record<"db" | "files" | "full", StoredBackup>;
  beforeAll(async () => {
    await setTitle("as it was");
    await write(upload, "as it was");
    const make = (scope: "db" | "files" | "full") => host.makeBackup(acme, scope);
    backups = { db: await make("db"), files: await make("files"), full: await make("full") };
  });

  const restore = async (scope: "db" | "files" | "full", release = host.nextRelease()) => {
    const input = { backup: backups[scope], release };
    await expectSuccess(host.restore(acme, "verify", input));
    const run = await expectSuccess(host.restore(acme, "apply", input));
    process.stderr.write(`restore of ${scope}: ${run.seconds.toFixed(1)} s\n`);
    return { ...input, run };
  };

  test("brings a destroyed site back, keeps who is logged in, and leaves the site from before for once", async () => {
    const [otherBefore, salts] = [await host.stateOf(other), await read("../salts.php")];
    await setTitle("damaged");
    await sql("DROP TABLE wp_options;");
    await host.feed(`rm -r ${live}/wp-includes ${live}/wp-content/uploads`, "");
    expect(await health()).not.toBe('"status": 200');
    const { release } = await restore("full");
    expect([await readTitle(), await read(upload), await health()]).toEqual([
      "as it was",
      "as it was",
      '"status": 200',
    ]);
    expect(await read("../salts.php")).toBe(salts);
    expect(await host.tell(`ls /srv/pressluft/${acme.user}/releases`)).toBe(`00000001\n${release}`);
    expect(await host.tell(`stat -c '%U %a' '${live}/${upload}' ${live}/wp-includes`)).toBe(
      `${acme.user} 644\n${acme.user} 755`,
    );
    expect(await host.stateOf(other)).toBe(otherBefore);
  });

  test("of a database leaves the files as they are", async () => {
    await setTitle("damaged");
    await write(upload, "changed since");
    await restore("db");
    expect([await readTitle(), await read(upload), await health()]).toEqual([
      "as it was",
      "changed since",
      '"status": 200',
    ]);
  });

  test("of files leaves the database as it is, and one release from before", async () => {
    await setTitle("changed since");
    await write("wp-content/new.txt", "not in the backup");
    const before = await host.tell(`basename $(readlink /srv/pressluft/${acme.user}/current)`);
    const { release } = await restore("files");
    expect([await readTitle(), await read(upload), await health()]).toEqual([
      "changed since",
      "as it was",
      '"status": 200',
    ]);
    expect(await read("wp-content/new.txt")).toBe("absent");
    expect((await host.tell(`ls /srv/pressluft/${acme.user}/releases`)).split("\n")).toEqual([before, release].sort());
    expect(await host.tell(`mariadb -BNe "SHOW DATABASES LIKE '${acme.user}%'" | wc -l`)).toBe("2");
  });

  test("done again changes nothing, and nothing is left after it was cleared away", async () => {
    const { run, ...input } = await restore("full");
    const again = { ...input, runDir: run.runDir };
    expect(await expectSuccess(host.restore(acme, "apply", again))).toMatchObject({ recap: { changed: 0 } });
    expect(await expectSuccess(host.restore(acme, "verify", input))).toMatchObject({ recap: { changed: 0 } });
    const before = await host.stateOf(acme);
    await expectSuccess(host.restore(acme, "clean", input));
    expect(await expectSuccess(host.restore(acme, "clean", input))).toMatchObject({ recap: { changed: 0 } });
    expect(await host.stateOf(acme)).toBe(before);
    expect(await host.tell(`ls -d /var/lib/pressluft/restores/${input.backup.id} 2>&1 | grep -c 'No such'`)).toBe("1");
  });

  test("moves what was made under another address", async () => {
    const before = "http://before.acme.test:8088";
    await setTitle(`see ${before}/page`);
    const input = { backup: await host.makeBackup({ ...acme, url: before }, "db"), release: host.nextRelease() };
    await expectSuccess(host.restore(acme, "verify", input));
    await expectSuccess(host.restore(acme, "apply", input));
    expect([await readTitle(), await health()]).toEqual([`see ${acme.url}/page`, '"status": 200']);
    expect((await sql("SELECT option_value FROM wp_options WHERE option_name = 'blog_public';")).trim()).toBe("1");
  });

  describe("that is refused", () => {
    const expectUntouched = async (backup: StoredBackup, task: string, mode: "verify" | "drill" = "verify") => {
      const before = await host.stateOf(acme);
      const input = { backup, release: host.nextRelease() };
      expectFailedAt(await host.restore(acme, mode, input), task);
      expect(await host.stateOf(acme)).toBe(before);
    };

    test("because the backup is damaged, truncated or not the one that was stored", async () => {
      const backup = await host.makeBackup(acme, "full");
      await replaceStored(host, backup, `printf X | dd of=${backup.id} bs=1 seek=1000000 conv=notrunc status=none`);
      await expectUntouched(backup, "Backup is intact");
      await expectUntouched(backup, "Backup is intact", "drill");
      await replaceStored(host, backup, `truncate -s -1 ${backup.id}`);
      await expectUntouched(backup, "Backup is intact");
    });

    test("because the backup is another environment's, of another scope, or not whole", async () => {
      const foreign = await host.makeBackup(other, "full");
      const claimed = { ...foreign, environment_id: acme.id };
      await expectUntouched(claimed, "Backup is of this environment and complete");
      await expectUntouched(claimed, "Backup is of this environment and complete", "drill");
      await expectUntouched({ ...backups.full, scope: "db" }, "Backup is of this environment and complete");
      const cut = await host.makeBackup(acme, "full");
      const cutOff = await replaceStored(host, cut, `truncate -s -20000 ${cut.id}`);
      await expectUntouched(cutOff, "Backup is of this environment and complete");
    });

    test("because it is not there (any more)", async () => {
      await expectUntouched({ ...backups.full, id: backups.full.id.replace(/...$/, "999") }, "Backup is fetched");
      const input = { backup: backups.files, release: host.nextRelease() };
      await expectSuccess(host.restore(acme, "clean", input));
      expectFailedAt(await host.restore(acme, "apply", input), "Backup is intact");
    });
  });
});
