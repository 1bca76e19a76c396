import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { environments, limits, previewDomain, readConfig } from "./config.ts";

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
  PREVIEW_DOMAIN: "{ip}.sslip.io",
  WORDPRESS_SOURCE: '{"kind":"package"}',
  ARTIFACTS_BUCKET: "pressluft-artifacts",
  ARTIFACTS_ENDPOINT: "https://s3.eu-central-1.amazonaws.com",
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

describe("where WordPress comes from", () => {
  const sha256 = "0123456789abcdef".repeat(4);
  const source = (value: unknown) => {
    process.env.WORDPRESS_SOURCE = typeof value === "string" ? value : JSON.stringify(value);
    return readConfig(environments.worker).WORDPRESS_SOURCE;
  };

  it.each([
    { kind: "package" },
    { kind: "url", url: "https://mirror.example.org/wordpress-6.9.tar.gz", sha256 },
    { kind: "url", url: "file:///opt/wordpress.tar.gz", sha256 },
  ])("may be %j", (value) => {
    expect(source(value)).toEqual(value);
  });

  it.each([
    "package",
    "",
    { kind: "url", url: "https://mirror.example.org/wordpress.tar.gz" },
    { kind: "url", url: "ftp://mirror.example.org/wordpress.tar.gz", sha256 },
    { kind: "url", url: "https://mirror.example.org/wordpress.tar.gz", sha256: sha256.toUpperCase() },
    { kind: "package", url: "https://mirror.example.org/wordpress.tar.gz" },
  ])("may not be %j", (value) => {
    expect(() => source(value)).toThrow("WORDPRESS_SOURCE");
  });
});

describe("the domain of previews", () => {
  it.each(["{ip}.sslip.io", "{ip}.localhost:8080", "sites.example.org", "{ip}", "a.{ip}.b.example"])(
    "may be %s",
    (text) => {
      expect(previewDomain.safeParse(text).success).toBe(true);
    },
  );

  it.each([
    "",
    "http://example.org",
    "{ip}.{ip}.example.org",
    "{node}.example.org",
    "Example.org",
    "example.org/path",
    "example.org:0",
    "example.org:80:80",
    "example..org",
    "-a.example.org",
  ])("may not be %j", (text) => {
    expect(previewDomain.safeParse(text).success).toBe(false);
  });
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
