import type { App } from "aws-cdk-lib";
import type { ISource } from "aws-cdk-lib/aws-s3-deployment";
import type { CodeOf } from "./bundling.ts";
import { DashboardStack } from "./dashboard-stack.ts";
import { DataStack } from "./data-stack.ts";
import { ServiceStack } from "./service-stack.ts";
import type { Stage } from "./stages.ts";

/** Names of a stage's stacks, as CloudFormation shows them. */
export const stackNames = (stage: Stage["name"]) =>
  ({
    data: `pressluft-${stage}-data`,
    service: `pressluft-${stage}-service`,
    dashboard: `pressluft-${stage}-dashboard`,
  }) as const;

export interface StacksInput {
  readonly stage: Stage;
  readonly code: CodeOf;
  /** The built dashboard, where CloudFront delivers it. */
  readonly dashboard?: ISource | undefined;
}

/** Everything of one stage. The account is the one that the command line's credentials belong to. */
export const buildStacks = (app: App, { stage, code, dashboard: built }: StacksInput) => {
  const names = stackNames(stage.name);
  const env = { region: stage.region };
  const data = new DataStack(app, names.data, { env, stage });
  const service = new ServiceStack(app, names.service, { env, stage, data, code });
  if (built === undefined) return { data, service };
  const dashboard = new DashboardStack(app, names.dashboard, { env, stage, api: service.api, dashboard: built });
  return { data, service, dashboard };
};
