import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeKeyPair } from "../../shared/node/index.ts";
import type { HostSpec } from "../hetzner/index.ts";
import { run } from "./command.ts";
import type { RealHosts } from "./hosts.ts";
import { baseDir } from "./names.ts";
import { debian12 } from "./recipe.ts";
import { ask, hostKeyOf, knock, knockUntil, makeSpec, openQuietly, targetOf, tell } from "./testing.ts";

let hosts: RealHosts;
let next = 0;

beforeAll(async () => {
  hosts = await openQuietly(`${import.meta.dirname}/life`);
}, 600_000);
afterAll(() => hosts?.closeAll());

async function bootOne(changes: Partial<HostSpec> = {}): Promise<HostSpec> {
  next += 1;
  const spec = makeSpec(hosts, next, changes);
  await hosts.boot(spec);
  return spec;
}

/** user_data for the next host. */
function cloudConfig(config: object): string {
  const { privateKey, publicKey } = hostKeyOf(next + 1);
  const sshKeys = { ed25519_private: privateKey, ed25519_public: publicKey };
  return `#cloud-config\n${JSON.stringify({ ssh_keys: sshKeys, ...config })}\n`;
}

/** After the connection that asks for it has ended. */
const inAMoment = (order: string) => `systemd-run --quiet --on-active=300ms systemctl ${order}`;

const readBootId = (spec: HostSpec) => tell(spec, "cat /proc/sys/kernel/random/boot_id");

describe("a new host", () => {
  it("boots and lets in who has the key, on a connection that accepts one host key only", async () => {
    const spec = await bootOne();
    expect(await tell(spec, "id -u; hostname; cat /etc/debian_version | cut -d. -f1")).toBe("0\nweb-1\n12");
  });

  it("is no one else's: another host key, another login key", async () => {
    const spec = await bootOne();
    await tell(spec, "true");
    expect(await knock(targetOf(spec, 40))).toBe("host_key_mismatch");
    expect(await knock({ ...targetOf(spec), privateKey: makeKeyPair("thief").privateKey })).toBe("auth_failed");
    expect(await knock({ ...targetOf(spec), user: "debian" })).toBe("auth_failed");
  });

  it("runs its user_data through cloud-init, without a complaint, and has systemd running", async () => {
    const spec = await bootOne({
      userData: cloudConfig({
        write_files: [{ path: "/srv/written", content: 'it\'s "ours" $(no)\n' }],
        runcmd: [["touch", "/srv/ran"]],
      }),
    });
    const { stdout } = await ask(spec, "cloud-init status --wait --format json; cat /srv/written; ls /srv/ran");
    expect(stdout).toMatch(/"status": "done"/);
    expect(stdout).toContain('it\'s "ours" $(no)\n/srv/ran');
    expect(await tell(spec, "grep -c WARNING /var/log/cloud-init.log")).toBe("0");
    expect(await tell(spec, "systemctl is-system-running --wait")).toBe("running");
  });

  it("makes its own host keys without user_data, and still knows the order's keys", async () => {
    const spec = await bootOne({ userData: "" });
    expect(await knockUntil(targetOf(spec), "host_key_mismatch")).toBe("host_key_mismatch");
  });

  it("brings what the product installs, stopped, and needs no mirror to say so", async () => {
    const spec = await bootOne();
    const all = debian12.disabled;
    expect(await tell(spec, `systemctl is-enabled ${all.join(" ")}; systemctl is-active ${all.join(" ")}`)).toBe(
      [...all.map(() => "disabled"), ...all.map(() => "inactive")].join("\n"),
    );
    const before = await tell(spec, "dpkg-query --show");
    const { exitCode, stdout } = await ask(spec, `apt-get update && apt-get install -y ${debian12.packages.join(" ")}`);
    expect(exitCode, stdout).toBe(0);
    expect(await tell(spec, "dpkg-query --show")).toBe(before);
    // As Debian ships it, fail2ban looks for a log file that there is none of.
    const services = all.filter((service) => service !== "fail2ban.service");
    expect(await tell(spec, `systemctl start ${services.join(" ")} && systemctl is-active ${services.join(" ")}`)).toBe(
      services.map(() => "active").join("\n"),
    );
  });

  it("keeps its private host key from everybody but root: files, processes, other users of the host", async () => {
    const spec = await bootOne();
    const { mode } = await stat(`${baseDir}/hosts/${hosts.prefix}`);
    expect(mode & 0o777).toBe(0o700);
    const secret = hostKeyOf(next).privateKey.split("\n")[2] ?? "";
    expect(spec.userData).toContain(secret);
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
    const texts = await Promise.all(pids.flatMap((pid) => [read(pid, "cmdline"), read(pid, "environ")]));
    expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    const find = `cloud-init status --wait >/dev/null; setpriv --reuid=33 --clear-groups grep -rslF '${secret}' /etc /var /run`;
    expect(await tell(spec, find)).toBe("");
    expect(await tell(spec, `grep -rslF '${secret}' /etc/ssh`)).toBe("/etc/ssh/ssh_host_ed25519_key");
  });

  it("cannot be of an image, or at an address, that we do not have", async () => {
    await expect(hosts.boot(makeSpec(hosts, 200, { image: "debian-99" }))).rejects.toThrow("no image debian-99");
    await expect(hosts.boot(makeSpec(hosts, 200, { ipv4: "192.0.2.7" }))).rejects.toThrow("is not in");
    expect(hosts.images).toEqual(["debian-12"]);
  });

  it("may have no address at all", async () => {
    const spec = await bootOne({ ipv4: null });
    await hosts.destroy(spec.serverId);
  });
});

