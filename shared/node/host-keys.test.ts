import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Rotation, rotationOf } from "../domain/plans/rotate-host-key.ts";
import {
  type HostKeyChange,
  type HostKeys,
  hostKeyCommand,
  newHostLookCommands,
  readHostKeyChange,
  readNewHostLook,
} from "./host-keys.ts";
import { barePublicKey, makeKeyPair } from "./keys.ts";
import type { CommandResult } from "./ssh.ts";

const hostKey = makeKeyPair("pressluft-host");
const ofHost = barePublicKey(hostKey.publicKey) ?? "";
const ofAnother = barePublicKey(makeKeyPair("x").publicKey) ?? "";

const lookCommand = newHostLookCommands("root").at(-1) ?? "";
const install = (publicKey: string): HostKeyChange => ({ kind: "install", publicKey });
const all = (user: string) => [
  newHostLookCommands(user).at(-1) ?? "",
  hostKeyCommand(user, { kind: "make" }),
  hostKeyCommand(user, install(ofHost)),
];

describe("a command", () => {
  it.each(all("root"))("is one quoted word for a shell that is root, and short", (command) => {
    expect(command).toMatch(/^sh -c '[^']+'$/);
    expect(Buffer.byteLength(command)).toBeLessThan(1_200);
  });

  it.each(all("admin"))("is run by sudo, which may not ask, for any other user", (command) => {
    expect(command).toMatch(/^sudo -n sh -c '[^']+'$/);
  });

  it.each(["", "ssh-ed25519", "ssh-ed25519 AAAA'; reboot '", `ssh-rsa ${ofHost.slice(12)}`, "$(reboot)"])(
    "is not made of %j instead of a public key",
    (publicKey) => {
      expect(() => hostKeyCommand("root", install(publicKey))).toThrow(TypeError);
    },
  );

  it("names the key to install without its comment", () => {
    const command = hostKeyCommand("root", install(`${ofHost} "; reboot; "`));
    expect(command).toBe(hostKeyCommand("root", install(ofHost)));
  });
});

const ok = (stdout = ""): CommandResult => ({ exitCode: 0, stdout, stderr: "" });
const lookOf = (keys: CommandResult) => {
  const results = [ok('{"status":"done"}'), ok("0\n"), ok(), { ...ok(), exitCode: 1 }, keys];
  return readNewHostLook({ reached: true, hostKey: ofHost, results });
};

describe("readNewHostLook", () => {
  it.each<[string, CommandResult, Partial<HostKeys>]>([
    ["one key", ok(`installed ${ofHost}\nbeside \n`), { installed: ofHost, beside: null }],
    ["two keys", ok(`installed ${ofHost}\nbeside ${ofAnother} x\n`), { installed: ofHost, beside: ofAnother }],
    ["a banner before them", ok(`hello\ninstalled ${ofHost}\nbeside\n`), { installed: ofHost, beside: null }],
    ["no right to read them", { exitCode: 1, stdout: "", stderr: "sudo: no" }, { installed: null, beside: null }],
    ["what is no key", ok("installed ssh-ed25519 AAAA\nbeside $(reboot)\n"), { installed: null, beside: null }],
  ])("%s", (_name, result, expected) => {
    expect(lookOf(result)).toMatchObject({
      reached: true,
      sudo: true,
      cloudInit: { status: "done" },
      hostKeys: { answered: ofHost, ...expected },
    });
  });

  it("does not take a missing answer for an absent key", () => {
    expect(lookOf({ exitCode: null, stdout: "", stderr: "" })).toEqual({ reached: false, reason: "timeout" });
  });

  it("hands on why the server was not reached", () => {
    const outcome = { reached: false, reason: "host_key_mismatch", message: "..." } as const;
    expect(readNewHostLook(outcome)).toEqual({ reached: false, reason: "host_key_mismatch" });
  });
});

