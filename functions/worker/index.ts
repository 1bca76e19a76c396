/** Works on jobs: a batch of queue messages at a time. Which messages come back is answered one by one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { makeArtifacts, makeS3Clients } from "../../shared/artifacts.ts";
import { environments, readConfig, sshLimits } from "../../shared/config.ts";
import { look, makeBundle, makeKeyPair } from "../../shared/node/index.ts";
import { makeVault } from "../../shared/vault.ts";
import { awsClientDefaults } from "../http/deps.ts";
import { makeBackend, remember } from "./backend.ts";
import { workThrough } from "./batch.ts";
import type { WorkerDeps } from "./deps.ts";

const makeDeps = (): WorkerDeps => {
  const config = readConfig(environments.worker);
  const vault = makeVault({ client: new SecretsManagerClient(awsClientDefaults) });
  return {
    ...makeBackend("worker", config, new SQSClient(awsClientDefaults)),
    readSecret: remember(vault.read),
    makeHostKey: () => makeKeyPair("pressluft-host"),
    runOnHost: (target, commands) => look(target, commands, sshLimits),
    playbooks: makeBundle(readFileSync(join(import.meta.dirname, "playbooks.tar.gz"))),
    wordpress: config.WORDPRESS_SOURCE,
    artifacts: makeArtifacts({
      ...makeS3Clients(config.ARTIFACTS_ENDPOINT, awsClientDefaults),
      bucket: config.ARTIFACTS_BUCKET,
    }),
  };
};

let deps: WorkerDeps | undefined;

/** The Lambda handler of the job queue. */
export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  deps ??= makeDeps();
  const failed = await workThrough(deps, event.Records, context.getRemainingTimeInMillis());
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
};
