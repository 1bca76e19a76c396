/** What a machine keeps of runs about sites: the words in their names, what is there afterwards, and its programs. */
import { afterEach, describe, expect, it } from "vitest";
import type { EnvironmentVars } from "../../shared/domain/playbooks.ts";
import { makeSocketRig, makeSteppedRig, orderOf, type Rig } from "./testing.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const wordpress = { kind: "package" } as const;

const environmentOf = (slug: string, digit = "1"): EnvironmentVars => ({
  id: `018f0000-0000-7000-9000-00000000000${digit}`,
  user: `pl_00000000000${digit}`,
  host: `${slug}.shop.127-77-249-5.localhost`,
  url: `http://${slug}.shop.127-77-249-5.localhost:8080`,
  type: "production",
  release: "0123abcd",
});

const making = (id: string, environment: EnvironmentVars) =>
  orderOf(id, "site-create", { environment, wordpress, site: { title: "Shop", admin_email: "ada@example.org" } });
const removing = (id: string, { user, id: environmentId }: EnvironmentVars) =>
  orderOf(id, "env-delete", { environments: [{ id: environmentId, user }] });
const restoring = (id: string, environment: EnvironmentVars, mode: "verify" | "apply" | "drill" | "clean") => {
  const archive = { id: "b", scope: "full", sha256: "5e".repeat(32), size_bytes: 1000, url: null } as const;
  return orderOf(id, "env-restore", { environment, mode, backup: { ...archive, environment_id: environment.id } });
};

const login = (rig: Rig, { user }: EnvironmentVars) => rig.ask(`/usr/local/lib/pressluft/login ${user}`);
const health = (rig: Rig, { user }: EnvironmentVars) => rig.ask(`/usr/local/lib/pressluft/health ${user}`);

describe.each([
  ["with sockets", () => makeSocketRig(closers)],
  ["stepped", makeSteppedRig],
])("a machine %s", (_name, makeOne) => {
  it("lists the runs that were begun on it, each once, over a restart too", async () => {
    const rig = await makeOne();
    expect(await rig.ask("ls /var/lib/pressluft/jobs")).toEqual({ exitCode: 0, said: "" });
    for (const id of ["two", "one", "two"]) await rig.start(making(id, environmentOf("production")));
    await rig.reboot();
    await rig.clock.advance(3_000);
    expect(await rig.ask("ls /var/lib/pressluft/jobs")).toEqual({ exitCode: 0, said: "one\ntwo" });
  });

  it("makes log-ins and tells the health of what is there, and of nothing else", async () => {
    const rig = await makeOne();
    const environment = environmentOf("production");
    expect(await login(rig, environment)).toMatchObject({ exitCode: 1, said: expect.stringContaining("error") });
    await rig.start(making("one", environment));
    expect((await health(rig, environment)).exitCode).toBe(1);
    await rig.clock.advance(5_000);
    const { exitCode, said = "" } = await login(rig, environment);
    expect([exitCode, JSON.parse(said).expires_at]).toEqual([0, "1970-01-01T00:01:08.000Z"]);
    expect(JSON.parse(said).login_url).toMatch(/^http:\/\/production\.shop\.\S+:8080\/\?pressluft_login=[\w-]{32}$/);
    const well = await health(rig, environment);
    expect(JSON.parse(well.said ?? "")).toMatchObject({ status: 200, release: "0123abcd", wordpress_version: "6.1.9" });
    expect((await health(rig, environmentOf("production", "2"))).exitCode).toBe(1);
    expect((await rig.ask("/usr/local/lib/pressluft/other pl_000000000001")).exitCode).toBe(127);
  });

  it("knows the release of a restore, and nothing of what was removed", async () => {
    const rig = await makeOne();
    const environment = environmentOf("production");
    await rig.play(making("one", environment));
    const restored = { ...environment, release: "89abcdef" };
    for (const mode of ["verify", "drill", "clean"] as const) await rig.play(restoring(mode, restored, mode));
    expect((await health(rig, environment)).said).toContain("0123abcd");
    await rig.play(restoring("apply", restored, "apply"));
    expect((await health(rig, environment)).said).toContain("89abcdef");
    await rig.play(removing("gone", environment));
    expect((await health(rig, environment)).exitCode).toBe(1);
  });

  it.each([
    ["task-fails", { exitCode: 2, task: "simulated : Something that does not work" }],
    ["no-room", { exitCode: 2, task: "simulated : There is room on the disk" }],
    ["syntax-error", { exitCode: 4, recap: null }],
    ["cut-off", { state: "interrupted" }],
    ["slow", { state: "running" }],
  ])("%s in a slug does so at the playbook that it names", async (what, expected) => {
    const rig = await makeOne();
    const spared = environmentOf(`${what}-at-env-create`, "1");
    const met = environmentOf(`${what}-at-site-create`, "2");
    expect(await rig.play(making("one", spared))).toMatchObject({ state: "ended", exitCode: 0 });
    expect(await rig.play(making("two", met))).toMatchObject(expected);
  });

  it("knows the name of what it is to remove", async () => {
    const rig = await makeOne();
    const environment = environmentOf("task-fails-at-env-delete");
    await rig.play(making("one", environment));
    expect(await rig.play(removing("two", environment))).toMatchObject({ exitCode: 2 });
    expect((await health(rig, environment)).exitCode).toBe(0);
  });

  it("does what a test plans before what a name says", async () => {
    const rig = await makeOne();
    rig.hosts.playbooks.plan("site-create", { end: { result: { wordpress_version: "9.9" } } });
    const one = making("one", environmentOf("task-fails-at-site-create"));
    expect(await rig.play(one)).toMatchObject({ exitCode: 0, result: { wordpress_version: "9.9" } });
  });
});