describe("readHostKeyChange", () => {
  const change = (exitCode: number | null) =>
    readHostKeyChange({ reached: true, hostKey: ofHost, results: [{ exitCode, stdout: "secret", stderr: "secret" }] });

  it("has nothing to say of a change that went well", () => expect(change(0)).toBeNull());

  it.each([null, 1, 11, 12, 13, 127])("says in our own words what exit code %s means", (exitCode) => {
    expect(change(exitCode)).toMatch(/^[A-Za-z].{20,}/);
    expect(change(exitCode)).not.toContain("secret");
  });

  it("says why the server was not reached", () => {
    expect(readHostKeyChange({ reached: false, reason: "refused", message: "" })).toContain("refused");
  });
});

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Programs of the scripts; each call in a change is counted, and after the chosen one the whole command ends, as a power cut ends it. */
const counted = ["ssh-keygen", "rm", "mv", "chmod"];
/** `sshd -t` and, with the new key, `sshd -t -h` say what the test wants; a reload makes sshd load what is in its file, as a start does. */
const stubs = {
  sync: "true",
  sshd: '[ $# = 1 ] && exit "$(cat $DIR/configuration)" || exit "$(cat $DIR/new-key)"',
  systemctl: '[ "$1 $2" = "reload ssh" ] && PATH=/usr/bin:/bin ssh-keygen -y -f $DIR/ssh_host_ed25519_key >$DIR/loaded',
};

/** A folder that plays /etc/ssh, with the key from user_data, and the real sh and ssh-keygen. */
const makeHost = () => {
  const dir = mkdtempSync(join(tmpdir(), "pressluft-host-keys-"));
  folders.push(dir);
  const bin = join(dir, "bin");
  mkdirSync(bin);
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text, { mode: 0o600 });
  const script = (name: string, body: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\nDIR=${dir}\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  for (const name of counted) {
    script(
      name,
      `PATH=/usr/bin:/bin ${name} "$@"; code=$?
[ "$CUT_AFTER" != 0 ] || exit $code
n=$(($(cat $DIR/count) + 1)); echo $n >$DIR/count
[ $n != "$CUT_AFTER" ] || kill -9 0
exit $code`,
    );
  }
  for (const [name, body] of Object.entries(stubs)) script(name, body);
  write("ssh_host_ed25519_key", hostKey.privateKey);
  write("ssh_host_ed25519_key.pub", `${hostKey.publicKey}\n`);
  write("loaded", ofHost);
  write("configuration", "0");
  write("new-key", "0");
  write("count", "0");
  const read = (name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : "");
  let interrupted = 0;
  const run = (command: string, cutAfter = 0): Promise<CommandResult> => {
    const here = command.replaceAll("/etc/ssh", dir).replaceAll("PATH=", `PATH=${bin}:`).replaceAll("/run/", `${dir}/`);
    return new Promise((resolve) => {
      const child = execFile("setsid", ["env", `CUT_AFTER=${cutAfter}`, "sh", "-c", here], (_error, stdout, stderr) => {
        if (child.exitCode === null) interrupted += 1;
        resolve({ exitCode: child.exitCode, stdout, stderr });
      });
    });
  };
  const look = async (): Promise<HostKeys> => {
    const seen = lookOf(await run(lookCommand));
    if (!seen.reached) throw new Error(seen.reason);
    return { ...seen.hostKeys, answered: barePublicKey(read("loaded")) ?? "" };
  };
  return { dir, write, read, run, look, interrupted: () => interrupted };
};
type Host = ReturnType<typeof makeHost>;

/** As the plan does it, with nothing kept between looks but the accepted keys. Returns where it stood at each look. */
const rotate = async (host: Host, cutAfter = 0, restart = false): Promise<Rotation["kind"][]> => {
  let accepted = [hostKey.publicKey];
  const stood: Rotation["kind"][] = [];
  host.write("count", "0");
  for (let looks = 0; looks < 9 && stood.at(-1) !== "rotated"; looks += 1) {
    const seen = await host.look();
    expect(accepted.map(barePublicKey)).toContain(seen.answered);
    const rotation = rotationOf({ given: [hostKey.publicKey], accepted, seen });
    stood.push(rotation.kind);
    if (rotation.kind === "made") accepted = [seen.answered, rotation.key];
    if (rotation.kind === "answering") accepted = [rotation.key];
    const command = commandFor(rotation);
    const result = command === null ? null : await host.run(command, cutAfter);
    if (restart && result?.exitCode === null) host.write("loaded", (await host.look()).installed ?? "");
  }
  return stood;
};

const commandFor = (rotation: Rotation): string | null => {
  if (rotation.kind === "old_only") return hostKeyCommand("root", { kind: "make" });
  const installs = rotation.kind === "recorded" || rotation.kind === "installed";
  return installs ? hostKeyCommand("root", install(rotation.key)) : null;
};

