import { describe, expect, it } from "vitest";
import type { HostSpec } from "../hetzner/index.ts";
import { decideBehaviour } from "../stand-ins/behaviour.ts";
import { healthyTimings, writeSeed } from "./seed.ts";

const spec: HostSpec = {
  serverId: 42,
  name: "web-1",
  ipv4: "198.18.7.1",
  userData: "#cloud-config\n# \u00fc \"'$(x)\n",
  authorizedKeys: ["ssh-ed25519 AAAA one\n", 'ssh-ed25519 BBBB it\'s "two"'],
  image: "debian-12",
  location: "nbg1",
  networkZone: "eu-central",
};
const machineId = "0123456789abcdef0123456789abcdef";

function seedOf(name: string) {
  return writeSeed({ spec: { ...spec, name }, behaviour: decideBehaviour(name, healthyTimings), machineId });
}

const seed = seedOf("web-1");
const find = (path: string) => seed.find((file) => file.path === path);
const nocloud = "var/lib/cloud/seed/nocloud";

describe("the seed of a host", () => {
  it("passes user_data on verbatim, for root alone to read", () => {
    expect(find(`${nocloud}/user-data`)).toMatchObject({ text: spec.userData, mode: 0o600 });
  });

  it("tells cloud-init the server's id, its name and the order's keys", () => {
    expect(JSON.parse(find(`${nocloud}/meta-data`)?.text ?? "")).toEqual({
      "instance-id": "42",
      "local-hostname": "web-1",
      "public-keys": ["ssh-ed25519 AAAA one", 'ssh-ed25519 BBBB it\'s "two"'],
    });
  });

  it("names the host and gives it an id and no resolver", () => {
    expect(find("etc/hostname")?.text).toBe("web-1\n");
    expect(find("etc/machine-id")?.text).toBe(`${machineId}\n`);
    expect(find("etc/resolv.conf")?.text).toBe("");
  });

  it("holds nothing else while nobody asked for a fault", () => {
    expect(seed.map(({ path }) => path)).toEqual([
      "etc/hostname",
      "etc/hosts",
      "etc/resolv.conf",
      "etc/machine-id",
      ...["meta-data", "user-data", "vendor-data"].map((name) => `${nocloud}/${name}`),
    ]);
    expect(find(`${nocloud}/vendor-data`)?.text).toBe("");
  });

  it.each([
    ["ssh-late", "etc/systemd/system/ssh.service.d/late.conf", "ExecStartPre=/bin/sleep 60\n"],
    ["ssh-never", "etc/systemd/system/ssh.service.d/never.conf", "ExecCondition=/bin/false\n"],
    ["ssh-silent", "etc/systemd/system/ssh.service.d/silent.conf", "create_server(('', 22))"],
    ["cloud-init-late", "etc/systemd/system/cloud-final.service.d/late.conf", "ExecStartPre=/bin/sleep 117\n"],
    ["cloud-init-never", "etc/systemd/system/cloud-final.service.d/never.conf", "ExecStartPre=/bin/sleep infinity\n"],
    ["cloud-init-error", `${nocloud}/vendor-data`, "#!/bin/sh\nexit 1\n"],
    ["wrong-host-key", "etc/systemd/system/ssh.service.d/own-key.conf", "ssh-keygen -A"],
    ["no-sudo", "etc/ssh/sshd_config.d/ordinary-user.conf", "--reuid=65534"],
  ])("acts out %s", (word, path, text) => {
    expect(seedOf(`web-${word}`).find((file) => file.path === path)?.text).toContain(text);
  });

  it.each(["slow-boot", "dies", "cloud-init-degraded"])("needs no file for %s", (word) => {
    expect(seedOf(`web-${word}`)).toHaveLength(seed.length);
  });
});
