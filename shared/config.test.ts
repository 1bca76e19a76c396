import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { environments, limits, readConfig } from "./config.ts";

const good: Record<string, string> = {
  TABLE_NAME: "pressluft",
  COOKIE_SECURE: "true",
  QUEUE_URL: "https://sqs.example.org/jobs",
  HETZNER_ENDPOINT: "https://api.hetzner.cloud/v1",
  SECRETS_KEY_ID: "key-1",
  DEFAULT_SERVER_TYPE: "cx23",
  DEFAULT_LOCATION: "nbg1",
  DEFAULT_IMAGE: "debian-12",
  NODE_SSH_PORT: "22",
  NODE_SSH_USER: "root",
};

let before: NodeJS.ProcessEnv;
beforeEach(() => {
  before = process.env;
  process.env = { ...good };
});
afterEach(() => {
  process.env = before;
});

const messageOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return String(error);
  }
  throw new Error("the configuration was accepted");
};

describe.each(Object.entries(environments))("the environment of %s", (_name, environment) => {
  it("is read when it is whole", () => {
    expect(Object.keys(readConfig(environment)).sort()).toEqual(Object.keys(environment.shape).sort());
  });

  it.each(Object.keys(environment.shape))("without %s is refused by that name", (name) => {
    delete process.env[name];
    expect(messageOf(() => readConfig(environment))).toBe(`Error: configuration: missing or wrong: ${name}`);
  });
});

it("is refused without saying what a variable holds", () => {
  const secret = "this-value-is-nobodys-business";
  process.env = { ...good, QUEUE_URL: secret, COOKIE_SECURE: secret, NODE_SSH_PORT: secret };
  expect(messageOf(() => readConfig(environments.nodes))).toBe(
    "Error: configuration: missing or wrong: COOKIE_SECURE, QUEUE_URL, NODE_SSH_PORT",
  );
});

it.each(["0", "65536", "22.5", "ssh"])("is refused with the port %s", (port) => {
  process.env.NODE_SSH_PORT = port;
  expect(messageOf(() => readConfig(environments.nodes))).toContain("NODE_SSH_PORT");
});

it("is typed: text becomes what it stands for", () => {
  expect(readConfig(environments.nodes)).toMatchObject({ NODE_SSH_PORT: 22, COOKIE_SECURE: true });
  process.env.COOKIE_SECURE = "false";
  expect(readConfig(environments.nodes).COOKIE_SECURE).toBe(false);
});

describe("the numbers of the machinery fit together", () => {
  it("a worker is stopped before its lease ends, and its lease ends before its message comes back", () => {
    expect(limits.workerTimeoutSeconds).toBeLessThan(limits.leaseSeconds);
    expect(limits.leaseSeconds).toBeLessThan(limits.visibilityTimeoutSeconds);
  });

  it("a write that may still start ends before the invocation does", () => {
    expect(limits.hetznerWriteSeconds).toBeLessThan(limits.outsideWriteReserveSeconds);
  });

  it("a whole round of reads leaves the time that a write needs", () => {
    const reads = Math.max(limits.hetznerReadSeconds * 2, limits.sshTotalSeconds);
    expect(reads + limits.outsideWriteReserveSeconds).toBeLessThanOrEqual(limits.workerTimeoutSeconds);
  });
});
