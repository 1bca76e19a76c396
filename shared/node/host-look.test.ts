import { describe, expect, it } from "vitest";
import { hostLookCommands, readHostLook } from "./host-look.ts";
import type { CommandResult } from "./ssh.ts";

const done: CommandResult = { exitCode: 0, stdout: '{"status":"done"}', stderr: "" };
const root: CommandResult = { exitCode: 0, stdout: "0\n", stderr: "" };
const user: CommandResult = { exitCode: 0, stdout: "1000\n", stderr: "" };
const yes: CommandResult = { exitCode: 0, stdout: "", stderr: "" };
const no: CommandResult = { exitCode: 1, stdout: "", stderr: "sudo: a password is required" };
const absent: CommandResult = { exitCode: 127, stdout: "", stderr: "sh: sudo: not found" };
const hung: CommandResult = { exitCode: null, stdout: "", stderr: "" };

describe("readHostLook", () => {
  it.each([
    ["root without the sudo program", [done, root, absent, no], true, false],
    ["a user with sudo", [done, user, yes, no], true, false],
    ["a user who would be asked for a password", [done, user, no, no], false, false],
    ["a failed id", [done, { ...root, exitCode: 1 }, no, no], false, false],
    ["a provisioned server", [done, root, yes, yes], true, true],
  ])("%s", (_name, results, sudo, runtimePresent) => {
    expect(readHostLook({ reached: true, hostKey: "ssh-ed25519 AAAA", results })).toEqual({
      reached: true,
      cloudInit: { status: "done", detail: null },
      sudo,
      runtimePresent,
    });
  });

  it.each([
    ["cloud-init hung", [hung, hung, hung, hung]],
    ["sudo hung", [done, user, hung, hung]],
    ["nothing was run", []],
    ["an answer is missing", [done, root, yes]],
  ])("does not take a missing answer for a no: %s", (_name, results) => {
    expect(readHostLook({ reached: true, hostKey: "ssh-ed25519 AAAA", results })).toEqual({
      reached: false,
      reason: "timeout",
    });
  });

  it("hands on why the server was not reached", () => {
    const outcome = { reached: false, reason: "auth_failed", message: "..." } as const;
    expect(readHostLook(outcome)).toEqual({ reached: false, reason: "auth_failed" });
  });

  it("reads as many answers as there are commands", () => {
    expect(hostLookCommands()).toHaveLength(4);
  });
});
