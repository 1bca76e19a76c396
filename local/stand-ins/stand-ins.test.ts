import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { buildUserData, type HostLook, lookAtHost, makeKeyPair, type SshTarget } from "../../shared/node/index.ts";
import type { HostSpec, Hosts } from "./hosts.ts";
import { makeStandIns } from "./stand-ins.ts";
import { makeSteppedClock } from "./stepped-clock.ts";
import { makeSteppedHosts } from "./stepped-hosts.ts";
import { findFreePort } from "./testing.ts";

const hostKey = makeKeyPair("host");
const loginKey = makeKeyPair("pressluft");
const address = "127.77.250.5";

/** What both kinds of machine offer to the cases below. */
interface Rig {
  hosts: Hosts;
  look(target: SshTarget): Promise<HostLook>;
  advance(ms: number): Promise<void>;
  port: number;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function makeSocketRig(): Promise<Rig> {
  const clock = makeSteppedClock();
  const port = await findFreePort(address);
  const log = (line: string) => expect.unreachable(line);
  const hosts = makeStandIns({ sshPort: port, clock, log });
  closers.push(() => hosts.closeAll());
  const look = (target: SshTarget) => lookAtHost(target, { connectTimeoutMs: 400, commandTimeoutMs: 2_000 });
  return { hosts, port, look, advance: (ms) => clock.advance(ms) };
}

async function makeSteppedRig(): Promise<Rig> {
  const clock = makeSteppedClock();
  const hosts = makeSteppedHosts({ clock });
  return { hosts, port: 22, look: (target) => hosts.look(target), advance: (ms) => clock.advance(ms) };
}

function makeSpec(changes: Partial<HostSpec> = {}): HostSpec {
  const name = changes.name ?? "web-1";
  return {
    serverId: 5,
    name,
    ipv4: address,
    userData: buildUserData({ hostKey, hostname: name }),
    authorizedKeys: ["ssh-rsa AAAAB3NzaC1yc2E= somebody", loginKey.publicKey],
    image: "debian-12",
    location: "nbg1",
    networkZone: "eu-central",
    ...changes,
  };
}

function makeTarget(port: number, changes: Partial<SshTarget> = {}): SshTarget {
  const { privateKey } = loginKey;
  return { host: address, port, user: "root", privateKey, hostKeys: [hostKey.publicKey], ...changes };
}

function up(status: string, changes: object = {}): object {
  const details: Record<string, string> = {
    running: "Running in stage: modules-final",
    error: "simulated: a module failed",
    degraded_done: "simulated: a warning",
  };
  const cloudInit = { status, detail: details[status] ?? null };
  return { reached: true, cloudInit, sudo: true, runtimePresent: false, ...changes };
}

const down = (reason: string) => ({ reached: false, reason });

const byName: [string, string, number, object][] = [
  ["is refused before sshd is up", "web-1", 1_499, down("refused")],
  ["answers while cloud-init runs", "web-1", 1_500, up("running")],
  ["is still running just before the end", "web-1", 2_999, up("running")],
  ["is done", "web-1", 3_000, up("done")],
  ["does not die of a name like melodies", "melodies-1", 3_000, up("done")],
  ["slow-boot: not yet", "web-slow-boot", 31_499, down("refused")],
  ["slow-boot: up", "web-slow-boot", 31_500, up("running")],
  ["slow-boot: done", "web-slow-boot", 33_000, up("done")],
  ["ssh-late: not yet", "ssh-late", 59_999, down("refused")],
  ["ssh-late: at last", "web-ssh-late-2", 60_000, up("done")],
  ["ssh-never", "ssh-never-1", 3_600_000, down("refused")],
  ["ssh-silent", "ssh-silent", 3_000, down("timeout")],
  ["cloud-init-late: not yet", "cloud-init-late", 119_999, up("running")],
  ["cloud-init-late: at last", "cloud-init-late", 120_000, up("done")],
  ["cloud-init-never", "cloud-init-never", 3_600_000, up("running")],
  ["cloud-init-error: not yet", "cloud-init-error", 2_999, up("running")],
  ["cloud-init-error", "cloud-init-error", 3_000, up("error")],
  ["cloud-init-degraded", "cloud-init-degraded", 3_000, up("degraded_done")],
  ["no-sudo", "web-no-sudo", 3_000, up("done", { sudo: false })],
  ["wrong-host-key", "web-wrong-host-key", 3_000, down("host_key_mismatch")],
  ["dies: still there", "web-dies", 2_999, up("running")],
  ["dies: gone", "web-dies", 3_000, down("refused")],
  ["dies before it lives", "dies-ssh-late", 90_000, down("refused")],
  ["two faults at once", "cloud-init-error-no-sudo", 3_000, up("error", { sudo: false })],
];

const byTarget: [string, Partial<SshTarget>, object][] = [
  ["another login key", { privateKey: makeKeyPair("thief").privateKey }, down("auth_failed")],
  ["an unreadable login key", { privateKey: "nonsense" }, down("auth_failed")],
  ["another user", { user: "admin" }, down("auth_failed")],
  ["another host key", { hostKeys: [makeKeyPair("other").publicKey] }, down("host_key_mismatch")],
  ["no host key", { hostKeys: [] }, down("host_key_mismatch")],
  ["two host keys, one right", { hostKeys: [makeKeyPair("").publicKey, hostKey.publicKey] }, up("done")],
  ["two wrongs: the host key comes first", { hostKeys: [], user: "admin" }, down("host_key_mismatch")],
  ["an address without a server", { host: "127.77.250.6" }, down("refused")],
];

const bySpec: [string, Partial<HostSpec>, object][] = [
  ["no user_data: a key of its own", { userData: "" }, down("host_key_mismatch")],
  ["a script as user_data", { userData: "#!/bin/sh\ntrue" }, down("host_key_mismatch")],
  [
    "a broken host key",
    { userData: buildUserData({ hostKey: { ...hostKey, privateKey: "x" }, hostname: "" }) },
    down("host_key_mismatch"),
  ],
  [
    "block YAML as user_data",
    {
      userData: `#cloud-config\nssh_keys:\n  ed25519_private: |\n${hostKey.privateKey.replaceAll(/^(?=.)/gm, "    ")}`,
    },
    up("done"),
  ],
  ["no authorized key", { authorizedKeys: [] }, down("auth_failed")],
  ["no public address", { ipv4: null }, down("refused")],
];

describe.each([
  ["with sockets", makeSocketRig],
  ["stepped", makeSteppedRig],
])("a machine %s", (_name, makeRig) => {
  it.each(byName)("%s (%s)", async (_case, name, ms, expected) => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec({ name }));
    await rig.advance(ms);
    expect(await rig.look(makeTarget(rig.port))).toEqual(expected);
  });

