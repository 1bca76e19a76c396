import { describe, expect, it } from "vitest";
import { makeMachine } from "./machine.ts";
import { makePlaybooks } from "./playbooks.ts";
import { runCommand } from "./shell.ts";

const where = { location: "nbg1", networkZone: "eu-central" };
const spec = { serverId: 1, name: "web-1", ipv4: null, userData: "", authorizedKeys: [], image: "debian-12", ...where };
const timings = { sshReadyMs: 1, cloudInitMs: 2 };
const machine = makeMachine({ spec, timings, nowMs: 0, previous: undefined, playbooks: makePlaybooks() });

describe("runCommand", () => {
  it.each([
    ["cloud-init status", 0, "status: done\n", ""],
    ["id -u", 0, "0\n", ""],
    ["sudo -n true", 0, "", ""],
    ["test -e /var/lib/pressluft/runtime.json", 1, "", ""],
    ["uname", 0, "Linux\n", ""],
    ["hostname", 0, "web-1\n", ""],
    ["cat /proc/sys/kernel/random/boot_id", 0, `${machine.bootId}\n`, ""],
    ["echo hello world", 0, "hello world\n", ""],
    ["echo", 0, "\n", ""],
    ["echo $(id -u); rm -rf /", 127, "", "sh: echo: not found\n"],
    ["apt-get update", 127, "", "sh: apt-get: not found\n"],
    ["", 127, "", "sh: : not found\n"],
  ])("%s", (line, exitCode, stdout, stderr) => {
    expect(runCommand(machine, 10, line)).toEqual({ exitCode, stdout, stderr });
  });
});
