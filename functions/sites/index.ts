/** Sites, environments and backups: asked for, shown, deleted. */
import { SQSClient } from "@aws-sdk/client-sqs";
import { environments, readConfig } from "../../shared/config.ts";
import { newId } from "../../shared/ids.ts";
import { makeQueue } from "../../shared/queue.ts";
import { awsClientDefaults, makeEdge, onFirstCall } from "../http/deps.ts";
import { serve } from "../http/edge.ts";
import { makeSitesHandlers } from "./handlers.ts";

export const handler = onFirstCall(() => {
  const config = readConfig(environments.sites);
  const edge = makeEdge("sites", config);
  const queue = makeQueue(new SQSClient({ ...awsClientDefaults, useQueueUrlAsEndpoint: false }), config.QUEUE_URL);
  return serve("sites", makeSitesHandlers({ ...edge, queue, newId, previewDomain: config.PREVIEW_DOMAIN }), edge);
});
