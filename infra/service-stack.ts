/** What can be thrown away and deployed again: functions, queue, API, schedule. */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { Construct } from "constructs";
import type { FunctionName } from "../shared/config.ts";
import { functionNames } from "./bundling.ts";
import { Alarms } from "./constructs/alarms.ts";
import * as api from "./constructs/api-functions.ts";
import type { Backend, BackendFunction } from "./constructs/backend-function.ts";
import { HttpFront } from "./constructs/http-front.ts";
import { JobQueue } from "./constructs/job-queue.ts";
import { NodeWatch } from "./constructs/node-watch.ts";
import { Sweeper } from "./constructs/sweeper.ts";
import { UnknownCodes } from "./constructs/unknown-codes.ts";
import { Worker } from "./constructs/worker.ts";

export type ServiceStackProps = StackProps & Omit<Backend, "jobs">;

type Functions = { readonly [F in FunctionName]: BackendFunction<F> };

/** `node-check` -> `NodeCheckFunctionName`: names of outputs are letters and digits only. */
export const functionOutputName = (name: FunctionName): string =>
  `${name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}FunctionName`;

export class ServiceStack extends Stack {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { stage, data, code, ...props }: ServiceStackProps) {
    super(scope, id, { ...props, terminationProtection: stage.retain });
    const alarms = new Alarms(this, "Alarms", stage.alarmEmail);
    const jobs = new JobQueue(this, "Jobs", alarms);
    const functions = this.makeFunctions({ stage, data, code, jobs }, alarms);
    const { providers, worker, sweeper } = functions;
    new UnknownCodes(this, "UnknownCodes", { alarms, functions: { providers, worker, sweeper } });
    const front = new HttpFront(this, "Front", { stage, functions });
    this.api = front.api;
    this.output({
      ApiId: front.api.apiId,
      ApiUrl: front.api.apiEndpoint,
      TableName: data.table.tableName,
      QueueUrl: jobs.queue.queueUrl,
      DlqUrl: jobs.deadLetters.queueUrl,
      ArtifactsBucket: data.artifacts.bucketName,
    });
    this.output(Object.fromEntries(functionNames.map((name) => [functionOutputName(name), nameOf(functions, name)])));
  }

  private makeFunctions(backend: Backend, alarms: Alarms): Functions {
    return {
      auth: new api.AuthFunction(this, backend),
      providers: new api.ProvidersFunction(this, backend),
      nodes: new api.NodesFunction(this, backend),
      "node-check": new api.NodeCheckFunction(this, backend),
      "node-watch": new NodeWatch(this, { ...backend, alarms }),
      sites: new api.SitesFunction(this, backend),
      jobs: new api.JobsFunction(this, backend),
      worker: new Worker(this, backend),
      sweeper: new Sweeper(this, { ...backend, alarms }),
    };
  }

  private output(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}

const nameOf = (functions: Functions, name: FunctionName): string => functions[name].lambda.functionName;
