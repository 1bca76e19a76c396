/** Runs of playbooks on a real server: systemd, Ansible and sshd are real, the playbooks are small ones of this test. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openHosts, type RealHosts } from "../../local/hosts/index.ts";
import { ask, knockUntil, makeSpec, targetOf, tell } from "../../local/hosts/testing.ts";
import { sshLimits } from "../../shared/config.ts";
import type { RunFacts } from "../../shared/domain/plans/plan.ts";
import type { Playbook, RunOrder } from "../../shared/domain/playbooks.ts";
import {
  look,
  lookAtRunCommands,
  readRunChange,
  readRunLook,
  type SshCommand,
  startRunCommands,
  stopRunCommands,
} from "../../shared/node/index.ts";
import { makeSmallPlaybooks } from "./small-playbooks.ts";

const secret = "Z3Canary0Canary1Canary2";

/** Each plays the playbook of its name. */
const plays: Partial<Record<Playbook, object[]>> = {
  // Ends by itself, and says what was found.
  "site-delete": [
    { name: "Count the starts", "ansible.builtin.shell": "echo begun >>{{ pressluft_run_dir }}/begun" },
    {
      name: "Write result.json",
      "ansible.builtin.copy": { dest: "{{ pressluft_run_dir }}/result.json", content: '{"ok":true}', mode: "0600" },
    },
  ],
  // Takes long, with a secret in its hands.
  "env-delete": [
    {
      name: "Read vars.json",
      "ansible.builtin.slurp": { src: "{{ pressluft_run_dir }}/vars.json" },
      register: "given",
      no_log: true,
    },
    {
      name: "Hold the secret",
      "ansible.builtin.copy": {
        dest: "{{ pressluft_run_dir }}/held",
        content: "{{ given.content | b64decode }}",
        mode: "0600",
      },
      no_log: true,
    },
    { name: "Take long", "ansible.builtin.command": "sleep 300" },
  ],
  // Says much and fails.
  "site-create": [
    { name: "Say much", "ansible.builtin.command": "seq 1 100000" },
    { name: "Show it", "ansible.builtin.debug": { msg: "{{ range(3000) | list }}" } },
    { name: "Backup is intact", "ansible.builtin.command": "false" },
  ],
};

const bundle = makeSmallPlaybooks(plays);
let hosts: RealHosts;
let next = 0;
beforeAll(async () => {
  hosts = await openHosts({ folder: `${import.meta.dirname}/runs`, log: () => {} });
}, 900_000);
afterAll(() => hosts?.closeAll());
/** One host at a time. */
afterEach(() => hosts.destroy(makeSpec(hosts, next).serverId));

const orderOf = (id: string, playbook: "site-delete" | "env-delete"): RunOrder => ({
  id,
  playbook,
  vars: { environments: [{ id: secret, user: "pl_0123456789ab" }] },
  timeoutMinutes: 5,
});

const bootOne = async () => {
  next += 1;
  const spec = makeSpec(hosts, next);
  await hosts.boot(spec);
  await knockUntil(targetOf(spec), "reached");
  const run = (commands: readonly SshCommand[]) => look(targetOf(spec), commands, sshLimits);
  const start = (order: RunOrder) => run(startRunCommands("root", order, bundle));
  const lookAt = async (id: string): Promise<RunFacts> => readRunLook(await run(lookAtRunCommands("root", id)));
  const reaches = (id: string, state: string, task?: string) =>
    expect
      .poll(() => lookAt(id), { timeout: 60_000, interval: 300 })
      .toMatchObject({ reached: true, state, ...(task === undefined ? {} : { task }) });
  return { spec, run, start, lookAt, reaches, tell: (command: string) => tell(spec, command) };
};

