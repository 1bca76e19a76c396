import { Duration, Stack } from "aws-cdk-lib";
import { RecursiveLoop } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { Construct } from "constructs";
import { limits } from "../../shared/config.ts";
import { bucketStatements } from "../bucket-access.ts";
import { readSecret } from "../secret-access.ts";
import { machineAccess, siteAccess } from "../table-access.ts";
import { type Backend, BackendFunction } from "./backend-function.ts";
import {
  artifactsEnvironment,
  hetznerEnvironment,
  queueEnvironment,
  tableEnvironment,
  wordpressEnvironment,
} from "./environment.ts";

/** Moves jobs on, one step a message. */
export class Worker extends BackendFunction<"worker"> {
  constructor(scope: Construct, backend: Backend) {
    const { secretsKey, artifacts } = backend.data;
    const stack = Stack.of(scope);
    super(scope, "worker", {
      backend,
      description: "Moves jobs on, one step a message",
      timeoutSeconds: limits.workerTimeoutSeconds,
      // Ten jobs side by side, each with its own TLS or SSH session.
      memoryMb: 512,
      // It queues its own next step: AWS would take that for a run-away loop and stop it after about 16 hops.
      recursiveLoop: RecursiveLoop.ALLOW,
      environment: {
        ...tableEnvironment(backend),
        ...queueEnvironment(backend),
        ...hetznerEnvironment(backend),
        ...wordpressEnvironment(backend),
        ...artifactsEnvironment(backend),
      },
      table: [machineAccess, siteAccess],
      statements: [
        backend.jobs.sendStatement(),
        ...readSecret(secretsKey, stack, "token"),
        ...readSecret(secretsKey, stack, "ssh-key"),
        ...bucketStatements(artifacts.bucketArn),
      ],
    });
    this.takeFrom(backend);
  }

  /** No reserved concurrency: with it the event source would read messages that the function then refuses. */
  private takeFrom({ jobs }: Backend): void {
    const source = new SqsEventSource(jobs.queue, {
      batchSize: limits.batchSize,
      maxBatchingWindow: Duration.seconds(limits.batchWindowSeconds),
      maxConcurrency: limits.workerMaxConcurrency,
      reportBatchItemFailures: true,
    });
    this.lambda.addEventSource(source);
  }
}
