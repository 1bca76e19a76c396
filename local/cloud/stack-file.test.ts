import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStack, type StackFile, stackSchema, writeStack } from "./stack-file.ts";

const stack: StackFile = {
  base_url: "http://127.0.0.1:8080",
  operator_email: "operator@pressluft.test",
  operator_password: "a password",
  hetzner_endpoint: "http://127.0.0.1:8090/v1",
  hetzner_token: "a".repeat(64),
  hetzner_readonly_token: "b".repeat(64),
  hetzner_other_token: "c".repeat(64),
  simulator_control: "http://127.0.0.1:8090/_control",
  aws_endpoint: "http://127.0.0.1:4566",
  aws_region: "eu-central-1",
  table_name: "a-table",
  queue_url: "http://127.0.0.1:4566/000000000000/jobs",
  dlq_url: "http://127.0.0.1:4566/000000000000/dead",
  machines: "real",
  preview_domain: "{ip}.localhost:8080",
  artifacts_bucket: "artifacts",
  artifacts_endpoint: "http://198.18.7.254:4566",
  emulator_pid: 4711,
};

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(`${tmpdir()}/pressluft-`);
  file = `${dir}/new/stack.json`;
});
afterEach(() => rm(dir, { recursive: true }));

describe("stack file", () => {
  it("is read as it was written, by its owner only, with nothing beside it", async () => {
    await writeStack(file, stack);
    await expect(readStack(file)).resolves.toEqual(stack);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expect(readdir(`${dir}/new`)).resolves.toEqual(["stack.json"]);
  });

  it("replaces one that a killed cloud has left", async () => {
    await writeStack(file, { ...stack, table_name: "older" });
    await writeStack(file, stack);
    await expect(readStack(file)).resolves.toEqual(stack);
  });

  it("is gone after its removal, which may be asked for twice", async () => {
    const remove = await writeStack(file, stack);
    await remove();
    await remove();
    await expect(readStack(file)).rejects.toThrow("is the local cloud running?");
  });

  it.each([
    { text: "{", names: "everything" },
    { text: "{}", names: "base_url" },
    { text: JSON.stringify({ ...stack, hetzner_token: "short" }), names: "hetzner_token" },
    { text: JSON.stringify({ ...stack, hetzner_endpoint: "http://127.0.0.1:8090/" }), names: "hetzner_endpoint" },
  ])("names what is wrong: $names", async ({ text, names }) => {
    const broken = `${dir}/stack.json`;
    await writeFile(broken, text);
    await expect(readStack(broken)).rejects.toThrow(names);
  });

  it.each(Object.keys(stackSchema.shape))("never goes without %s", (name) => {
    expect(stackSchema.safeParse({ ...stack, [name]: undefined }).success).toBe(false);
  });
});