const hasTools = spawnSync("ssh-keygen", ["-?"]).error === undefined && spawnSync("setsid", ["true"]).status === 0;

describe.skipIf(!hasTools)("the scripts, with a real sh and ssh-keygen (skipped where these are not installed)", () => {
  const expectRotated = async (host: Host) => {
    const { answered, installed, beside } = await host.look();
    expect([answered, beside]).toEqual([installed, null]);
    expect(answered).not.toBe(ofHost);
    expect(statSync(join(host.dir, "ssh_host_ed25519_key")).mode & 0o777).toBe(0o600);
    const files = readdirSync(host.dir).filter((name) => name.startsWith("ssh_host"));
    expect(files.filter((name) => !name.endsWith(".pub"))).toEqual(["ssh_host_ed25519_key"]);
    return { installed, files };
  };

  it("rotate in four looks and leave one key with its public half, which anybody may read", async () => {
    const host = makeHost();
    expect(await rotate(host)).toEqual(["old_only", "made", "recorded", "answering", "rotated"]);
    const { installed, files } = await expectRotated(host);
    expect(files).toEqual(["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"]);
    expect(barePublicKey(host.read("ssh_host_ed25519_key.pub"))).toBe(installed);
    expect(statSync(join(host.dir, "ssh_host_ed25519_key.pub")).mode & 0o777).toBe(0o644);
  });

  it("change nothing when they are repeated", async () => {
    const host = makeHost();
    await host.run(hostKeyCommand("root", { kind: "make" }));
    const { beside } = await host.look();
    await host.run(hostKeyCommand("root", { kind: "make" }));
    expect((await host.look()).beside).toBe(beside);
    const command = hostKeyCommand("root", install(beside ?? ""));
    expect((await host.run(command)).exitCode).toBe(0);
    expect((await host.run(command)).exitCode).toBe(0);
    await expectRotated(host);
  });

  /** What both changes call together, and from which call on a restart of sshd finds another key than before. */
  const [callsInAll, replacedAt] = [11, 9];
  const points = Array.from({ length: callsInAll }, (_, index) => ({ point: index + 1, restart: false }));
  const cuts = [...points, ...points.slice(replacedAt - 1).map(({ point }) => ({ point, restart: true }))];
  it.each(cuts)("converge when they are cut off after call $point (sshd starts again: $restart)", async (cut) => {
    const host = makeHost();
    const stood = await rotate(host, cut.point, cut.restart);
    expect(stood.at(-1), stood.join(", ")).toBe("rotated");
    expect(host.interrupted()).toBe(1);
    await expectRotated(host);
  });

  it("make another key for one that a power cut left empty", async () => {
    const host = makeHost();
    host.write("ssh_host_next_ed25519_key", "");
    expect((await rotate(host)).at(-1)).toBe("rotated");
    await expectRotated(host);
  });

  it("install no key that is not the recorded one", async () => {
    const host = makeHost();
    await host.run(hostKeyCommand("root", { kind: "make" }));
    expect((await host.run(hostKeyCommand("root", install(ofAnother)))).exitCode).toBe(12);
    expect((await host.look()).installed).toBe(ofHost);
  });

  it.each(["configuration", "new-key"])("leave everything as it is when sshd refuses its %s", async (refused) => {
    const host = makeHost();
    host.write(refused, "255");
    await host.run(hostKeyCommand("root", { kind: "make" }));
    const { beside } = await host.look();
    expect((await host.run(hostKeyCommand("root", install(beside ?? "")))).exitCode).toBe(11);
    expect(await host.look()).toEqual({ answered: ofHost, installed: ofHost, beside });
  });

  it("do not make sshd load anything while it refuses its configuration", async () => {
    const host = makeHost();
    await rotate(host);
    const { installed } = await host.look();
    host.write("loaded", ofHost);
    host.write("configuration", "255");
    expect((await host.run(hostKeyCommand("root", install(installed ?? "")))).exitCode).toBe(11);
    expect((await host.look()).answered).toBe(ofHost);
  });

  it("never print a private key", async () => {
    const host = makeHost();
    const { stdout, stderr } = await host.run(hostKeyCommand("root", { kind: "make" }));
    const seen = await host.run(lookCommand);
    expect(stdout + stderr + seen.stdout + seen.stderr).not.toContain("PRIVATE");
  });
});