  it.each(byTarget)("meets %s", async (_case, changes, expected) => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port, changes))).toEqual(expected);
  });

  it.each(bySpec)("started with %s", async (_case, changes, expected) => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec(changes));
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(expected);
  });

  it("is off after stop, and keeps its host key when it is powered on with other user_data", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    await rig.hosts.stop(5);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
    await rig.hosts.boot(makeSpec({ userData: "" }));
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(up("done"));
  });

  it("restarts when it is booted while it is on", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    await rig.hosts.boot(makeSpec());
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
    await rig.advance(1_500);
    expect(await rig.look(makeTarget(rig.port))).toEqual(up("running"));
  });

  it("is off after an orderly shutdown, and a restart that nobody can hear changes nothing", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    await rig.hosts.shutdown(5);
    await rig.hosts.reboot(5);
    await rig.hosts.fault?.(5, "reboot");
    await rig.advance(10_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
  });

  it.each(["reboot", "fault"] as const)("starts anew after a %s, with the same host key", async (kind) => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    await (kind === "reboot" ? rig.hosts.reboot(5) : rig.hosts.fault?.(5, "reboot"));
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(up("done"));
  });

  it("is silent while its link is down, over a restart too, and goes on where it was when the link is back", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(1_500);
    await rig.hosts.fault?.(5, "link_down");
    await rig.advance(100);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("timeout"));
    await rig.hosts.fault?.(5, "link_up");
    await rig.advance(100);
    expect(await rig.look(makeTarget(rig.port))).toEqual(up("running"));
    await rig.hosts.fault?.(5, "link_down");
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("timeout"));
  });

  it("is off when it is killed, and no link brings it back", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    await rig.hosts.fault?.(5, "kill");
    await rig.hosts.fault?.(5, "link_up");
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
  });

  it("stays dead after it died, whatever the link does", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec({ name: "web-dies" }));
    await rig.advance(3_000);
    await rig.hosts.fault?.(5, "link_up");
    await rig.hosts.reboot(5);
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
  });

  it.each(["disk_full", "disk_free"] as const)("refuses %s, for it has no disk", async (fault) => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await expect(rig.hosts.fault?.(5, fault)).rejects.toThrow("has no disk");
  });

  it("leaves its address to the next server, with another host key, when it is destroyed", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.advance(3_000);
    await rig.hosts.destroy(5);
    await rig.hosts.destroy(5);
    await rig.hosts.stop(5);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
    await rig.hosts.boot(makeSpec({ serverId: 6, userData: "" }));
    await rig.advance(3_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("host_key_mismatch"));
  });

  it("is never up when it is destroyed while it starts", async () => {
    const rig = await makeRig();
    await rig.hosts.boot(makeSpec());
    await rig.hosts.destroy(5);
    await rig.advance(10_000);
    expect(await rig.look(makeTarget(rig.port))).toEqual(down("refused"));
  });
});

describe("makeStandIns", () => {
  it.each(["web-1", "ssh-silent"])("cuts open connections when the power goes (%s)", async (name) => {
    const rig = await makeSocketRig();
    await rig.hosts.boot(makeSpec({ name }));
    await rig.advance(3_000);
    const client = connect(rig.port, address).resume();
    await once(client, "connect");
    const cut = new Promise((resolve) => client.once("close", resolve));
    await rig.hosts.stop(5);
    await cut;
  });

  it.each([
    ["a taken port", address, "in use"],
    ["an address that is not here", "192.0.2.1", "Linux only"],
  ])("says in one line what to do about %s", async (_case, ipv4, expected) => {
    const taken = createServer().listen(0, address);
    await once(taken, "listening");
    closers.push(async () => void taken.close());
    const found = taken.address();
    if (found === null || typeof found === "string") throw new Error("no port");
    const clock = makeSteppedClock();
    const lines: string[] = [];
    const hosts = makeStandIns({ sshPort: found.port, clock, log: (line) => lines.push(line) });
    await hosts.boot(makeSpec({ ipv4 }));
    await clock.advance(3_000);
    await hosts.closeAll();
    expect(lines).toEqual([expect.stringContaining(expected)]);
  });
});
