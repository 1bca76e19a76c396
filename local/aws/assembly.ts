import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.object({ templateFile: z.string().optional(), stackName: z.string().optional() }).optional(),
    }),
  ),
});

const templateSchema = z.object({
  Resources: z
    .record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.json()).optional() }))
    .default({}),
});

export type Template = z.infer<typeof templateSchema>;

export interface Stack {
  name: string;
  template: Template;
}

const stackArtifact = "aws:cloudformation:stack";

/** The stacks of a synthesized CDK app (folder `cdk.out`). Throws when there is none or it is not readable as one. */
export async function readStacks(cdkOut: string): Promise<Stack[]> {
  const manifest = manifestSchema.parse(await readJson(join(cdkOut, "manifest.json")));
  const stacks: Stack[] = [];
  for (const [id, { type, properties }] of Object.entries(manifest.artifacts)) {
    if (type !== stackArtifact || properties?.templateFile === undefined) continue;
    const template = templateSchema.parse(await readJson(join(cdkOut, properties.templateFile)));
    stacks.push({ name: properties.stackName ?? id, template });
  }
  if (stacks.length === 0) throw new Error(`No stack in ${cdkOut}: the CDK app made none at its top level.`);
  return stacks;
}

async function readJson(file: string): Promise<unknown> {
  return z.json().parse(JSON.parse(await readFile(file, "utf8")));
}

export interface TtlSetting {
  logicalId: string;
  attribute: string;
}

const ttlSchema = z.object({
  TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }),
});

/** The tables that a template wants to have items expire in, and by which attribute. */
export function findTtlSettings({ Resources }: Template): TtlSetting[] {
  return Object.entries(Resources).flatMap(([logicalId, { Type, Properties }]) => {
    const ttl = Type.startsWith("AWS::DynamoDB::") ? ttlSchema.safeParse(Properties).data : undefined;
    if (ttl?.TimeToLiveSpecification.Enabled !== true) return [];
    return [{ logicalId, attribute: ttl.TimeToLiveSpecification.AttributeName }];
  });
}

export interface RedriveSetting {
  logicalId: string;
  maxReceiveCount: number;
}

const redriveSchema = z.object({ RedrivePolicy: z.object({ maxReceiveCount: z.coerce.number() }) });

/** The queues that a template gives a dead-letter queue, and after how many receives. */
export function findRedriveSettings({ Resources }: Template): RedriveSetting[] {
  return Object.entries(Resources).flatMap(([logicalId, { Type, Properties }]) => {
    const policy = Type === "AWS::SQS::Queue" ? redriveSchema.safeParse(Properties).data : undefined;
    return policy ? [{ logicalId, maxReceiveCount: policy.RedrivePolicy.maxReceiveCount }] : [];
  });
}