describe("a run on a real server", () => {
  test("is begun once whatever is delivered how often, ends, and leaves no secret", async () => {
    const host = await bootOne();
    const order = orderOf("job-install-1", "site-delete");
    const first = performance.now();
    expect(readRunChange(await host.start(order))).toBeNull();
    const startedMs = performance.now() - first;
    await Promise.all([host.start(order), host.start(order), host.start(order)]);
    await host.reaches(order.id, "ended");
    await host.start(order);
    expect(await host.lookAt(order.id)).toMatchObject({
      exitCode: 0,
      result: { ok: true },
      recap: { changed: 2, failed: 0, unreachable: 0 },
      task: "Write result.json",
    });
    const folder = `/var/lib/pressluft/jobs/${order.id}`;
    expect(await host.tell(`cat ${folder}/begun; stat -c %a ${folder} ${folder}/log /var/lib/pressluft/bundles`)).toBe(
      "begun\n700\n600\n700",
    );
    expect(await host.tell(`ls ${folder}/vars.json ${folder}/tmp 2>&1 | grep -c "No such"`)).toBe("2");
    expect(await host.tell("ls -A /var/lib/pressluft/jobs /var/lib/pressluft/bundles | grep -c '^\\.' || true")).toBe(
      "0",
    );
    const again = performance.now();
    await host.lookAt(order.id);
    const lookMs = performance.now() - again;
    const bytes = startRunCommands("root", order, bundle).map((one) =>
      typeof one === "string" ? 0 : one.stdin.length,
    );
    process.stderr.write(
      `a run: start ${startedMs.toFixed(0)} ms with upload, look ${lookMs.toFixed(0)} ms, bytes by standard input ${bytes.join(" and ")}\n`,
    );
  });

  test("shows its secret in no process, environment, unit or journal while it runs", async () => {
    const host = await bootOne();
    const order = orderOf("job-secret-1", "env-delete");
    await host.start(order);
    await host.reaches(order.id, "running", "Take long");
    const found = `grep -lsa ${secret.slice(0, -1)}[2] /proc/[0-9]*/cmdline /proc/[0-9]*/environ; systemctl show pressluft-run-${order.id} | grep ${secret.slice(0, -1)}[2]; journalctl --no-pager -q | grep ${secret.slice(0, -1)}[2]; grep -rlsa ${secret.slice(0, -1)}[2] /var/log /tmp /var/tmp /root; true`;
    expect(await host.tell(found)).toBe("");
    expect(await host.tell(`grep -c ${secret} /var/lib/pressluft/jobs/${order.id}/vars.json`)).toBe("1");
    expect(
      await host.tell(`setpriv --reuid=33 --clear-groups cat /var/lib/pressluft/jobs/${order.id}/vars.json; true`),
    ).toBe("");
    expect(await host.tell("journalctl --no-pager -q | grep -c 'Invoked with' || true")).toBe("0");
    const processes = "systemctl status 'pressluft-run-*' --no-pager --full | grep -c 'sleep 300'";
    await expect.poll(() => host.tell(processes), { timeout: 20_000 }).toBe("1"); // Its task is told before it begins.
    await host.run(stopRunCommands("root", order.id));
    await host.reaches(order.id, "interrupted");
    expect(await host.tell(`ls /var/lib/pressluft/jobs/${order.id}/vars.json; pgrep -fc '^sleep 300' || true`)).toBe(
      "0",
    );
  });

  test("whose process is killed was interrupted, with all that it had begun", async () => {
    const host = await bootOne();
    const order = orderOf("job-killed-1", "env-delete");
    await host.start(order);
    await host.reaches(order.id, "running", "Take long");
    await host.tell(`kill -9 $(systemctl show -P MainPID pressluft-run-${order.id})`);
    await host.reaches(order.id, "interrupted", "Take long");
    expect(await host.tell("pgrep -fc '^sleep 300' || true")).toBe("0");
    await host.start(order);
    expect(await host.lookAt(order.id)).toMatchObject({ state: "interrupted" });
  });

  test.each(["reboot", "kill"] as const)("was interrupted by a %s in the middle", async (fault) => {
    const host = await bootOne();
    const order = orderOf("job-rebooted-1", "env-delete");
    await host.start(order);
    await host.reaches(order.id, "running", "Take long");
    if (fault === "reboot") await host.tell("systemd-run --quiet --on-active=300ms systemctl reboot");
    else {
      await hosts.fault(host.spec.serverId, "kill");
      await hosts.boot(host.spec);
    }
    await host.reaches(order.id, "interrupted", "Take long");
    expect(await host.tell(`ls /var/lib/pressluft/jobs/${order.id}/vars.json 2>&1 | grep -c "No such"`)).toBe("1");
    const second = orderOf("job-rebooted-2", "site-delete");
    await host.start(second);
    await host.reaches(second.id, "ended");
  });

  test("that says much and fails is shown by its end and its failed task", async () => {
    const host = await bootOne();
    const order: RunOrder = {
      id: "job-much-1",
      playbook: "site-create",
      vars: {
        environment: { id: "e", user: "u", host: "h", url: "http://h", type: "production", release: "0" },
        wordpress: { kind: "package" },
        site: { title: "{{ lookup('pipe', 'id') }}", admin_email: "a@b.test" },
      },
      timeoutMinutes: 5,
    };
    await host.start(order);
    await host.reaches(order.id, "ended");
    const facts = await host.lookAt(order.id);
    expect(facts).toMatchObject({ exitCode: 2, task: "Backup is intact", recap: { failed: 1 } });
    if (!facts.reached) throw new Error(facts.reason);
    expect(facts.tail.length).toBeLessThanOrEqual(60);
    expect(facts.tail.join("\n")).toContain("Backup is intact");
  });

  test("goes on while the link is down; who looks meanwhile is told in time that nobody answers", async () => {
    const host = await bootOne();
    const order = orderOf("job-link-1", "env-delete");
    await host.start(order);
    await host.reaches(order.id, "running", "Take long");
    const began = performance.now();
    const hanging = look(targetOf(host.spec), ["sleep 60"], {
      ...sshLimits,
      commandTimeoutMs: 60_000,
      totalTimeoutMs: 60_000,
    });
    await ask(host.spec, "true");
    await hosts.fault(host.spec.serverId, "link_down");
    expect(await hanging).toMatchObject({ reached: false, reason: "timeout" });
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await host.lookAt(order.id)).toMatchObject({ reached: false });
    await hosts.fault(host.spec.serverId, "link_up");
    await host.reaches(order.id, "running", "Take long");
  });
});
