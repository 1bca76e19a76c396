import { rm } from "node:fs/promises";
import * as z from "zod";
import { deploy } from "../aws/deploy.ts";
import { type Emulator, startEmulator } from "../aws/emulator.ts";
import { proveDeployment, proveEmulator } from "../aws/prove.ts";
import { claimPort, type PortWish, takePort } from "./ports.ts";

export const region = "eu-central-1";

interface Common {
  /** Absolute; for the emulator's and the CDK's files. */
  readonly dir: string;
  log(line: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** Starts the AWS emulator on the first free port of a wish. */
export function startAws(input: Common & { readonly wish: PortWish; readonly isLinux: boolean }): Promise<Emulator> {
  const { wish, isLinux, dir, log, signal } = input;
  return takePort("aws", wish, async (first) => {
    const claim = await claimPort(first, isLinux);
    try {
      const emulator = await startEmulator({ port: claim.port, dir, region, log, signal });
      return { ...emulator, stop: () => emulator.stop().finally(claim.release) };
    } catch (error) {
      await claim.release();
      throw error;
    }
  });
}

const outputsSchema = z.object({
  ApiId: z.string(),
  TableName: z.string(),
  QueueUrl: z.url(),
  DlqUrl: z.url(),
  ArtifactsBucket: z.string(),
});
export type CloudOutputs = z.output<typeof outputsSchema>;

/** What the `local` stage must be told of this machine: `infra/stages.ts`. */
export interface StageValues {
  readonly hetznerEndpoint: string;
  readonly sshPort: number;
  readonly artifactsEndpoint: string;
  readonly previewDomain: string;
}

export interface DeployAppInput extends Common {
  readonly endpoint: string;
  readonly values: StageValues;
}

/**
 * Deploys the CDK app and meanwhile proves what it relies on, then that what was deployed has it. When one fails the
 * other is ended, and the Error says which.
 */
export async function deployApp(input: DeployAppInput): Promise<CloudOutputs> {
  const { endpoint, values, dir, log } = input;
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(input.signal === undefined ? [] : [input.signal])]);
  await rm(`${dir}/cdk.out`, { recursive: true, force: true }); // The CDK keeps the bundles of every synthesis before.
  const context = { ...values, sshPort: String(values.sshPort) };
  const deploying = deploy({ endpoint, region, dir, context, log, signal });
  const proving = proveEmulator({ endpoint, region, log }).then(() =>
    log("The emulator keeps what the product relies on."),
  );
  proving.catch((error: unknown) => failed.abort(error));
  const [{ outputs, cdkOut }] = await Promise.all([deploying, proving]);
  await proveDeployment({ endpoint, region, cdkOut });
  return outputsSchema.parse(outputs);
}
