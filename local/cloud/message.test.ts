import { describe, expect, it } from "vitest";
import { needsLinux, progressLine, readyMessage } from "./message.ts";
import type { StackFile } from "./stack-file.ts";

const stack: StackFile = {
  base_url: "http://127.0.0.1:9000",
  operator_email: "operator@pressluft.test",
  operator_password: "a-password",
  hetzner_endpoint: "http://127.0.0.1:9001/v1",
  hetzner_token: "w".repeat(64),
  hetzner_readonly_token: "r".repeat(64),
  hetzner_other_token: "o".repeat(64),
  simulator_control: "http://127.0.0.1:9001/_control",
  aws_endpoint: "http://127.0.0.1:9002",
  aws_region: "eu-central-1",
  table_name: "t",
  queue_url: "http://127.0.0.1:9002/q",
  dlq_url: "http://127.0.0.1:9002/d",
  machines: "real",
  preview_domain: "{ip}.localhost:8080",
  artifacts_bucket: "artifacts",
  artifacts_endpoint: "http://198.18.7.254:4566",
  emulator_pid: 1,
};
const message = readyMessage({ stack, cookieFile: ".local/cookies", machines: "stand-ins" });

describe("what a newcomer is told", () => {
  it.each([
    stack.base_url,
    "operator@pressluft.test   a-password",
    stack.hetzner_token,
    stack.hetzner_readonly_token,
    "Ctrl-C",
  ])("shows %s", (text) => expect(message).toContain(text));

  it.each(["login", "providers", "nodes", "sites"])("has a complete command for %s", (name) => {
    const command = message
      .replaceAll(" \\\n", " ")
      .split("\n")
      .find((line) => line.includes(`/api/${name} `));
    expect(command).toMatch(/^ {2}curl -s[bc] \.local\/cookies -H 'content-type: application\/json' /);
    expect(() => JSON.parse(/-d '(.*)'$/.exec(command ?? "")?.[1] ?? "")).not.toThrow();
  });

  it("says that nodes need Linux only where there are no machines", () => {
    expect(message).not.toContain(needsLinux);
    expect(readyMessage({ stack, cookieFile: "c", machines: "none" })).toContain(needsLinux);
  });
});

it.each([
  { elapsedMs: 0, line: "   0.0 s  x" },
  { elapsedMs: 12_345, line: "  12.3 s  x" },
])("puts $elapsedMs ms before a line of progress", ({ elapsedMs, line }) => {
  expect(progressLine(elapsedMs, "x")).toBe(line);
});
