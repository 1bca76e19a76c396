import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRedriveSettings, findTtlSettings, readStacks, type Template } from "./assembly.ts";

const table = (ttl?: object) => ({
  Type: "AWS::DynamoDB::Table",
  Properties: { BillingMode: "PAY_PER_REQUEST", ...(ttl === undefined ? {} : { TimeToLiveSpecification: { ...ttl } }) },
});
const queue = (properties: NonNullable<Template["Resources"][string]["Properties"]>) => ({
  Type: "AWS::SQS::Queue",
  Properties: properties,
});

describe("findTtlSettings", () => {
  it.each([
    ["a table whose items expire", table({ AttributeName: "expires_at", Enabled: true }), ["expires_at"]],
    ["a table with expiry switched off", table({ AttributeName: "expires_at", Enabled: false }), []],
    ["a table without expiry", table(), []],
    [
      "a global table whose items expire",
      { ...table({ AttributeName: "ttl", Enabled: true }), Type: "AWS::DynamoDB::GlobalTable" },
      ["ttl"],
    ],
    ["a resource without properties", { Type: "AWS::DynamoDB::Table" }, []],
    ["another resource", { ...table({ AttributeName: "x", Enabled: true }), Type: "AWS::Logs::LogGroup" }, []],
  ])("reads %s", (_, resource, attributes) => {
    const found = findTtlSettings({ Resources: { Thing: resource } });
    expect(found).toEqual(attributes.map((attribute) => ({ logicalId: "Thing", attribute })));
  });
});

describe("findRedriveSettings", () => {
  const deadLetterTargetArn = { "Fn::GetAtt": ["Dead", "Arn"] };
  it.each([
    ["a queue with a dead-letter queue", queue({ RedrivePolicy: { deadLetterTargetArn, maxReceiveCount: 5 } }), [5]],
    ["a count written as text", queue({ RedrivePolicy: { deadLetterTargetArn, maxReceiveCount: "3" } }), [3]],
    ["a queue without one", queue({ VisibilityTimeout: 120 }), []],
  ])("reads %s", (_, resource, counts) => {
    const found = findRedriveSettings({ Resources: { Jobs: resource } });
    expect(found).toEqual(counts.map((maxReceiveCount) => ({ logicalId: "Jobs", maxReceiveCount })));
  });
});

describe("readStacks", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "assembly-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const write = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));

  it("reads each stack's name and template and leaves other artifacts out", async () => {
    const template = { Resources: { Table: table() } };
    await write("Data.template.json", template);
    await write("manifest.json", {
      version: "1",
      artifacts: {
        Tree: { type: "cdk:tree", properties: { file: "tree.json" } },
        Data: { type: "aws:cloudformation:stack", properties: { templateFile: "Data.template.json" } },
        Named: {
          type: "aws:cloudformation:stack",
          properties: { templateFile: "Data.template.json", stackName: "its-name" },
        },
      },
    });
    expect(await readStacks(folder)).toEqual([
      { name: "Data", template },
      { name: "its-name", template },
    ]);
  });

  it("throws when the app has no stack", async () => {
    await write("manifest.json", { version: "1", artifacts: {} });
    await expect(readStacks(folder)).rejects.toThrow("No stack in");
  });
});
