/** For tests: a stage's templates without bundling, and its IAM policies as a flat list of "this role may do that". */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as z from "zod";
import { placeholderCode } from "./bundling.ts";
import { placeholderDashboard } from "./dashboard-files.ts";
import { buildStacks } from "./stacks.ts";
import { readStage } from "./stages.ts";

const listOf = <T extends z.ZodType>(item: T) => z.union([item.transform((one) => [one]), z.array(item)]);
const statement = z.object({
  Effect: z.enum(["Allow", "Deny"]),
  Action: listOf(z.string()),
  Resource: listOf(z.unknown()).default([]),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
const document = z.object({ Statement: z.array(statement) });
const policy = z.object({
  Properties: z.object({ PolicyDocument: document, Roles: z.array(z.object({ Ref: z.string() })) }),
});

export type Statement = z.output<typeof statement>;
/** `role` is the function's name, or what the template calls a role that is no function's. */
export type Grant = Statement & { readonly role: string };

const context: Readonly<Record<string, Record<string, string>>> = {
  local: {
    hetznerEndpoint: "http://127.0.0.1:9000/v1",
    sshPort: "2222",
    artifactsEndpoint: "http://198.18.7.254:4566",
    previewDomain: "{ip}.localhost:8080",
  },
  prod: { alarmEmail: "someone@example.org" },
};

/** `extra`: options of the command line beside those that the stage cannot do without. */
export const synthesize = (name: "dev" | "prod" | "local", extra: Readonly<Record<string, string>> = {}) => {
  const values: Readonly<Record<string, string>> = { stage: name, ...context[name], ...extra };
  const stage = readStage((key) => values[key]);
  const outdir = mkdtempSync(join(tmpdir(), "pressluft-synth-"));
  const app = new App({
    outdir,
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: false,
  });
  const built = stage.hasCloudFront ? placeholderDashboard() : undefined;
  const stacks = buildStacks(app, { stage, code: placeholderCode, dashboard: built });
  const templates = { data: Template.fromStack(stacks.data), service: Template.fromStack(stacks.service) };
  const dashboard = stacks.dashboard && Template.fromStack(stacks.dashboard);
  rmSync(outdir, { recursive: true });
  return { stage, stacks, ...templates, dashboard };
};

/** `nodecheckRole…` and `workerFunction…` in a template are the role and the function of node-check and worker. */
export const functionOf = (logicalId: string): string =>
  logicalId.replace(/(Role|Function)(DefaultPolicy)?[0-9A-F]{8}$/, "").replace(/^node(?=check|watch)/, "node-");

export const grantsOf = (template: Template): Grant[] =>
  Object.values(template.findResources("AWS::IAM::Policy")).flatMap((resource) => {
    const { PolicyDocument, Roles } = policy.parse(resource).Properties;
    return Roles.flatMap(({ Ref }) => PolicyDocument.Statement.map((one) => ({ ...one, role: functionOf(Ref) })));
  });

const lambda = z.object({
  Properties: z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) }).loose(),
});

/** Every Lambda function of a template by its name: what CloudFormation is told about it. */
export const lambdasOf = (template: Template) =>
  Object.fromEntries(
    Object.entries(template.findResources("AWS::Lambda::Function")).map(([id, resource]) => [
      functionOf(id),
      lambda.parse(resource).Properties,
    ]),
  );

/** What becomes of each resource of a type when its stack is deleted or replaces it. */
export const retentionOf = (template: Template, type: string) =>
  Object.values(template.findResources(type)).map((resource) =>
    z.object({ DeletionPolicy: z.string(), UpdateReplacePolicy: z.string() }).parse(resource),
  );