describe("what a host reaches", () => {
  it("is told about itself at the provider's metadata address, if it asks as root", async () => {
    const spec = await bootOne();
    const url = "http://169.254.169.254/hetzner/v1";
    expect(await tell(spec, `curl -sS ${url}/metadata/hostname ${url}/metadata/instance-id`)).toBe(
      `${spec.name}${spec.serverId}`,
    );
    expect(await tell(spec, `curl -sS ${url}/metadata`)).toContain(`public-ipv4: ${spec.ipv4}\nregion: eu-central`);
    expect(`${await tell(spec, `curl -sS ${url}/userdata`)}\n`).toBe(spec.userData);
    const others = await ask(spec, `setpriv --reuid=33 --clear-groups curl -sS -m 5 ${url}/userdata`);
    expect(others).toMatchObject({ exitCode: 7, stdout: "" });
  });

  it("keeps other users from the metadata after its own firewall was flushed, and around the address", async () => {
    const spec = await bootOne();
    await tell(spec, "nft flush ruleset");
    const as = "setpriv --reuid=33 --clear-groups curl -sS -m 5";
    expect((await ask(spec, `${as} http://169.254.169.254/hetzner/v1/userdata`)).exitCode).toBe(7);
    const { gateway } = hosts.subnet;
    const listeners = await run({ argv: ["ss", "-Hltn", "src", gateway] });
    const [, port = ""] = /:(\d+) /.exec(listeners) ?? [];
    expect(port).not.toBe("");
    expect((await ask(spec, `curl -sS -m 5 http://${gateway}:${port}/hetzner/v1/userdata`)).exitCode).toBe(7);
  });

  it("is other hosts, as on the internet, and nothing else: refused, no names", async () => {
    const [one, two] = [await bootOne(), await bootOne()];
    await tell(two, "true");
    expect((await ask(one, `timeout 5 bash -c 'echo >/dev/tcp/${two.ipv4}/22'`)).exitCode).toBe(0);
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const machine = addresses
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address);
    for (const address of ["1.1.1.1", "198.18.0.99", hosts.subnet.gateway, ...machine]) {
      const { exitCode, stderr } = await ask(one, `curl -sS -m 4 telnet://${address}:22 </dev/null`);
      expect(`${address} ${exitCode} ${stderr}`).toContain(`${address} 7 `);
    }
    expect((await ask(one, "getent hosts debian.org")).exitCode).toBe(2);
  });

  it("has the backups of the machine once they are exposed, and nothing else at its port", async () => {
    const spec = await bootOne();
    const server = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const found = server.address();
    if (found === null || typeof found === "string") throw new Error("no port");
    const address = `http://${hosts.subnet.gateway}:${found.port}/artifacts/backups/a/b.tar.zst`;
    const signed =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20261123%2Fus-east-1%2Fs3%2Faws4_request" +
      `&X-Amz-Signature=${"0".repeat(64)}`;
    const get = `curl -sS -m 4 ${address}`;
    expect((await ask(spec, get)).exitCode).toBe(7);
    await hosts.exposeS3({ port: found.port, bucket: "artifacts" });
    expect(await tell(spec, `curl -sS -m 4 '${address}?${signed}'`)).toBe("hello");
    expect(await tell(spec, get)).toBe("Only backups can be reached from here.");
    server.close();
  });
});

