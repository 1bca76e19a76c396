/** The programs that keep runs on a node, as they are: real Python, real processes, no network and no Ansible. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { RunOrder } from "../domain/playbooks.ts";
import { makeBundle } from "./bundle.ts";
import {
  changeRunLine,
  giveRunCommands,
  lookAtRunCommands,
  lookAtRunLine,
  readRunChange,
  startRunCommands,
  stopRunCommands,
} from "./run-commands.ts";
import { makeScriptBundle, makeScriptedNode } from "./run-testing.ts";

const secret = "X-Amz-Signature=c0ffee";
const orderOf = (id: string, timeoutMinutes = 1): RunOrder => ({
  id,
  playbook: "backup-create",
  vars: {
    environment: { id: "e", user: "pl_0123456789ab", url: "http://a.test" },
    backup: { id: "b", scope: "db" },
    upload: { part_size_bytes: 1, urls: [`https://s3.test/?${secret}`] },
  },
  timeoutMinutes,
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
/** A node whose one playbook is this shell script. */
const makeNode = (script: string) => {
  const node = makeScriptedNode({ "backup-create": script });
  closers.push(node.close);
  return node;
};

const recap =
  'echo "PLAY RECAP ****"; echo "localhost                  : ok=1    changed=1    unreachable=0    failed=0"';
const quick = `echo "TASK [backup : Dump it] ****"; ${recap}; echo '{"size_bytes":7}' >$RUN/result.json`;
const slow = `echo "TASK [backup : Store it] ****"; exec sleep 60`;

describe("a command", () => {
  it.each([lookAtRunLine("root"), changeRunLine("root")])("is one quoted word for a shell that is root", (line) => {
    expect(line).toMatch(/^python3 -c '[^']+'$/);
    expect(Buffer.byteLength(line)).toBeLessThan(6_000);
  });

  it("is run by sudo, which may not ask, for any other user", () => {
    expect(lookAtRunLine("admin")).toMatch(/^sudo -n python3 -c '[^']+'$/);
    expect(changeRunLine("admin")).toMatch(/^sudo -n python3 -c '[^']+'$/);
  });

  it.each(["", "../x", "a b", "A", "x'; reboot '", ".hidden", "a".repeat(121)])("is not made for the id %j", (id) => {
    expect(() => lookAtRunCommands("root", id)).toThrow(TypeError);
    expect(() => startRunCommands("root", orderOf(id), makeBundle(Buffer.from("x")))).toThrow(TypeError);
    expect(() => stopRunCommands("root", id)).toThrow(TypeError);
    expect(() => giveRunCommands("root", { runId: id, count: 1, answer: {} })).toThrow(TypeError);
  });
});

