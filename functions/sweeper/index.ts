/** Each minute: wakes what sleeps, looks at what may be billed, finishes secrets, keeps providers and catalogues true. */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { environments, readConfig } from "../../shared/config.ts";
import { finishSecrets } from "../../shared/store/providers.ts";
import { makeVault } from "../../shared/vault.ts";
import { awsClientDefaults } from "../http/deps.ts";
import { makeHetznerFor } from "../providers/deps.ts";
import { recheckProviders, refreshCatalogues } from "../providers/scheduled.ts";
import { makeBackend, remember } from "../worker/backend.ts";
import { sweepTombstones } from "./tombstones.ts";
import { wakeOverdue } from "./wake.ts";

type Chore = readonly [name: string, run: () => Promise<unknown>];

const makeChores = (): { chores: readonly Chore[]; log: ReturnType<typeof makeBackend>["log"] } => {
  const config = readConfig(environments.sweeper);
  const vault = makeVault({ client: new SecretsManagerClient(awsClientDefaults), kmsKeyId: config.SECRETS_KEY_ID });
  const backend = makeBackend("sweeper", config, new SQSClient(awsClientDefaults));
  const deps = { ...backend, readSecret: remember(vault.read) };
  const { clock, log } = backend;
  const hetznerFor = makeHetznerFor({ endpoint: config.HETZNER_ENDPOINT, clock, random: Math.random, log });
  const providers = { table: backend.table, vault, hetznerFor, clock, log };
  return {
    log,
    chores: [
      ["wakeOverdue", () => wakeOverdue(deps)],
      ["sweepTombstones", () => sweepTombstones(deps)],
      ["finishSecrets", () => finishSecrets(backend.table, vault, Date.now())],
      ["recheckProviders", () => recheckProviders(providers)],
      ["refreshCatalogues", () => refreshCatalogues(providers)],
    ],
  };
};

let made: ReturnType<typeof makeChores> | undefined;

/** The Lambda handler of the schedule. One chore's failure keeps no other from running, and is told to AWS at the end. */
export const handler = async (): Promise<void> => {
  made ??= makeChores();
  const { chores, log } = made;
  const results = await Promise.allSettled(chores.map(([, run]) => run()));
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [{ name: chores[index]?.[0], error: result.reason }] : [],
  );
  for (const { name, error } of failed) log.error("sweep_failed", { chore: name, error });
  if (failed.length > 0) throw new Error(`sweep failed: ${failed.map(({ name }) => name).join(", ")}`);
};
