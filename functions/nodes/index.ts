/** Nodes: asked for, shown, deleted. */
import { SQSClient } from "@aws-sdk/client-sqs";
import { environments, readConfig } from "../../shared/config.ts";
import { newId } from "../../shared/ids.ts";
import { makeQueue } from "../../shared/queue.ts";
import { awsClientDefaults, makeEdge, onFirstCall } from "../http/deps.ts";
import { serve } from "../http/edge.ts";
import { makeNodesHandlers } from "./handlers.ts";

export const handler = onFirstCall(() => {
  const config = readConfig(environments.nodes);
  const edge = makeEdge("nodes", config);
  const queue = makeQueue(new SQSClient({ ...awsClientDefaults, useQueueUrlAsEndpoint: false }), config.QUEUE_URL);
  const defaults = {
    serverType: config.DEFAULT_SERVER_TYPE,
    location: config.DEFAULT_LOCATION,
    image: config.DEFAULT_IMAGE,
    sshPort: config.NODE_SSH_PORT,
    sshUser: config.NODE_SSH_USER,
  };
  return serve("nodes", makeNodesHandlers({ ...edge, queue, newId, defaults }), edge);
});
