/** The only API function whose role reads the SSH key. */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { environments, readConfig, sshLimits } from "../../shared/config.ts";
import { newId } from "../../shared/ids.ts";
import { look, lookAtHost } from "../../shared/node/index.ts";
import { makeVault } from "../../shared/vault.ts";
import { awsClientDefaults, makeEdge, onFirstCall } from "../http/deps.ts";
import { serve } from "../http/edge.ts";
import { makeNodeCheckHandlers } from "./handlers.ts";

export const handler = onFirstCall(() => {
  const edge = makeEdge("node-check", readConfig(environments["node-check"]));
  const { read: readSecret } = makeVault({ client: new SecretsManagerClient(awsClientDefaults) });
  const handlers = makeNodeCheckHandlers({
    ...edge,
    readSecret,
    newId,
    lookAtHost: (target) => lookAtHost(target, sshLimits),
    runOnHost: (target, commands) => look(target, commands, sshLimits),
  });
  return serve("node-check", handlers, edge);
});