describe("power", () => {
  it.each(["reboot", "fault", "guest"] as const)(
    "restarts in order (%s): disk, host key and cloud-init's work are kept",
    async (how) => {
      const spec = await bootOne({ userData: cloudConfig({ runcmd: ["echo once >>/srv/runs"] }) });
      await tell(spec, "cloud-init status --wait >/dev/null; echo kept >/srv/file; nft add table inet mine");
      const before = await readBootId(spec);
      if (how === "reboot") await hosts.reboot(spec.serverId);
      else if (how === "fault") await hosts.fault(spec.serverId, "reboot");
      else await tell(spec, inAMoment("reboot"));
      await expect.poll(() => readBootId(spec), { timeout: 20_000 }).not.toBe(before);
      expect(await tell(spec, "cat /srv/file; nft list tables")).toBe("kept");
      const journal = "journalctl -b -1 --no-pager -o cat -n 400";
      expect(await tell(spec, `${journal} | grep -c 'Reached target.*\\(Reboot\\|Shutdown\\)'`)).not.toBe("0");
      expect(await tell(spec, "cloud-init status --wait >/dev/null; cat /srv/runs")).toBe("once");
    },
  );

  it("goes off in order: what runs is asked to end, and nobody answers then", async () => {
    const spec = await bootOne();
    await tell(
      spec,
      "systemd-run --unit=mind sh -c 'trap \"echo asked >/srv/asked; exit\" TERM; while :; do sleep 0.1; done'",
    );
    await hosts.shutdown(spec.serverId);
    expect(await knock(targetOf(spec))).toBe("timeout");
    await hosts.boot(spec);
    expect(await tell(spec, "cat /srv/asked")).toBe("asked");
  });

  it("can be shut down and restarted while it starts", async () => {
    const spec = await bootOne();
    await hosts.shutdown(spec.serverId);
    await hosts.boot(spec);
    await hosts.reboot(spec.serverId);
    expect(await tell(spec, "hostname")).toBe(spec.name);
  });

  it("is cut by stop: nothing answers, the disk is kept", async () => {
    const spec = await bootOne();
    await tell(spec, "echo kept >/srv/file; sync");
    await hosts.stop(spec.serverId);
    await hosts.stop(spec.serverId);
    await hosts.reboot(spec.serverId);
    // Longer than the kernel looks for a neighbour: it must not tell that there is none.
    expect(await knock(targetOf(spec), 6_000)).toBe("timeout");
    await hosts.boot(spec);
    expect(await tell(spec, "cat /srv/file")).toBe("kept");
  });

  it("is cycled by boot while it is on, and by itself when its root says so", async () => {
    const spec = await bootOne();
    const before = await readBootId(spec);
    await hosts.boot(spec);
    expect(await readBootId(spec)).not.toBe(before);
    await tell(spec, inAMoment("poweroff"));
    expect(await knockUntil(targetOf(spec), "timeout")).toBe("timeout");
    await hosts.boot(spec);
    expect(await tell(spec, "hostname")).toBe(spec.name);
  });

  it("may come back with another address; the old one is nobody's then", async () => {
    const spec = await bootOne();
    await tell(spec, "touch /srv/file");
    await hosts.stop(spec.serverId);
    next += 1;
    const moved = { ...spec, ipv4: makeSpec(hosts, next).ipv4 };
    await hosts.boot(moved);
    expect(await tell(moved, "ls /srv/file")).toBe("/srv/file");
    const known = await run({ argv: ["ip", "neighbour", "show", "nud", "permanent", "to", spec.ipv4 ?? ""] });
    expect(known).toBe("");
  });

  it("ends with destroy: a new host at the same address has an empty disk and a key of its own", async () => {
    const spec = await bootOne();
    await tell(spec, "touch /srv/file");
    await hosts.destroy(spec.serverId);
    await hosts.destroy(spec.serverId);
    expect(await knock(targetOf(spec))).not.toBe("reached");
    const other = hostKeyOf(45);
    const userData = makeSpec(hosts, 45).userData;
    await hosts.boot({ ...spec, userData });
    const target = { ...targetOf(spec), hostKeys: [other.publicKey] };
    expect((await ask(spec, "ls /srv/file", target)).exitCode).toBe(2);
    // A host that still boots may hang up on one caller.
    expect(await knockUntil(targetOf(spec), "host_key_mismatch")).toBe("host_key_mismatch");
  });
});

