/** Works on jobs: a batch of queue messages at a time. Which messages come back is answered one by one. */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { environments, readConfig, sshLimits } from "../../shared/config.ts";
import { look, makeKeyPair } from "../../shared/node/index.ts";
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
  };
};

let deps: WorkerDeps | undefined;

/** The Lambda handler of the job queue. */
export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  deps ??= makeDeps();
  const failed = await workThrough(deps, event.Records, context.getRemainingTimeInMillis());
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
};
