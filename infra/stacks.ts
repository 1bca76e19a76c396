import type { App } from "aws-cdk-lib";
import type { CodeOf } from "./bundling.ts";
import { DataStack } from "./data-stack.ts";
import { ServiceStack } from "./service-stack.ts";
import type { Stage } from "./stages.ts";

/** Names of a stage's stacks, as CloudFormation shows them. */
export const stackNames = (stage: Stage["name"]) =>
  ({ data: `pressluft-${stage}-data`, service: `pressluft-${stage}-service` }) as const;

/** Everything of one stage. The account is the one that the command line's credentials belong to. */
export const buildStacks = (app: App, { stage, code }: { readonly stage: Stage; readonly code: CodeOf }) => {
  const names = stackNames(stage.name);
  const env = { region: stage.region };
  const data = new DataStack(app, names.data, { env, stage });
  const service = new ServiceStack(app, names.service, { env, stage, data, code });
  return { data, service };
};