describe("faults", () => {
  it("a link that is down loses everything, over a power cycle too, until it is up again", async () => {
    const spec = await bootOne();
    await tell(spec, "true");
    await hosts.fault(spec.serverId, "link_down");
    expect(await knock(targetOf(spec))).toBe("timeout");
    await hosts.boot(spec);
    await hosts.reboot(spec.serverId);
    expect(await knock(targetOf(spec))).toBe("timeout");
    await hosts.fault(spec.serverId, "link_up");
    expect(await tell(spec, "hostname")).toBe(spec.name);
  });

  it("a killed host sends nothing more, not even that it is gone", async () => {
    const spec = await bootOne();
    await tell(spec, "true");
    const connection = connect(22, spec.ipv4 ?? "");
    await once(connection, "data");
    const cut = once(connection, "close").then(() => "cut");
    await hosts.fault(spec.serverId, "kill");
    connection.write("x");
    expect(await Promise.race([cut, sleep(1_500, "silence")])).toBe("silence");
    connection.destroy();
    expect(await knock(targetOf(spec))).toBe("timeout");
    await hosts.boot(spec);
    expect(await tell(spec, "hostname")).toBe(spec.name);
  });

  it("a full disk is full for root as well, and free again later", async () => {
    const spec = await bootOne();
    await tell(spec, "true");
    await hosts.fault(spec.serverId, "disk_full");
    const write = "dd if=/dev/zero of=/srv/file bs=1M count=1 conv=fsync";
    const full = await ask(spec, write);
    expect(full).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("No space left on device") });
    expect(await tell(spec, "df --output=pcent / | tail -1")).toBe("100%");
    expect(await ask(spec, "mkdir /srv/one-more")).toMatchObject({ exitCode: 1 });
    await hosts.fault(spec.serverId, "disk_free");
    expect(await ask(spec, write)).toMatchObject({ exitCode: 0 });
    await hosts.stop(spec.serverId);
    await expect(hosts.fault(spec.serverId, "disk_full")).rejects.toThrow("is off");
  });
});

describe("words in the name", () => {
  it.concurrent.each([
    ["ssh-silent", "timeout"],
    ["wrong-host-key", "host_key_mismatch"],
  ])(
    "%s comes to %s",
    async (word, expected) => {
      const spec = await bootOne({ name: `web-${word}` });
      expect(await knockUntil(targetOf(spec), expected, 60_000)).toBe(expected);
    },
    90_000,
  );

  it.concurrent.each([
    ["ssh-never", "refused", 8_000],
    ["dies", "timeout", 3_500],
  ])("%s ends as %s", async (word, expected, afterMs) => {
    const spec = await bootOne({ name: `web-${word}` });
    await sleep(afterMs);
    expect(await knock(targetOf(spec))).toBe(expected);
  });

  it.concurrent("ssh-late: refused for a minute, then there", async () => {
    const spec = await bootOne({ name: "web-ssh-late" });
    const startedMs = performance.now();
    await sleep(3_000);
    expect(await knock(targetOf(spec))).toBe("refused");
    expect(await knockUntil(targetOf(spec), "reached", 90_000)).toBe("reached");
    expect(performance.now() - startedMs).toBeGreaterThan(60_000);
  }, 120_000);

  it.concurrent("slow-boot: nothing at all for half a minute", async () => {
    const spec = await bootOne({ name: "web-slow-boot" });
    const startedMs = performance.now();
    expect(await knock(targetOf(spec))).toBe("timeout");
    expect(await knockUntil(targetOf(spec), "reached", 60_000)).toBe("reached");
    expect(performance.now() - startedMs).toBeGreaterThan(29_000);
  }, 120_000);

  it.concurrent("cloud-init-error: it ends with an error of its own", async () => {
    const spec = await bootOne({ name: "web-cloud-init-error" });
    const { stdout } = await ask(spec, "cloud-init status --wait --format json");
    expect(stdout).toMatch(/"status": "error"/);
  }, 60_000);

  it.concurrent.each(["cloud-init-late", "cloud-init-never"])(
    "%s: it is running, and the host can be used",
    async (word) => {
      const spec = await bootOne({ name: `web-${word}` });
      await tell(spec, "true");
      await sleep(8_000);
      expect(await tell(spec, "cloud-init status --format json")).toMatch(/"status": "running"/);
    },
    60_000,
  );

  it.concurrent("no-sudo: the login is an ordinary user whom sudo refuses", async () => {
    const spec = await bootOne({ name: "web-no-sudo" });
    expect(await tell(spec, "id -u")).toBe("65534");
    expect((await ask(spec, "sudo -n true")).exitCode).not.toBe(0);
  }, 60_000);
});
