/** Jobs: shown and cancelled; and the figures of the overview. */
import { SQSClient } from "@aws-sdk/client-sqs";
import { environments, readConfig } from "../../shared/config.ts";
import { makeQueue } from "../../shared/queue.ts";
import { awsClientDefaults, makeEdge, onFirstCall } from "../http/deps.ts";
import { serve } from "../http/edge.ts";
import { makeJobsHandlers } from "./handlers.ts";

export const handler = onFirstCall(() => {
  const config = readConfig(environments.jobs);
  const edge = makeEdge("jobs", config);
  const queue = makeQueue(new SQSClient({ ...awsClientDefaults, useQueueUrlAsEndpoint: false }), config.QUEUE_URL);
  return serve("jobs", makeJobsHandlers({ ...edge, queue }), edge);
});