describe("a run", () => {
  it("gets the playbooks once, runs, ends, and leaves no secret", async () => {
    const node = makeNode(quick);
    expect((await node.look("one")).state).toBe("absent");
    const first = await node.start(orderOf("one"));
    expect(first.results.map(({ exitCode }) => exitCode)).toEqual([21, 0]);
    expect(await node.lookUntil("one", "ended")).toMatchObject({
      exitCode: 0,
      recap: { changed: 1, unreachable: 0, failed: 0 },
      task: "backup : Dump it",
      tail: ["TASK [backup : Dump it]", "PLAY RECAP", expect.stringMatching(/^localhost : ok=1/)],
      result: { size_bytes: 7 },
      need: null,
    });
    expect(readdirSync(join(node.home, "jobs/one")).sort()).toEqual(
      ["argv", "env", "exit", "log", "result.json", "run.json", "run.py", "state.json"].sort(),
    );
    const again = await node.start(orderOf("two"));
    expect(again.results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    await node.lookUntil("two", "ended");
  });

  it("is told its variables in a file that root alone may read, and nowhere else", async () => {
    const node = makeNode(`cp $RUN/vars.json $RUN/seen; stat -c %a $RUN $RUN/vars.json >$RUN/modes; ${quick}`);
    await node.start(orderOf("one"));
    await node.lookUntil("one", "ended");
    expect(JSON.parse(node.readOf("one", "seen"))).toEqual(orderOf("one").vars);
    expect(node.readOf("one", "modes")).toBe("700\n600\n");
    for (const name of ["argv", "env", "run.json", "state.json", "log"]) {
      expect(node.readOf("one", name)).not.toContain(secret);
    }
    expect(statSync(join(node.home, "bundles")).mode & 0o777).toBe(0o700);
    expect(node.readOf("one", "argv").trim()).toBe(
      `-i localhost, -c local playbooks/backup-create.yml -e pressluft_run_dir=${node.home}/jobs/one`,
    );
    expect(node.readOf("one", "env")).toContain("ANSIBLE_NO_TARGET_SYSLOG=1");
  });

  it("is begun once, however often and however much at once it is delivered", async () => {
    const node = makeNode(`echo begun >>${"$"}RUN/begun; ${quick}`);
    await Promise.all(Array.from({ length: 4 }, () => node.start(orderOf("one"))));
    await node.lookUntil("one", "ended");
    const late = await node.start(orderOf("one"));
    expect(readRunChange(late)).toBeNull();
    expect(node.readOf("one", "begun")).toBe("begun\n");
    expect(readdirSync(join(node.home, "jobs"))).toEqual(["one"]);
  });

  it("that was prepared and got no process gets one by the next start", async () => {
    const node = makeNode(quick);
    writeFileSync(join(node.dir, "refuses"), "");
    expect(readRunChange(await node.start(orderOf("one")))).toContain("systemd");
    expect((await node.look("one")).state).toBe("prepared");
    await node.run(["true"]);
    writeFileSync(
      join(node.dir, "bin/systemd-run"),
      readFileSync(join(node.dir, "bin/systemd-run"), "utf8").replace(/^\[ !.*$/m, ""),
    );
    expect(readRunChange(await node.start(orderOf("one")))).toBeNull();
    expect((await node.lookUntil("one", "ended")).exitCode).toBe(0);
  });

  it("waits for the one before it, which may be that of a job that has ended", async () => {
    const node = makeNode(`until [ -e ${"$"}RUN/go ]; do sleep 0.05; done; ${quick}`);
    await node.start(orderOf("one"));
    while (!existsSync(node.fileOf("one", "env"))) await node.look("one");
    await node.start(orderOf("two"));
    expect((await node.lookUntil("two", "running")).state).toBe("running");
    writeFileSync(node.fileOf("two", "go"), "");
    await node.look("two");
    expect(existsSync(node.fileOf("two", "argv"))).toBe(false);
    writeFileSync(node.fileOf("one", "go"), "");
    expect((await node.lookUntil("one", "ended")).exitCode).toBe(0);
    expect((await node.lookUntil("two", "ended")).exitCode).toBe(0);
  });

  it("whose process was killed was interrupted, is not begun again and keeps no secret", async () => {
    const node = makeNode(slow);
    await node.start(orderOf("one"));
    await node.lookUntil("one", "running");
    const { pid } = JSON.parse(node.readOf("one", "state.json"));
    process.kill(-pid, "SIGKILL");
    expect(await node.lookUntil("one", "interrupted")).toMatchObject({ task: "backup : Store it", exitCode: null });
    expect(node.readOf("one", "vars.json")).toBe("");
    await node.start(orderOf("one"));
    expect((await node.look("one")).state).toBe("interrupted");
  });

  it("of before a restart was interrupted, whoever has its process id now", async () => {
    const node = makeNode(slow);
    await node.start(orderOf("one"));
    await node.lookUntil("one", "running");
    const state = JSON.parse(node.readOf("one", "state.json"));
    writeFileSync(node.fileOf("one", "state.json"), JSON.stringify({ ...state, boot_id: "another" }));
    expect((await node.look("one")).state).toBe("interrupted");
    process.kill(-state.pid, "SIGKILL");
  });

  it("is stopped, and what is only prepared never begins", async () => {
    const node = makeNode(slow);
    await node.start(orderOf("one"));
    await node.lookUntil("one", "running");
    expect(readRunChange(await node.run(stopRunCommands("root", "one")))).toBeNull();
    expect((await node.lookUntil("one", "interrupted")).state).toBe("interrupted");
    expect(node.readOf("one", "vars.json")).toBe("");
    writeFileSync(join(node.dir, "refuses"), "");
    await node.start(orderOf("two"));
    await node.run(stopRunCommands("root", "two"));
    expect((await node.look("two")).state).toBe("interrupted");
    await node.run(stopRunCommands("root", "nothing"));
    expect((await node.look("nothing")).state).toBe("absent");
  });

  it("that takes too long is ended by the node itself", async () => {
    const node = makeNode(slow);
    await node.start(orderOf("one", 0.01));
    expect((await node.lookUntil("one", "ended")).exitCode).toBe(124);
  });

  it("asks, is given an answer once, and goes on", async () => {
    const node = makeNode(`echo '{"kind":"part_urls","from":21}' >$RUN/need.json
while [ ! -e $RUN/given-1.json ]; do sleep 0.05; done; cp $RUN/given-1.json $RUN/seen; sleep 0.5; ${quick}`);
    await node.start(orderOf("one"));
    const answer = { from: 21, urls: [`https://s3.test/?${secret}`] };
    for (let looks = 0; looks < 100 && (await node.look("one")).need === null; looks += 1);
    expect(await node.look("one")).toMatchObject({ state: "running", need: { kind: "part_urls", from: 21 } });
    expect(readRunChange(await node.run(giveRunCommands("root", { runId: "one", count: 1, answer })))).toBeNull();
    expect((await node.look("one")).need).toBeNull();
    await node.lookUntil("one", "ended");
    expect(JSON.parse(node.readOf("one", "seen"))).toEqual(answer);
    expect(existsSync(node.fileOf("one", "given-1.json"))).toBe(false);
    const late = await node.run(giveRunCommands("root", { runId: "nobody", count: 1, answer }));
    expect(readRunChange(late)).toContain("not on the node");
  });

  it("tells how far it is", async () => {
    const node = makeNode(`echo '{"done_bytes":5,"text":"640 MB stored"}' >$RUN/progress.json; ${slow}`);
    await node.start(orderOf("one"));
    for (let looks = 0; looks < 100 && (await node.look("one")).progress === null; looks += 1);
    expect((await node.look("one")).progress).toBe("640 MB stored");
    await node.run(stopRunCommands("root", "one"));
  });

  it("that says very much is shown by its end, and its failed task found", async () => {
    const node = makeNode(`echo "TASK [first] ****"; seq 1 200000; echo "TASK [last : one] ****"
printf 'fatal: [localhost]: FAILED! => {"msg": "https://s3.test/k?${secret}"}\\n'; head -c 5000 /dev/zero | tr '\\0' x; echo
echo "TASK [tidy up] ****"; ${recap.replace("failed=0", "failed=1")}; exit 2`);
    await node.start(orderOf("one"));
    const facts = await node.lookUntil("one", "ended");
    expect(facts).toMatchObject({ exitCode: 2, task: "last : one", recap: { failed: 1 } });
    expect(facts.tail).toHaveLength(60);
    expect(Math.max(...facts.tail.map((line) => line.length))).toBeLessThanOrEqual(300);
    expect(facts.tail.join("\n")).not.toContain(secret);
  });

  it("whose failure is one line of 20 MB is found to have failed in that task, not in what tidied up", async () => {
    const node = makeNode(`echo "TASK [the : one] ****"; printf 'fatal: [localhost]: FAILED! => '
head -c 20000000 /dev/zero | tr '\\0' x; printf 'TASK [no line of its own] ****\\n'; echo "TASK [tidy up] ****"
${recap.replace("failed=0", "failed=1")}; exit 2`);
    await node.start(orderOf("one"));
    const facts = await node.lookUntil("one", "ended");
    expect(facts).toMatchObject({ exitCode: 2, task: "the : one", recap: { failed: 1 } });
    expect(facts.tail[0]).toBe("TASK [tidy up]");
  });
});

describe("the playbooks", () => {
  it("are refused when they arrive damaged", async () => {
    const node = makeNode(quick);
    const cut = { ...node.bundle, archive: node.bundle.archive.subarray(0, 50) };
    expect(readRunChange(await node.run(startRunCommands("root", orderOf("one"), cut)))).toContain("damaged");
    expect((await node.look("one")).state).toBe("absent");
    expect(readdirSync(join(node.home, "bundles"))).toEqual([]);
  });

  it("of another version lie beside the first", async () => {
    const node = makeNode(quick);
    await node.start(orderOf("one"));
    await node.lookUntil("one", "ended");
    const next = makeScriptBundle({ "backup-create": "exit 4" });
    await node.run(startRunCommands("root", orderOf("two"), next));
    expect((await node.lookUntil("two", "ended")).exitCode).toBe(4);
    expect(readdirSync(join(node.home, "bundles")).sort()).toEqual([node.bundle.hash, next.hash].sort());
  });
});

it("what is a week old goes with the end of a run, and what a power cut left is forgotten", async () => {
  const node = makeNode(quick);
  const weekAgo = Date.now() / 1000 - 8 * 86400;
  const lay = (path: string, files: Record<string, string>, atSeconds?: number) => {
    mkdirSync(join(node.home, path), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(node.home, path, name), text);
    if (atSeconds !== undefined) utimesSync(join(node.home, path), atSeconds, atSeconds);
  };
  lay("jobs/old", { "vars.json": secret }, weekAgo);
  lay("jobs/.part", { "vars.json": secret }, Date.now() / 1000 - 3600);
  lay("jobs/cut", { "vars.json": secret, "given-1.json": secret, "state.json": '{"boot_id":"another","pid":1}' });
  lay("bundles/0123456789abcdef", {}, weekAgo);
  lay("restores/old", { archive: "x" }, weekAgo);
  lay("restores/new", { archive: "x" });
  await node.start(orderOf("one"));
  await node.lookUntil("one", "ended");
  await expect.poll(() => readdirSync(join(node.home, "bundles"))).toEqual([node.bundle.hash]);
  await expect.poll(() => readdirSync(join(node.home, "restores"))).toEqual(["new"]);
  expect(readdirSync(join(node.home, "jobs")).sort()).toEqual(["cut", "one"]);
  expect(readdirSync(join(node.home, "jobs/cut"))).toEqual(["state.json"]);
});
