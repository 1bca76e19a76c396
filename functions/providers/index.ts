/** Connects a provider and checks it, live; the only function that stores a token. */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { v7 as uuidv7 } from "uuid";
import { environments, readConfig } from "../../shared/config.ts";
import { realClock } from "../../shared/hetzner/index.ts";
import { makeKeyPair } from "../../shared/node/keys.ts";
import { makeVault } from "../../shared/vault.ts";
import { awsClientDefaults, makeEdge, onFirstCall } from "../http/deps.ts";
import { serve } from "../http/edge.ts";
import { makeHetznerFor } from "./deps.ts";
import { makeProvidersHandlers } from "./handlers.ts";

export const handler = onFirstCall(() => {
  const config = readConfig(environments.providers);
  const edge = makeEdge("providers", config);
  const handlers = makeProvidersHandlers({
    table: edge.table,
    log: edge.log,
    vault: makeVault({ client: new SecretsManagerClient(awsClientDefaults), kmsKeyId: config.SECRETS_KEY_ID }),
    clock: realClock,
    hetznerFor: makeHetznerFor({
      endpoint: config.HETZNER_ENDPOINT,
      clock: realClock,
      random: Math.random,
      log: edge.log,
    }),
    makeId: () => uuidv7(),
    makeKeyPair,
    defaults: {
      serverType: config.DEFAULT_SERVER_TYPE,
      location: config.DEFAULT_LOCATION,
      image: config.DEFAULT_IMAGE,
    },
  });
  return serve("providers", handlers, edge);
});
