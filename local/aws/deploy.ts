import { mkdir, readFile, rm } from "node:fs/promises";
import { DescribeTimeToLiveCommand, DynamoDBClient, UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { findTtlSettings, readStacks } from "./assembly.ts";
import { account, clientConfig, credentials, findPhysicalIds, type Target } from "./aws.ts";
import { checkout, toolFolder, toolPath } from "./host.ts";
import { lastLines, run } from "./run.ts";

/** A whole deployment takes seconds; the deadline is for a custom resource or a download that hangs. */
const cdkTimeoutMs = 180_000;

const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

export type Outputs = Record<string, string>;

export interface DeployInput extends Target {
  /** A folder for the synthesized app, the CDK's own files and the outputs. */
  dir: string;
  /** An app synthesized before; without it the project's app is synthesized into `<dir>/cdk.out`. */
  cdkOut?: string;
  /** CDK context for that, besides `stage=local` and `region`. */
  context?: Record<string, string>;
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

export interface Deployment {
  /** The outputs of all stacks. */
  outputs: Outputs;
  /** The folder of the synthesized app that was deployed. */
  cdkOut: string;
}

/**
 * Deploys the project's CDK app with the plain CDK command to an AWS emulator, and sets what its CloudFormation leaves
 * out (expiry of table items). Deploying again updates in place. Throws an Error that ends in the CDK's own words.
 */
export async function deploy(input: DeployInput): Promise<Deployment> {
  const { dir, log } = input;
  const cdkOut = input.cdkOut ?? `${dir}/cdk.out`;
  const outputsFile = `${dir}/outputs.json`;
  await rm(outputsFile, { force: true });
  await Promise.all(["home", "tmp", "empty"].map((name) => mkdir(`${dir}/cdk/${name}`, { recursive: true })));
  await Promise.all([bootstrap(input), input.cdkOut === undefined ? synthesize(input, cdkOut) : undefined]);
  log("Deploying the stacks ...");
  await cdk(input, {
    doing: "deploy",
    args: ["deploy", "--app", cdkOut, "--all", "--require-approval", "never", "--outputs-file", outputsFile],
  });
  await setTimeToLive(input, cdkOut);
  const outputs = outputsSchema.parse(JSON.parse(await readFile(outputsFile, "utf8")));
  return { outputs: mergeOutputs(outputs), cdkOut };
}

/** One record of all stacks' outputs. Throws when two stacks give one name different values. */
export function mergeOutputs(byStack: Record<string, Outputs>): Outputs {
  const merged: Outputs = {};
  for (const [name, value] of Object.values(byStack).flatMap((outputs) => Object.entries(outputs))) {
    if ((merged[name] ?? value) !== value) throw new Error(`Two stacks have an output named ${name}.`);
    merged[name] = value;
  }
  return merged;
}

/** Makes what the CDK keeps in an account (asset bucket, version). From an empty folder: in ours it would synthesize first. */
function bootstrap(input: DeployInput): Promise<void> {
  const args = ["bootstrap", `aws://${account}/${input.region}`];
  return cdk(input, { doing: "bootstrap", args, cwd: `${input.dir}/cdk/empty` });
}

function synthesize(input: DeployInput, cdkOut: string): Promise<void> {
  input.log("Building the functions and the stacks ...");
  const context = Object.entries({ ...input.context, region: input.region, stage: "local" }).flatMap(
    ([name, value]) => ["-c", `${name}=${value}`],
  );
  return cdk(input, { doing: "synthesize", args: ["synth", "--quiet", "--output", cdkOut, ...context] });
}

interface CdkCall {
  doing: string;
  args: string[];
  cwd?: string;
}

async function cdk(input: DeployInput, { doing, args, cwd }: CdkCall): Promise<void> {
  const result = await run({
    command: `${toolFolder}/cdk`,
    args: [...args, "--no-notices", "--no-color"],
    cwd: cwd ?? checkout,
    env: cdkEnvironment(input),
    timeoutMs: cdkTimeoutMs,
    signal: input.signal,
  });
  if (result.code === 0) return;
  const what = result.timedOut ? `did not end within ${cdkTimeoutMs / 1000} s` : "failed";
  throw new Error(`CDK ${doing} ${what}:\n${lastLines(result.output, 40)}`);
}

/** The CDK's environment: no profile, proxy or region of the caller's, and no file of its own outside `dir`. */
function cdkEnvironment({ dir, endpoint, region }: DeployInput): Record<string, string> {
  return {
    PATH: toolPath(),
    HOME: `${dir}/cdk/home`,
    CDK_HOME: `${dir}/cdk/home/.cdk`,
    TMPDIR: `${dir}/cdk/tmp`,
    LANG: "C.UTF-8",
    CDK_DISABLE_CLI_TELEMETRY: "true",
    // CDK's own template check takes longer than the whole synth; it stays on for stages that go to AWS.
    CDK_VALIDATION: "false",
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The emulator's CloudFormation ignores TimeToLiveSpecification, so expiry is switched on here, from the same template. */
async function setTimeToLive(target: Target, cdkOut: string): Promise<void> {
  const dynamodb = new DynamoDBClient(clientConfig(target));
  for (const { name, template } of await readStacks(cdkOut)) {
    const settings = findTtlSettings(template);
    const tables = settings.length > 0 ? await findPhysicalIds(target, name) : new Map<string, string>();
    for (const { logicalId, attribute } of settings) {
      const TableName = tables.get(logicalId);
      const current = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
      if (current.TimeToLiveDescription?.TimeToLiveStatus === "ENABLED") continue; // DynamoDB refuses it twice.
      const TimeToLiveSpecification = { AttributeName: attribute, Enabled: true };
      await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    }
  }
  dynamodb.destroy();
}
